//! Who may call what.

use std::fmt;

use log::error;

use super::call::Call;
use crate::background::caught;

/// A user's function that says whether a call is allowed.
pub(super) struct Allow(Box<Check>);

type Check = dyn Fn(&Call) -> Result<(), String> + Send + Sync;

impl Allow {
    pub(super) fn new(
        check: impl Fn(&Call) -> Result<(), String> + Send + Sync + 'static,
    ) -> Allow {
        Allow(Box::new(check))
    }

    /// The reason if it is not; a function that panics allows nothing.
    pub(super) fn check(&self, call: &Call) -> Result<(), Box<str>> {
        match caught(|| (self.0)(call)) {
            Ok(allowed) => allowed.map_err(Box::from),
            Err(words) => {
                error!("rpc: the function of `allow` panicked: {words}");
                Err("it could not be checked".into())
            }
        }
    }
}

impl fmt::Debug for Allow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Allow").finish_non_exhaustive()
    }
}

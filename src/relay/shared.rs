//! The state that a relay's thread shares with its handle.

use log::error;
use parking_lot::Condvar;

use super::counters::Tally;
use crate::error::{Error, Result};
use crate::fork::ForkMutex;

#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) tally: Tally,
    state: ForkMutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    has_ended: bool,
    failure: Option<Error>,
}

impl Shared {
    /// An error in a child of the process that started the relay.
    pub(super) fn check_process(&self) -> Result<()> {
        Ok(self.state.check()?)
    }

    /// Keeps the error that ends the relay.
    pub(super) fn fail(&self, error: Error) {
        error!("relay: it has ended: {error}");
        if let Ok(mut state) = self.state.lock() {
            state.failure = Some(error);
        }
    }

    /// The thread has ended.
    pub(super) fn end(&self) {
        if let Ok(mut state) = self.state.lock() {
            state.has_ended = true;
            self.changed.notify_all();
        }
    }

    /// Waits until the thread has ended; the error that ended it.
    pub(super) fn wait(&self) -> Result<()> {
        let mut state = self.state.lock()?;
        self.changed
            .wait_while(&mut state, |state| !state.has_ended);
        match &state.failure {
            Some(failure) => Err(failure.clone()),
            None => Ok(()),
        }
    }

    /// Whether the thread goes on: the error that ended it, or [`Error::Stopped`].
    pub(super) fn check(&self) -> Result<()> {
        let state = self.state.lock()?;
        match &state.failure {
            Some(failure) => Err(failure.clone()),
            None if state.has_ended => Err(Error::Stopped),
            None => Ok(()),
        }
    }
}

//! The names of services, and of the nodes that announce and discover them.

use crate::error::{Error, Result};
use crate::zre::wire::LONGEST;

/// The name of this program, as that of its nodes.
pub(super) fn program() -> String {
    let path = std::env::args_os().next().unwrap_or_default();
    let name = std::path::Path::new(&path).file_name().unwrap_or_default();
    let mut name = name.to_string_lossy().into_owned();
    while name.len() > LONGEST {
        name.pop();
    }
    name
}

/// Refuses a name that no header can announce.
pub(super) fn check_name(option: &'static str, name: &str) -> Result<()> {
    match name.is_empty() || name.len() > 200 || name.contains(char::is_whitespace) {
        true => Err(Error::InvalidOption {
            option,
            reason: "choose a name of 1 to 200 bytes without spaces".to_owned(),
        }),
        false => Ok(()),
    }
}

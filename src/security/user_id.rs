//! The names of users.

use crate::error::{Error, Result};

/// How many bytes a name may have: PLAIN (RFC 24) counts them in one byte.
const LONGEST: usize = 255;

/// What is wrong with a name of a user, if anything.
pub(super) fn fault(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("it is empty".to_owned());
    }
    if name.len() > LONGEST {
        return Some(format!(
            "it has {} bytes, and {LONGEST} at most",
            name.len()
        ));
    }
    // libzmq gives a name as a text that ends there.
    name.contains('\0').then(|| "it has a NUL".to_owned())
}

pub(super) fn check(name: &str) -> Result<()> {
    match fault(name) {
        None => Ok(()),
        Some(reason) => Err(Error::InvalidOption {
            option: "user",
            reason,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_1_to_255_bytes_and_no_nul() {
        for name in ["a", "ann smith", "é", &"x".repeat(255)] {
            assert_eq!(check(name), Ok(()));
        }
        for (name, reason) in [
            ("", "it is empty"),
            (&"x".repeat(256), "it has 256 bytes, and 255 at most"),
            ("a\0b", "it has a NUL"),
        ] {
            let error = check(name).unwrap_err();
            assert_eq!(error.to_string(), format!("invalid option user: {reason}"));
        }
    }
}

//! Why a value cannot be a body, or a body is not the value: where in it, in words.

use std::fmt::{self, Write};

use serde::de::DeserializeOwned;
use serde::{Deserializer, de};

use crate::printable::Printable;

/// A body that cannot be encoded or decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// It has more bytes than it may.
    TooLarge { size: u64, max: u64 },
    /// It is not such a value.
    Invalid {
        /// Where in the value, such as `orders[3].price`; empty for the value as a whole.
        path: Box<str>,
        /// The mistake, in words.
        reason: Box<str>,
    },
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BodyError::TooLarge { size, max } => {
                write!(f, "it has {size} bytes, and may have {max}")
            }
            BodyError::Invalid { path, reason } if path.is_empty() => f.write_str(reason),
            BodyError::Invalid { path, reason } => write!(f, "{path}: {reason}"),
        }
    }
}

/// How much of a path and of a reason is kept, in bytes: both may have texts of the peer's.
pub(super) const MAX_PATH: usize = 200;
pub(super) const MAX_REASON: usize = 500;

impl BodyError {
    pub(super) fn too_large(size: usize, max: usize) -> BodyError {
        let (size, max) = (size as u64, max as u64);
        BodyError::TooLarge { size, max }
    }

    pub(super) fn invalid(path: &str, reason: impl fmt::Display) -> BodyError {
        BodyError::Invalid {
            path: cut(Printable(path), MAX_PATH).into(),
            reason: cut(Printable(reason), MAX_REASON).into(),
        }
    }

    /// Of a value as a whole.
    pub(super) fn whole(reason: impl fmt::Display) -> BodyError {
        BodyError::invalid("", reason)
    }

    /// The mistake in bytes that were refused, with its path: they are decoded once more to find it.
    pub(super) fn locate<'de, T, D>(deserializer: D) -> BodyError
    where
        T: DeserializeOwned,
        D: Deserializer<'de>,
        D::Error: de::Error,
    {
        match serde_path_to_error::deserialize::<_, T>(deserializer) {
            Ok(_) => BodyError::whole("it is not such a value"),
            Err(error) => {
                let path = error.path().to_string();
                let path = if path == "." { "" } else { &path };
                BodyError::invalid(path, error.inner())
            }
        }
    }
}

/// The beginning of a text, of so many bytes at most: if it is cut, it ends with an ellipsis. The rest is not kept, nor
/// even written.
pub(crate) fn cut(text: impl fmt::Display, max: usize) -> String {
    let mut cut = Cut {
        text: String::new(),
        max,
    };
    if write!(cut, "{text}").is_err() {
        const ELLIPSIS: char = '…';
        while cut.text.len() > max.saturating_sub(ELLIPSIS.len_utf8()) {
            cut.text.pop();
        }
        cut.text.push(ELLIPSIS);
    }
    cut.text
}

/// A text that fails once it has more than fits.
struct Cut {
    text: String,
    max: usize,
}

impl Write for Cut {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.max - self.text.len();
        if text.len() <= room {
            self.text.push_str(text);
            return Ok(());
        }
        let end = (0..=room).rev().find(|end| text.is_char_boundary(*end));
        self.text.push_str(&text[..end.unwrap_or(0)]);
        Err(fmt::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn a_text_is_cut_between_characters() {
        for (text, max, expected) in [
            ("", 5, ""),
            ("abcde", 5, "abcde"),
            ("abcdef", 5, "ab…"),
            ("äöü", 6, "äöü"),
            ("äöüx", 6, "ä…"),
            ("äöüx", 5, "ä…"),
        ] {
            assert_eq!(cut(text, max), expected);
        }
        let parts = format_args!("{}{}", "ab", "cdef").to_string();
        assert_eq!(cut(format_args!("{}{}", "ab", "cdef"), 5), cut(parts, 5));
    }
}

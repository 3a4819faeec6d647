//! Why a value cannot be a body, or a body is not the value: where in it, in words.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserializer, de};

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

/// How much of a path and of a reason is kept, in bytes: both may have texts of the peer's.
const MAX_PATH: usize = 200;
const MAX_REASON: usize = 500;

impl BodyError {
    pub(super) fn too_large(size: usize, max: usize) -> BodyError {
        let (size, max) = (size as u64, max as u64);
        BodyError::TooLarge { size, max }
    }

    pub(super) fn invalid(path: &str, reason: impl fmt::Display) -> BodyError {
        BodyError::Invalid {
            path: cut(path, MAX_PATH).into(),
            reason: cut(&reason.to_string(), MAX_REASON).into(),
        }
    }

    /// Of a value as a whole.
    pub(super) fn whole(reason: impl fmt::Display) -> BodyError {
        BodyError::invalid("", reason)
    }

    /// The mistake in bytes that were refused, with its path: they are decoded once more to find it.
    pub(super) fn locate<'de, T, D>(
        deserializer: D,
        words: impl Fn(&D::Error) -> String,
    ) -> BodyError
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
                BodyError::invalid(path, words(error.inner()))
            }
        }
    }
}

/// The beginning of a text, of so many bytes at most: if it is cut, it ends with an ellipsis.
pub(crate) fn cut(text: &str, max: usize) -> String {
    match text.len() <= max {
        true => text.to_owned(),
        false => {
            let ellipsis = '…';
            let room = max.saturating_sub(ellipsis.len_utf8());
            let ends = text.char_indices().map(|(place, c)| place + c.len_utf8());
            let end = ends.take_while(|end| *end <= room).last().unwrap_or(0);
            format!("{}{ellipsis}", &text[..end])
        }
    }
}

//! The error of this crate's own serializers and deserializers: words.

use std::fmt::{self, Display};

use serde::{de, ser};

use super::error::{MAX_REASON, cut};

/// A mistake in a value or in bytes, in words of a bounded length.
#[derive(Debug, PartialEq)]
pub(super) struct Mistake(String);

impl Mistake {
    pub(super) fn new(words: impl Display) -> Mistake {
        Mistake(cut(words, MAX_REASON))
    }
}

impl Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Mistake {}

impl ser::Error for Mistake {
    fn custom<T: Display>(words: T) -> Mistake {
        Mistake::new(words)
    }
}

impl de::Error for Mistake {
    fn custom<T: Display>(words: T) -> Mistake {
        Mistake::new(words)
    }
}

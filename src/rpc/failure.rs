//! A service's error without a type of its own: a text.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::printable::Printable;

/// An error of a service that has no type of its own: a text.
///
/// A handler's `?` makes one of any error. So it is not an error of std's itself; its callers get it in a
/// [`CallError`](super::CallError), which is.
///
/// ```
/// use zeroless::rpc::Failure;
///
/// fn parse(text: &str) -> Result<i64, Failure> {
///     let number: i64 = text.parse()?;
///     match number {
///         0 => Err(Failure::new("a number above 0, please")),
///         number => Ok(number),
///     }
/// }
/// assert_eq!(parse("0").unwrap_err().to_string(), "a number above 0, please");
/// assert_eq!(parse("x").unwrap_err().to_string(), "invalid digit found in string");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Failure {
    text: String,
}

impl Failure {
    /// A failure with this text.
    ///
    /// ```
    /// let failure = zeroless::rpc::Failure::new("the disk is full");
    /// assert_eq!(failure.to_string(), "the disk is full");
    /// ```
    pub fn new(text: impl Into<String>) -> Failure {
        Failure { text: text.into() }
    }
}

/// The error's text, and after colons those of its sources that it does not repeat.
impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Failure {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(error) = source {
            let more = error.to_string();
            if !text.contains(&more) {
                text = format!("{text}: {more}");
            }
            source = error.source();
        }
        Failure { text }
    }
}

/// Its text; what would disturb a terminal is escaped.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Printable(&self.text).fmt(f)
    }
}

/// Its text, as `Display` has it.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

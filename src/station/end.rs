//! What became of a message.

use std::fmt;

use thiserror::Error;

use crate::error::ModuleError;
use crate::printable::Printable;

/// What became of a message: each that was taken has one of these, by its deadline.
///
/// ```
/// use zeroless::station::End;
///
/// let end = End::Failed("no listener for STRAT".to_owned());
/// assert!(!end.is_delivered());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// A handler has finished with it.
    Delivered,
    /// A program of autopilot has it; whether a handler has finished with it, autopilot never tells.
    Received,
    /// A handler ran and failed, for this reason, or there was none for its key. It is not run again.
    Failed(String),
    /// No handler ever started, so it may be sent again.
    NotSent,
    /// It was sent, and what became of it was not heard in time: a handler may have run.
    Unknown,
}

impl End {
    /// Whether a handler has finished with it.
    ///
    /// ```
    /// assert!(zeroless::station::End::Delivered.is_delivered());
    /// ```
    pub fn is_delivered(&self) -> bool {
        *self == End::Delivered
    }

    /// Whether it is where it was to go: handled, as far as that can be known.
    pub(super) fn has_arrived(&self) -> bool {
        matches!(self, End::Delivered | End::Received)
    }

    /// Nothing if it has arrived, or the error that it is.
    pub(super) fn into_result(self) -> Result<(), Undelivered> {
        Err(match self {
            End::Delivered | End::Received => return Ok(()),
            End::Failed(reason) => Undelivered::Failed { reason },
            End::NotSent => Undelivered::NotSent,
            End::Unknown => Undelivered::Unknown,
        })
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.clone().into_result() {
            Ok(()) if self.is_delivered() => f.write_str("it was delivered"),
            Ok(()) => f.write_str("it was received"),
            Err(error) => error.fmt(f),
        }
    }
}

/// A message that was not delivered: the other ends, as an error.
///
/// A [`zeroless::Error`](crate::Error) is made of it by `?`, and
/// [`downcast_ref`](crate::Error::downcast_ref) finds it there.
///
/// ```
/// use zeroless::station::Undelivered;
///
/// let error = zeroless::Error::from(Undelivered::NotSent);
/// assert_eq!(error.downcast_ref(), Some(&Undelivered::NotSent));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Undelivered {
    /// See [`End::Failed`]: look at the reason before you send it again.
    #[error("its handler failed: {}", Printable(reason))]
    Failed {
        /// In words, as the handler gave them; at most 255 bytes.
        reason: String,
    },
    /// See [`End::NotSent`]: it may be sent again.
    #[error("no handler has started in time: nobody of that name was reached, or it was busy")]
    NotSent,
    /// See [`End::Unknown`]: send it again if it may run twice.
    #[error("it was sent, and what became of it was not heard in time: it may have run")]
    Unknown,
}

impl From<Undelivered> for crate::Error {
    fn from(error: Undelivered) -> crate::Error {
        crate::Error::Module(ModuleError::new(error))
    }
}

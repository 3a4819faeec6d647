//! Errors of nodes alone.

use crate::error::ModuleError;

/// An error of [`station`](crate::station) for which [`zeroless::Error`](crate::Error) has no variant.
///
/// A [`zeroless::Error`](crate::Error) is made of it by `?`, and
/// [`downcast_ref`](crate::Error::downcast_ref) finds it there.
///
/// ```
/// use zeroless::station::{self, Node};
///
/// let error = Node::builder("").start().unwrap_err();
/// assert!(matches!(error.downcast_ref(), Some(station::Error::InvalidName { .. })));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another node has this id. Stop it, or choose another id. A node that has crashed keeps its id for some 8 seconds.
    #[error("another node has the id `{id}`; stop it, or choose another")]
    Duplicate {
        /// The id.
        id: String,
    },

    /// This cannot be the id of a node: it has 1 to 255 bytes.
    #[error("`{id}` cannot be the id of a node: that has 1 to 255 bytes")]
    InvalidName {
        /// The id as it was given; its first 64 characters.
        id: String,
    },

    /// A value cannot be the body of a message, or the body is not such a value.
    #[error("the body of a message: {reason}")]
    Body {
        /// Where in it, and what is wrong.
        reason: String,
    },

    /// Something of a message is too long to be told: shorten it.
    #[error("the message: {reason}")]
    TooLong {
        /// What it is, its size, and the most that can be.
        reason: String,
    },

    /// The message was not sent by a request, so nobody waits for a reply. Ask [`is_request`](super::Message::is_request).
    #[error("nobody waits for a reply: the message is not a request")]
    NotARequest,
}

impl From<Error> for crate::Error {
    fn from(error: Error) -> crate::Error {
        crate::Error::Module(ModuleError::new(error))
    }
}

//! Errors of nodes alone.

use crate::error::ModuleError;

/// An error of [`zre`](crate::zre) for which [`zeroless::Error`](crate::Error) has no variant.
///
/// A [`zeroless::Error`](crate::Error) is made of it by `?`, and
/// [`downcast_ref`](crate::Error::downcast_ref) finds it there.
///
/// # Examples
///
/// ```
/// use zeroless::zre::{self, Node};
///
/// let error = Node::builder("alice").interface("nowhere0").start().unwrap_err();
/// match error.downcast_ref() {
///     Some(zre::Error::NoInterface { wanted }) => assert_eq!(wanted, "nowhere0"),
///     _ => return Err(error),
/// }
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such network interface, or none that is up and has an IPv4 address. Name another
    /// in [`Builder::interface`](super::Builder::interface).
    #[error("no network interface `{wanted}` that is up and has an IPv4 address")]
    NoInterface {
        /// The name or address that was asked for; `any` if none was.
        wanted: String,
    },

    /// A node's identity is 32 hexadecimal digits.
    #[error("`{text}` is not a node's identity: that would be 32 hexadecimal digits")]
    InvalidUuid {
        /// The text as it was given; its first 64 characters.
        text: String,
    },

    /// Some peers did not get a shout, because they do not take their messages. All others have it.
    #[error("{missed} of {peers} peers do not take their messages; the others have it")]
    Unreached {
        /// How many peers did not get it.
        missed: usize,
        /// How many peers there are in the group.
        peers: usize,
    },
}

impl From<Error> for crate::Error {
    fn from(error: Error) -> crate::Error {
        crate::Error::Module(ModuleError::new(error))
    }
}

//! Why bytes are not a frame of a station's, and why a frame cannot be written.

use thiserror::Error;

/// What is wrong with bytes that somebody sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum Malformed {
    #[error("it does not begin as a station's frame does")]
    Foreign,
    #[error("it is of version {0} of the protocol, and only 1 is known")]
    Version(u8),
    #[error("it is of the kind {0}, which is not known")]
    Kind(u8),
    #[error("its flags {0:#06x} are not all known")]
    Flags(u16),
    #[error("it has {len} bytes, and at most {max} are read")]
    TooLong { len: usize, max: usize },
    #[error("it ends within its {0}")]
    Short(&'static str),
    #[error("{0} bytes follow its end")]
    Trailing(usize),
    #[error("its {0} is not UTF-8")]
    NotText(&'static str),
    #[error("its {field} has the value {value}, which is not known")]
    Value { field: &'static str, value: u64 },
    #[error("it has a {0}, which this kind does not have")]
    Unused(&'static str),
    #[error("its base is below the first message")]
    Base,
    #[error("it has {items} items, more than can be counted or are in {bytes} bytes")]
    Items { items: u64, bytes: usize },
    #[error("it is not compressed as it says, or stands for another number of bytes")]
    Compressed,
}

/// What is too large to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("its {field} is too large: {size}, and at most {max} can be told")]
pub(crate) struct Oversized {
    pub(crate) field: &'static str,
    pub(crate) size: u64,
    pub(crate) max: u64,
}

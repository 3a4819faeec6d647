//! The life of a node: from its start to its end.

use std::fmt;

/// A node object, from its start to its end: 128 random bits. A node that is started again under the same name has
/// another life.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Life([u8; 16]);

impl Life {
    /// The bytes, as they are on the wire.
    pub(crate) fn bytes(self) -> [u8; 16] {
        self.0
    }
}

impl From<[u8; 16]> for Life {
    fn from(bytes: [u8; 16]) -> Life {
        Life(bytes)
    }
}

/// Its digits.
impl fmt::Display for Life {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

/// As it is displayed.
impl fmt::Debug for Life {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

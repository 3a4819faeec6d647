//! What the body of a message is.

use super::Malformed;

/// What the frames after the first are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) enum BodyKind {
    /// There are none.
    #[default]
    None,
    /// One, of bytes.
    Bytes,
    /// One, a text.
    Utf8,
    /// One, a value in JSON.
    Json,
    /// Two: see [`ArrayHeader`](super::ArrayHeader).
    Array,
    /// Any number, each of bytes.
    Items,
    /// One, a value in MessagePack, with structs as maps.
    MessagePack,
}

impl BodyKind {
    /// All, in the order of their numbers.
    pub(super) const ALL: [BodyKind; 7] = [
        BodyKind::None,
        BodyKind::Bytes,
        BodyKind::Utf8,
        BodyKind::Json,
        BodyKind::Array,
        BodyKind::Items,
        BodyKind::MessagePack,
    ];

    pub(super) fn from_number(number: u8) -> Result<BodyKind, Malformed> {
        let kind = BodyKind::ALL.get(usize::from(number));
        kind.copied().ok_or(Malformed::Value {
            field: "kind of body",
            value: number.into(),
        })
    }

    pub(super) fn number(self) -> u8 {
        self as u8
    }

    /// How many frames it has; `None` if any number.
    pub(crate) fn frames(self) -> Option<u16> {
        match self {
            BodyKind::None => Some(0),
            BodyKind::Bytes | BodyKind::Utf8 | BodyKind::Json | BodyKind::MessagePack => Some(1),
            BodyKind::Array => Some(2),
            BodyKind::Items => None,
        }
    }
}

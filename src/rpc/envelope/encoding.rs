//! How an envelope is encoded.

use crate::codec::BodyType;

/// How an envelope is encoded; a server answers in the encoding in which it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Encoding {
    #[default]
    MessagePack,
    Json,
}

impl Encoding {
    /// That of an envelope with this first byte. Lists in MessagePack do not begin with ASCII, so everything that
    /// does is for those that read text.
    pub(crate) fn of(envelope: &[u8]) -> Encoding {
        match envelope.first() {
            Some(byte) if byte.is_ascii() => Encoding::Json,
            _ => Encoding::MessagePack,
        }
    }

    /// The bodies that go with it, where nobody has asked for others.
    pub(crate) fn body_type(self) -> BodyType {
        match self {
            Encoding::MessagePack => BodyType::MessagePack,
            Encoding::Json => BodyType::Json,
        }
    }
}

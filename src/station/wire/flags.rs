//! The flags of a message.

use super::Malformed;

/// The flags of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Flags(u16);

impl Flags {
    pub(super) const REDELIVERED: u16 = 1;
    pub(super) const AT_MOST_ONCE: u16 = 1 << 1;
    pub(super) const UNCONFIRMED: u16 = 1 << 2;
    pub(super) const REQUEST: u16 = 1 << 3;
    pub(super) const REPLY: u16 = 1 << 4;
    pub(super) const STREAM_BATCH: u16 = 1 << 5;
    pub(super) const COMPRESSED: u16 = 1 << 6;
    const KNOWN: u16 = (1 << 7) - 1;

    pub(super) fn of(set: impl Iterator<Item = u16>) -> Flags {
        Flags(set.fold(0, |bits, flag| bits | flag))
    }

    pub(super) fn from_bits(bits: u16) -> Result<Flags, Malformed> {
        match bits & !Flags::KNOWN {
            0 => Ok(Flags(bits)),
            _ => Err(Malformed::Flags(bits)),
        }
    }

    pub(super) fn bits(self) -> u16 {
        self.0
    }

    pub(super) fn has(self, flag: u16) -> bool {
        self.0 & flag != 0
    }
}

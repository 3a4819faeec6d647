//! What is under way, and what will happen, in the order of time.

use super::super::frames::{Payload, ToReceiver, ToSender};

/// A message of a user's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Numbered {
    pub(super) id: u64,
    pub(super) size: usize,
}

impl Payload for Numbered {
    fn size(&self) -> usize {
        self.size
    }
}

/// Something that happens.
#[derive(Debug, Clone)]
pub(super) enum Happening {
    /// A user sends a message.
    Submit {
        sender: usize,
    },
    /// A frame arrives at the receiver.
    Arrive {
        sender: usize,
        frame: ToReceiver<Numbered>,
    },
    /// A frame arrives at a sender.
    Return {
        sender: usize,
        frame: ToSender,
    },
    /// A handler ends that was started in the life with this number.
    Finish {
        life: usize,
        token: u64,
        seq: u64,
        id: u64,
    },
    KillReceiver,
    KillSender {
        sender: usize,
    },
    Cut,
    Heal,
    Forge {
        sender: usize,
    },
    /// All is well from now on.
    Quiet,
}

impl Happening {
    /// Whether it is on its way to a sender.
    pub(super) fn is_return(&self) -> bool {
        matches!(self, Happening::Return { .. })
    }
}

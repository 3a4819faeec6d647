//! What the two machines say to each other: the frames of the wire, where a message is still whole.

use std::time::Duration;

use crate::station::Life;
use crate::station::wire::{Ack, Open, Opened};

/// A message, as far as a flow has to know it.
pub(crate) trait Payload: Clone {
    /// How many bytes it has.
    fn size(&self) -> usize;
}

/// A message on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parcel<M> {
    pub(crate) token: u64,
    pub(crate) seq: u64,
    /// What is below has ended.
    pub(crate) base: u64,
    /// It may have been handled already, in another life of the receiver.
    pub(crate) is_redelivered: bool,
    pub(crate) at_most_once: bool,
    /// The time until its deadline.
    pub(crate) left: Duration,
    pub(crate) message: M,
}

/// From the sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ToReceiver<M> {
    Open(Open),
    Data(Parcel<M>),
    End { token: u64, next: u64 },
}

/// From the receiver, or of a station on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ToSender {
    Opened(Opened),
    Ack(Ack),
    Reset {
        token: u64,
        life: Life,
    },
    Busy {
        opening: u32,
        retry_after: Duration,
    },
    /// What has this token was not sent on; or an OPEN, if it is 0.
    Refuse {
        token: u64,
    },
}

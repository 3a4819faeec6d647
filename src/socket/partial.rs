//! The part that was received of a message that takes several holds of the socket's lock.

use std::collections::VecDeque;

use crate::message::Frame;

/// The frames that were received of a message so far.
#[derive(Debug)]
pub(super) struct PartialMessage {
    pub(super) frames: VecDeque<Frame>,
    pub(super) is_complete: bool,
    pub(super) fate: Fate,
}

/// What becomes of such a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is handed out when it is complete.
    Received,
    /// It goes nowhere: no frame is kept.
    Dropped,
    /// Its first frames are in another socket, and the rest follows them.
    Moved(Moved),
}

/// The frames of a message that were moved to another socket so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moved {
    pub(super) bytes: usize,
    /// The peer there has left, and libzmq drops the message up to its last frame.
    pub(super) is_lost: bool,
}

//! The part that was received of a message that takes several holds of the socket's lock.

use std::collections::VecDeque;

use crate::message::Frame;

/// The frames that were received of a message so far.
#[derive(Debug)]
pub(super) struct PartialMessage {
    pub(super) frames: VecDeque<Frame>,
    pub(super) is_complete: bool,
    /// Its sender may not send: no frame is kept.
    pub(super) is_dropped: bool,
}

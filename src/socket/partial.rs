//! What was received of a message that takes several holds of the socket's lock.

use std::collections::VecDeque;

use crate::message::Frame;

/// What was received of a message so far.
#[derive(Debug)]
pub(super) struct PartialMessage {
    pub(super) frames: VecDeque<Frame>,
    pub(super) whole: bool,
}

//! A frame that is about to be sent over a link.

use std::sync::Arc;

use crate::message::{Frame, Message as FrameList};
use crate::station::machine::LinkId;
use crate::station::message::Outgoing;

/// A message for a link: its header, and the frames of its body.
#[derive(Debug)]
pub(super) struct Transmission {
    pub(super) link: LinkId,
    pub(super) header: Frame,
    pub(super) body: SentBody,
    pub(super) origin: Origin,
}

/// Where the frames after the header are.
#[derive(Debug)]
pub(super) enum SentBody {
    None,
    /// A message of this node's, which may have to be sent again.
    Own(Arc<Outgoing>),
    Forwarded(Vec<Frame>),
}

/// Who is to know if it cannot be sent.
#[derive(Debug)]
pub(super) enum Origin {
    /// The link: what it tells is never left out, or the two ends would differ.
    Link,
    /// The flow of this number, of this node, whose token this is.
    Flow { flow: u64, token: u64 },
    /// The sender of what is sent on.
    Forwarded,
    /// The message of this number for a program of autopilot; none if nobody waits for it.
    Peer { message: Option<u64> },
    /// Nobody: it is told again.
    Nobody,
}

impl SentBody {
    pub(super) fn into_frames(self) -> Vec<Frame> {
        match self {
            SentBody::None => Vec::new(),
            SentBody::Own(message) => message.frames.lock().share().into_iter().collect(),
            SentBody::Forwarded(frames) => frames,
        }
    }
}

impl Transmission {
    /// All frames, to be sent.
    pub(super) fn frames(&mut self) -> FrameList {
        let mut frames = FrameList::from(self.header.share());
        match &mut self.body {
            SentBody::None => {}
            SentBody::Own(message) => frames.extend(message.frames.lock().share()),
            SentBody::Forwarded(body) => frames.extend(body.drain(..)),
        }
        frames
    }
}

//! Receiving messages that tell their origin: the connection that each came by, and who was let in there.
//!
//! A frame of the message tells it: the first, or with another libzmq than ours the second. Messages of senders that
//! may not send are dropped whole.

use std::sync::Arc;

use super::locked::{BUDGET, LockedSocket, Progress, from_errno};
use super::peers::Peers;
use crate::error::BoxedError;
use crate::message::{Frame, Message};
use crate::origin::Origin;

impl LockedSocket<'_> {
    /// Attempts to receive a message, where there is more to heed than the next one that libzmq has. A function
    /// of its own, so that the usual receive is not a single instruction longer for it.
    #[cold]
    #[inline(never)]
    pub(super) fn recv_heeding_state(
        &mut self,
        message: &mut Message,
    ) -> Result<Progress, BoxedError> {
        self.recv_with_origin(message)
    }

    /// As [`recv`](Self::recv), and faster: `ORIGIN` is whether messages tell their origin.
    #[inline(always)]
    pub(super) fn recv_as<const ORIGIN: bool>(
        &mut self,
        message: &mut Message,
    ) -> Result<Progress, BoxedError> {
        match ORIGIN {
            false => self.recv(message),
            true => self.recv_with_origin(message),
        }
    }

    #[inline(always)]
    fn recv_with_origin(&mut self, message: &mut Message) -> Result<Progress, BoxedError> {
        debug_assert_eq!(message.frame_count(), 0, "a message received into");
        if self.more || self.is_set_aside() {
            return self.recv_begun(message);
        }
        if !self.first_frame_tells_sender() {
            return self.recv_judged(|locked| locked.finish_partial(message));
        }
        let first = message.push_empty();
        if let Err(errno) = self.recv_into(first, false) {
            message.clear();
            return from_errno("receiving", errno);
        }
        match self.admit_sender(first) {
            Some(origin) => message.set_origin(origin),
            None => return self.recv_other(message),
        }
        match self.more {
            false => Ok(Progress::Done),
            true => self.recv_rest(message),
        }
    }

    /// Receives the rest of a message that has begun, or all of one that was set aside.
    #[cold]
    fn recv_begun(&mut self, message: &mut Message) -> Result<Progress, BoxedError> {
        if self.is_set_aside() {
            return self.finish_partial(message);
        }
        message.set_origin(self.take_origin());
        self.recv_rest(message)
    }

    /// Drops a message, of which the first frame was received, and attempts to receive the next one that is
    /// not dropped.
    #[cold]
    fn recv_other(&mut self, message: &mut Message) -> Result<Progress, BoxedError> {
        message.clear();
        if self.drop_rest()? == Progress::Again {
            return Ok(Progress::Again);
        }
        let attempt = self.recv_first(message.push_empty());
        if attempt != Ok(Progress::Done) {
            message.clear();
            return attempt;
        }
        self.recv_begun(message)
    }

    /// Attempts to receive the first frame of a message, where there is more to heed than the next
    /// message that libzmq has.
    #[inline(never)]
    pub(super) fn recv_first_heeding_state(
        &mut self,
        frame: &mut Frame,
    ) -> Result<Progress, BoxedError> {
        if self.is_set_aside() {
            return self.recv_partial_frame(frame);
        }
        if !self.first_frame_tells_sender() {
            return self.recv_judged(|locked| locked.recv_partial_frame(frame));
        }
        for _ in 0..BUDGET {
            if let Err(errno) = self.recv_into(frame, false) {
                return from_errno("receiving", errno);
            }
            if let Some(origin) = self.admit_sender(frame) {
                self.keep_origin(origin);
                return Ok(Progress::Done);
            }
            *frame = Frame::new();
            if self.drop_rest()? == Progress::Again {
                break;
            }
        }
        Ok(Progress::Again)
    }

    #[inline(always)]
    fn first_frame_tells_sender(&self) -> bool {
        let state = self.receive_state.as_ref();
        let peers = state.and_then(|state| state.peers.as_ref());
        peers.is_none_or(Peers::first_frame_tells)
    }

    /// Begins to receive a message whose second frame tells the sender, if it has one, and goes on with it as
    /// one that was set aside.
    #[cold]
    fn recv_judged(
        &mut self,
        go_on: impl FnOnce(&mut Self) -> Result<Progress, BoxedError>,
    ) -> Result<Progress, BoxedError> {
        for _ in 0..BUDGET {
            let mut frames = vec![Frame::new()];
            if let Err(errno) = self.recv_into(&mut frames[0], false) {
                return from_errno("receiving", errno);
            }
            if self.more {
                frames.push(Frame::new());
                self.recv_following(&mut frames[1])?;
            }
            if let Some(origin) = frames.last().and_then(|frame| self.admit_sender(frame)) {
                self.keep_origin(origin);
                self.set_aside_begun(frames);
                return go_on(self);
            }
            if self.drop_rest()? == Progress::Again {
                break;
            }
        }
        Ok(Progress::Again)
    }

    /// The origin of a message, of which this is the frame that tells the sender, received last; `None` if it is to be
    /// dropped.
    #[inline(always)]
    fn admit_sender(&mut self, frame: &Frame) -> Option<Option<Arc<Origin>>> {
        let state = self.receive_state.as_mut();
        let Some(peers) = state.and_then(|state| state.peers.as_mut()) else {
            return Some(None);
        };
        // A frame that was not moved is still in the scratch.
        peers.admit(frame.raw().unwrap_or(self.scratch))
    }

    /// Keeps the origin of a message that has begun.
    #[inline]
    pub(super) fn keep_origin(&mut self, origin: Option<Arc<Origin>>) {
        if let Some(state) = self.receive_state.as_mut() {
            state.origin = origin;
        }
    }

    /// The origin of a message that has begun, and is received whole now.
    #[inline]
    pub(crate) fn take_origin(&mut self) -> Option<Arc<Origin>> {
        self.receive_state.as_mut()?.origin.take()
    }
}

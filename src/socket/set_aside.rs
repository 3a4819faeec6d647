//! A message of so many frames that it takes several holds of the socket's lock to receive it.
//!
//! libzmq hands out one frame at a time. Under one hold, a message of a million frames would keep all
//! others out, even a thread that wants to stop the socket. After some thousand frames the message is set
//! aside; the next holder of the lock goes on with it, before anything else, and it is handed out when it
//! is complete.

use std::collections::VecDeque;

use super::locked::{LockedSocket, Progress};
use super::partial::{Fate, Moved, PartialMessage};
use crate::error::BoxedError;
use crate::message::{Frame, Message};

/// How many frames, beside the first of each message, are received under one hold of the lock.
pub(super) const FRAMES: usize = 4096;

impl LockedSocket<'_> {
    /// Whether a message was set aside.
    #[inline(always)]
    pub(super) fn is_set_aside(&self) -> bool {
        let state = self.receive_state.as_ref();
        state.is_some_and(|state| state.is_set_aside())
    }

    pub(super) fn take_partial(&mut self) -> Option<PartialMessage> {
        self.receive_state.as_mut()?.partial.take()
    }

    fn put_partial(&mut self, partial: PartialMessage) {
        self.receive_state.get_or_insert_default().partial = Some(partial);
    }

    /// Receives in the usual way again, now that the message was taken.
    pub(super) fn end_partial(&mut self) {
        self.receive_state.take_if(|state| state.peers.is_none());
    }

    /// Keeps nothing of a message that is dropped but that there is more of it.
    fn set_aside_dropped(&mut self) {
        self.put_partial(PartialMessage {
            frames: VecDeque::new(),
            is_complete: false,
            fate: Fate::Dropped,
        });
    }

    /// Receives the rest of a message that is dropped: [`Progress::Again`] if that takes longer than the lock
    /// may be held, or the log is to tell of it.
    pub(super) fn drop_rest(&mut self) -> Result<Progress, BoxedError> {
        while self.more {
            if self.frames_left == 0 {
                self.set_aside_dropped();
                return Ok(Progress::Again);
            }
            self.frames_left -= 1;
            self.recv_following(&mut Frame::new())?;
        }
        let state = self.receive_state.as_ref();
        match state.is_some_and(|state| state.is_to_go_on()) {
            true => Ok(Progress::Again),
            false => Ok(Progress::Done),
        }
    }

    /// Forgets a message that was set aside and is complete, if it is one that is not handed out.
    fn end_dropped(&mut self) -> bool {
        let state = self.receive_state.as_mut();
        let is_dropped = |it: &mut PartialMessage| it.fate != Fate::Received;
        let dropped = state.and_then(|state| state.partial.take_if(is_dropped));
        dropped.is_some()
    }

    /// Keeps of a message no more than that its rest is to follow what was moved of it.
    #[cold]
    pub(super) fn set_aside_moved(&mut self, moved: Moved) {
        self.put_partial(PartialMessage {
            frames: VecDeque::new(),
            is_complete: false,
            fate: Fate::Moved(moved),
        });
    }

    /// What becomes of the message that was set aside, if there is one.
    pub(super) fn fate(&self) -> Option<Fate> {
        let state = self.receive_state.as_ref()?;
        Some(state.partial.as_ref()?.fate)
    }

    /// Keeps the received frames of a message for the next holder of the lock.
    #[cold]
    pub(crate) fn set_aside(&mut self, frames: impl IntoIterator<Item = Frame>) {
        let mut all: VecDeque<Frame> = frames.into_iter().collect();
        if let Some(partial) = self.take_partial() {
            all.extend(partial.frames);
        }
        self.put_partial(PartialMessage {
            frames: all,
            is_complete: false,
            fate: Fate::Received,
        });
    }

    /// Keeps the first frames of a message, just received, which is then received as one that was set aside.
    pub(super) fn set_aside_begun(&mut self, frames: Vec<Frame>) {
        self.put_partial(PartialMessage {
            frames: frames.into(),
            is_complete: !self.more,
            fate: Fate::Received,
        });
    }

    /// Receives more of a message that was set aside: [`Progress::Again`] if there is still more.
    fn recv_partial(&mut self, most: usize) -> Result<Progress, BoxedError> {
        let Some(mut partial) = self.take_partial() else {
            return Ok(Progress::Done);
        };
        for _ in 0..most {
            if partial.is_complete {
                break;
            }
            let mut frame = Frame::new();
            self.recv_following(&mut frame)?;
            if partial.fate != Fate::Dropped {
                partial.frames.push_back(frame);
            }
            partial.is_complete = !self.more;
        }
        let attempt = match partial.is_complete {
            true => Progress::Done,
            false => Progress::Again,
        };
        self.put_partial(partial);
        Ok(attempt)
    }

    /// Receives all of a message that was set aside: libzmq must not be told to disconnect in the
    /// middle of it.
    pub(super) fn recv_partial_whole(&mut self) {
        if self.is_set_aside() {
            let _ = self.recv_partial(usize::MAX);
        }
    }

    /// Takes the next frame of a message that was set aside.
    #[cold]
    pub(super) fn recv_partial_frame(&mut self, frame: &mut Frame) -> Result<Progress, BoxedError> {
        let attempt = self.recv_partial(FRAMES)?;
        if attempt != Progress::Done {
            return Ok(attempt);
        }
        if self.end_dropped() {
            return self.recv_first(frame);
        }
        if let Some(mut partial) = self.take_partial() {
            *frame = partial.frames.pop_front().unwrap_or_default();
            self.more = !partial.frames.is_empty();
            match self.more {
                true => self.put_partial(partial),
                false => self.end_partial(),
            }
        }
        Ok(Progress::Done)
    }

    /// Takes the rest of a message that was set aside.
    #[cold]
    pub(super) fn finish_partial(&mut self, message: &mut Message) -> Result<Progress, BoxedError> {
        let attempt = self.recv_partial(FRAMES)?;
        if attempt != Progress::Done {
            return Ok(attempt);
        }
        if self.end_dropped() {
            return self.recv(message);
        }
        if let Some(partial) = self.take_partial() {
            *message = partial.frames.into_iter().collect();
            message.set_origin(self.take_origin());
            self.more = false;
            self.end_partial();
        }
        Ok(Progress::Done)
    }
}

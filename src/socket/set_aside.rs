//! A message of so many frames that it takes several holds of the socket's lock to receive it.
//!
//! libzmq hands out one frame at a time. Under one hold, a message of a million frames would keep out
//! all others for as long as that takes, and among them who wants to stop. So after some thousand
//! frames what was received is set aside; whoever holds the lock next receives on, before anything
//! else, and the message is handed out when it is whole.

use std::collections::VecDeque;

use super::locked::{LockedSocket, Progress};
use super::partial::PartialMessage;
use crate::error::BoxedError;
use crate::message::{Frame, Message};

/// How many frames, beside the first of each message, are received under one hold of the lock.
pub(super) const FRAMES: usize = 4096;

impl LockedSocket<'_> {
    /// Keeps what was received of a message for the next who holds the lock.
    #[cold]
    pub(crate) fn set_aside(&mut self, frames: impl IntoIterator<Item = Frame>) {
        let mut all: VecDeque<Frame> = frames.into_iter().collect();
        if let Some(long) = self.long.take() {
            all.extend(long.frames);
        }
        let (frames, whole) = (all, false);
        *self.long = Some(Box::new(PartialMessage { frames, whole }));
    }

    /// Receives more of a message that was set aside: [`Progress::Again`] if there is still more.
    fn recv_partial(&mut self, most: usize) -> Result<Progress, BoxedError> {
        let Some(mut long) = self.long.take() else {
            return Ok(Progress::Done);
        };
        for _ in 0..most {
            if long.whole {
                break;
            }
            let mut frame = Frame::new();
            self.recv_following(&mut frame)?;
            long.frames.push_back(frame);
            long.whole = !self.more;
        }
        let attempt = match long.whole {
            true => Progress::Done,
            false => Progress::Again,
        };
        *self.long = Some(long);
        Ok(attempt)
    }

    /// Receives all of a message that was set aside: libzmq must not be told to disconnect in the
    /// middle of it.
    pub(super) fn recv_partial_whole(&mut self) {
        if self.long.is_some() {
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
        if let Some(long) = self.long {
            *frame = long.frames.pop_front().unwrap_or_default();
            self.more = !long.frames.is_empty();
        }
        if !self.more {
            *self.long = None;
        }
        Ok(Progress::Done)
    }

    /// Takes the rest of a message that was set aside.
    #[cold]
    pub(super) fn finish_partial(&mut self, message: &mut Message) -> Result<Progress, BoxedError> {
        let attempt = self.recv_partial(FRAMES)?;
        if attempt == Progress::Done
            && let Some(long) = self.long.take()
        {
            *message = long.frames.into_iter().collect();
            self.more = false;
        }
        Ok(attempt)
    }
}

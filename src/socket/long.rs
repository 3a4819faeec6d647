//! A message of so many frames that it takes several holds of the socket's lock to receive it.
//!
//! libzmq hands out one frame at a time. Under one hold, a message of a million frames would keep out
//! all others for as long as that takes, and among them who wants to stop. So after some thousand
//! frames what was received is set aside; whoever holds the lock next receives on, before anything
//! else, and the message is handed out when it is whole.

use std::collections::VecDeque;

use super::held::{Attempt, Held};
use crate::error::Fault;
use crate::message::{Frame, Message};

/// How many frames, beside the first of each message, are received under one hold of the lock.
pub(super) const FRAMES: usize = 4096;

/// What was received of a message so far.
#[derive(Debug)]
pub(super) struct Long {
    frames: VecDeque<Frame>,
    whole: bool,
}

impl Held<'_> {
    /// Keeps what was received of a message for the next who holds the lock.
    #[cold]
    pub(crate) fn set_aside(&mut self, frames: impl IntoIterator<Item = Frame>) {
        let mut all: VecDeque<Frame> = frames.into_iter().collect();
        if let Some(long) = self.long.take() {
            all.extend(long.frames);
        }
        let (frames, whole) = (all, false);
        *self.long = Some(Box::new(Long { frames, whole }));
    }

    /// Receives more of a message that was set aside: [`Attempt::Again`] if there is still more.
    fn gather(&mut self, most: usize) -> Result<Attempt, Fault> {
        let Some(mut long) = self.long.take() else {
            return Ok(Attempt::Done);
        };
        for _ in 0..most {
            if long.whole {
                break;
            }
            let mut frame = Frame::new();
            self.receive_next(&mut frame)?;
            long.frames.push_back(frame);
            long.whole = !self.more;
        }
        let attempt = match long.whole {
            true => Attempt::Done,
            false => Attempt::Again,
        };
        *self.long = Some(long);
        Ok(attempt)
    }

    /// Receives all of a message that was set aside: libzmq must not be told to disconnect in the
    /// middle of it.
    pub(super) fn gather_all(&mut self) {
        if self.long.is_some() {
            let _ = self.gather(usize::MAX);
        }
    }

    /// Takes the next frame of a message that was set aside.
    #[cold]
    pub(super) fn take_frame_aside(&mut self, frame: &mut Frame) -> Result<Attempt, Fault> {
        let attempt = self.gather(FRAMES)?;
        if attempt != Attempt::Done {
            return Ok(attempt);
        }
        if let Some(long) = self.long {
            *frame = long.frames.pop_front().unwrap_or_default();
            self.more = !long.frames.is_empty();
        }
        if !self.more {
            *self.long = None;
        }
        Ok(Attempt::Done)
    }

    /// Takes the rest of a message that was set aside.
    #[cold]
    pub(super) fn take_aside(&mut self, message: &mut Message) -> Result<Attempt, Fault> {
        let attempt = self.gather(FRAMES)?;
        if attempt == Attempt::Done
            && let Some(long) = self.long.take()
        {
            let mut frames = long.frames;
            let first = frames.pop_front().unwrap_or_default();
            *message = Message::new(first, frames.into());
            self.more = false;
        }
        Ok(attempt)
    }
}

//! Passing messages on as they are.

use super::counters::Lane;
use crate::error::{BoxedError, Error};
use crate::message::Message;
use crate::socket::{BurstEnd, NO_ENVELOPE, SharedSocket};
use crate::wake::Deadline;

/// How many messages go one way before the other has its turn.
pub(super) const BURST: u64 = 256;

/// The outcome of one turn of a direction.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    /// Whether there may be more to receive: it ended because the other direction has its turn.
    pub(super) has_more: bool,
    /// Whether a message waits for room.
    pub(super) is_blocked: bool,
    /// Whether the output says that there is room for it when there is none.
    pub(super) is_spurious: bool,
    /// Whether more messages can be taken in.
    pub(super) takes_more: bool,
}

impl Turn {
    /// A turn that was as long as it may be.
    pub(super) fn unfinished() -> Turn {
        Turn {
            has_more: true,
            ..Turn::default()
        }
    }
}

/// Passes messages on as they are, in order. It holds one at most: that which finds no room.
#[derive(Debug, Default)]
pub(super) struct Plain {
    parked: Message,
    /// Whether the last burst has ended in the middle of a message.
    is_in_message: bool,
}

impl Plain {
    /// Passes on a burst.
    pub(super) fn turn(
        &mut self,
        from: &SharedSocket,
        to: &SharedSocket,
        lane: &Lane,
    ) -> Result<Turn, BoxedError> {
        let (mut has_more, mut is_spurious) = (false, false);
        if self.is_parked() {
            let sent = self.send_parked(to, lane)?;
            is_spurious = sent == Sent::Spurious;
        }
        if !self.is_parked() {
            let burst = from.forward(to, BURST, &mut self.parked)?;
            lane.add(&burst);
            self.is_in_message = burst.end == BurstEnd::Middle;
            has_more = self.is_in_message || burst.end == BurstEnd::Limit;
        }
        Ok(Turn {
            has_more,
            is_blocked: self.is_parked(),
            is_spurious,
            takes_more: !self.is_parked(),
        })
    }

    pub(super) fn is_parked(&self) -> bool {
        self.parked.frame_count() > 0
    }

    /// Sends the message that is parked.
    fn send_parked(&mut self, to: &SharedSocket, lane: &Lane) -> Result<Sent, BoxedError> {
        let sent = send_again(to, &mut self.parked)?;
        match sent {
            Sent::Yes(bytes) => lane.passed(bytes),
            Sent::Refused => lane.dropped(),
            Sent::NoRoom | Sent::Spurious => return Ok(sent),
        }
        self.parked.clear();
        Ok(sent)
    }

    /// Tries a last time, in the end.
    pub(super) fn end(&mut self, to: &SharedSocket, lane: &Lane) {
        if self.is_parked() {
            let _ = self.send_parked(to, lane);
        }
        if self.is_parked() || self.is_in_message {
            lane.dropped();
            self.parked.clear();
        }
    }
}

/// The outcome of an attempt to send a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    /// It has gone, with so many bytes.
    Yes(usize),
    /// There is no room; the message is as it was.
    NoRoom,
    /// The same, though the socket says that there is room, as XPUB does if it may not drop.
    Spurious,
    /// Its peer has gone, or it may not be sent at all.
    Refused,
}

/// Sends a message without waiting.
pub(super) fn send(to: &SharedSocket, message: &mut Message) -> Result<Sent, BoxedError> {
    send_after(NO_ENVELOPE, to, message)
}

/// Sends a message that found no room before.
pub(super) fn send_again(to: &SharedSocket, message: &mut Message) -> Result<Sent, BoxedError> {
    if !to.has_room()? {
        return Ok(Sent::NoRoom);
    }
    Ok(match send(to, message)? {
        Sent::NoRoom => Sent::Spurious,
        sent => sent,
    })
}

/// Sends a message to the peer that its first frame names, without waiting.
pub(super) fn send_to_peer(to: &SharedSocket, message: Message) -> Result<Sent, BoxedError> {
    let mut frames = message.into_iter();
    let Some(peer) = frames.next() else {
        return Ok(Sent::Refused);
    };
    send_after(&[peer], to, &mut frames.collect())
}

/// Sends a message after the frames of an envelope, without waiting.
pub(super) fn send_after(
    envelope: &[impl AsRef<[u8]>],
    to: &SharedSocket,
    message: &mut Message,
) -> Result<Sent, BoxedError> {
    let before: usize = envelope.iter().map(|frame| frame.as_ref().len()).sum();
    let bytes = before + message.byte_count();
    match to.send(envelope, message, Deadline::Now) {
        Ok(()) => Ok(Sent::Yes(bytes)),
        Err(error) => match *error {
            Error::WouldBlock => Ok(Sent::NoRoom),
            Error::PeerLost | Error::FrameTooLarge { .. } | Error::EmptyMessage => {
                Ok(Sent::Refused)
            }
            _ => Err(error),
        },
    }
}

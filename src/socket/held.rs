//! The socket as it is held under its lock: all that is done with it, none of which waits.

use super::system;
use crate::error::{Error, Fault};
use crate::message::{Frame, Message};
use crate::raw;

/// The socket, in the hands of the one thread that holds its lock.
pub(crate) struct Held<'a> {
    pub(super) socket: &'a mut zmq::Socket,
    /// What frames are received into: to make one anew for each would cost more than to copy
    /// a small frame out of this one.
    pub(super) spare: &'a mut zmq::Message,
    /// Whether the frame received last is not its message's last.
    pub(super) more: bool,
}

/// Whether an attempt at an operation did it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Attempt {
    Done,
    /// It cannot be done now.
    Blocked,
}

impl Held<'_> {
    /// Looks at what the socket is ready for, which takes the signal of its file descriptor.
    pub(super) fn events(&self) -> zmq::PollEvents {
        loop {
            match self.socket.get_events() {
                Ok(events) => return events,
                Err(zmq::Error::EINTR) => continue,
                // The next attempt will say what is wrong.
                Err(_) => return zmq::POLLIN | zmq::POLLOUT,
            }
        }
    }

    /// Attempts to receive a message, all its frames.
    #[inline(always)]
    pub(crate) fn take(&mut self, message: &mut Message) -> Result<Attempt, Fault> {
        if self.receive_frame(message.first_mut())? == Attempt::Blocked {
            return Ok(Attempt::Blocked);
        }
        if self.more {
            self.take_rest(message)?;
        }
        Ok(Attempt::Done)
    }

    #[inline(never)]
    fn take_rest(&mut self, message: &mut Message) -> Result<(), Fault> {
        while self.more {
            let mut frame = Frame::new();
            // libzmq has the whole message or nothing of it.
            if self.receive_frame(&mut frame)? == Attempt::Blocked {
                let reason = "the rest of a message is missing";
                return Err(Error::system("receiving", reason).into());
            }
            message.push(frame);
        }
        Ok(())
    }

    #[inline(always)]
    fn receive_frame(&mut self, frame: &mut Frame) -> Result<Attempt, Fault> {
        loop {
            match raw::receive(self.socket, self.spare, zmq::DONTWAIT) {
                Ok(bytes) => {
                    let inline = frame.set_inline(bytes);
                    self.more = raw::more(self.spare);
                    if !inline {
                        self.hand_over(frame);
                    }
                    return Ok(Attempt::Done);
                }
                Err(libc::EINTR) => continue,
                Err(errno) => return refused("receiving", errno),
            }
        }
    }

    /// Moves what was received out of the spare.
    #[inline(never)]
    fn hand_over(&mut self, frame: &mut Frame) {
        let message = std::mem::replace(self.spare, zmq::Message::new());
        *frame = Frame::message(message);
    }

    /// Attempts to send a message, all its frames. What is not sent is still in it.
    #[inline]
    pub(crate) fn give(&mut self, message: &mut Message) -> Result<Attempt, Fault> {
        let more = message.frame_count() > 1;
        let flags = if more { zmq::SNDMORE } else { 0 };
        if self.send_frame(message.first_mut(), flags)? == Attempt::Blocked {
            return Ok(Attempt::Blocked);
        }
        if more {
            self.give_rest(message)?;
        }
        Ok(Attempt::Done)
    }

    fn give_rest(&mut self, message: &mut Message) -> Result<(), Fault> {
        let rest = message.rest_mut();
        let last = rest.len() - 1;
        let mut lost = false;
        for (place, frame) in rest.iter_mut().enumerate() {
            let flags = if place < last { zmq::SNDMORE } else { 0 };
            // There is always room for the rest of a message, unless its peer has just left.
            // Then libzmq drops what it has of it, and the rest up to the last frame.
            lost |= self.send_frame(frame, flags)? == Attempt::Blocked;
        }
        match lost {
            true => Err(Error::PeerLost.into()),
            false => Ok(()),
        }
    }

    /// Attempts to send a message of one frame, with a copy of these bytes.
    #[inline]
    pub(crate) fn give_bytes(&mut self, bytes: &[u8]) -> Result<Attempt, Fault> {
        attempt(|| raw::send_bytes(self.socket, bytes, zmq::DONTWAIT))
    }

    fn send_frame(&mut self, frame: &mut Frame, flags: i32) -> Result<Attempt, Fault> {
        let flags = flags | zmq::DONTWAIT;
        match frame.parts() {
            Ok(bytes) => attempt(|| raw::send_bytes(self.socket, bytes, flags)),
            Err(message) => attempt(|| raw::send(self.socket, message, flags)),
        }
    }

    /// Subscribes to a topic.
    pub(crate) fn subscribe(&mut self, topic: &[u8]) -> Result<(), Fault> {
        let set = self.socket.set_subscribe(topic);
        set.map_err(|error| Error::system("subscribing", error).into())
    }

    /// Unsubscribes from a topic.
    pub(crate) fn unsubscribe(&mut self, topic: &[u8]) -> Result<(), Fault> {
        let set = self.socket.set_unsubscribe(topic);
        set.map_err(|error| Error::system("unsubscribing", error).into())
    }
}

/// Attempts to send, again after a signal.
#[inline]
fn attempt(mut send: impl FnMut() -> Result<(), raw::Errno>) -> Result<Attempt, Fault> {
    loop {
        match send() {
            Ok(()) => return Ok(Attempt::Done),
            Err(libc::EINTR) => continue,
            Err(errno) => return refused("sending", errno),
        }
    }
}

/// What an error number means; apart, so that what is done for every message stays small.
#[cold]
fn refused(operation: &'static str, errno: raw::Errno) -> Result<Attempt, Fault> {
    match errno {
        libc::EAGAIN => Ok(Attempt::Blocked),
        libc::EHOSTUNREACH => Err(Error::PeerLost.into()),
        errno => Err(system(operation, errno).into()),
    }
}

//! The socket as it is held under its lock: all that is done with it, none of which waits.

use super::system;
use crate::error::{Error, Result};
use crate::message::{Frame, Message};
use crate::raw;

/// The socket, in the hands of the one thread that holds its lock.
pub(crate) struct Held<'a>(pub(super) &'a mut zmq::Socket);

/// Whether an attempt at an operation did it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Attempt {
    Done,
    /// It cannot be done now.
    Blocked,
}

impl Held<'_> {
    pub(super) fn socket(&self) -> &zmq::Socket {
        self.0
    }

    /// Looks at what the socket is ready for, which takes the signal of its file descriptor.
    pub(super) fn events(&self) -> zmq::PollEvents {
        loop {
            match self.0.get_events() {
                Ok(events) => return events,
                Err(zmq::Error::EINTR) => continue,
                // The next attempt will say what is wrong.
                Err(_) => return zmq::POLLIN | zmq::POLLOUT,
            }
        }
    }

    /// Attempts to receive a message, all its frames.
    #[inline]
    pub(crate) fn take(&mut self, message: &mut Message) -> Result<Attempt> {
        let first = message.first_mut();
        if self.receive_frame(first)? == Attempt::Blocked {
            return Ok(Attempt::Blocked);
        }
        if first.0.get_more() {
            self.take_rest(message)?;
        }
        Ok(Attempt::Done)
    }

    fn take_rest(&mut self, message: &mut Message) -> Result<()> {
        loop {
            let mut frame = Frame::new();
            // libzmq has the whole message or nothing of it.
            if self.receive_frame(&mut frame)? == Attempt::Blocked {
                return Err(Error::system(
                    "receiving",
                    "the rest of a message is missing",
                ));
            }
            let more = frame.0.get_more();
            message.push(frame);
            if !more {
                return Ok(());
            }
        }
    }

    #[inline]
    fn receive_frame(&mut self, frame: &mut Frame) -> Result<Attempt> {
        loop {
            match self.0.recv(&mut frame.0, zmq::DONTWAIT) {
                Ok(()) => return Ok(Attempt::Done),
                Err(zmq::Error::EAGAIN) => return Ok(Attempt::Blocked),
                Err(zmq::Error::EINTR) => continue,
                Err(error) => return Err(Error::system("receiving", error)),
            }
        }
    }

    /// Attempts to send a message, all its frames. What is not sent is still in it.
    #[inline]
    pub(crate) fn give(&mut self, message: &mut Message) -> Result<Attempt> {
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

    fn give_rest(&mut self, message: &mut Message) -> Result<()> {
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
            true => Err(Error::PeerLost),
            false => Ok(()),
        }
    }

    #[inline]
    fn send_frame(&mut self, frame: &mut Frame, flags: i32) -> Result<Attempt> {
        loop {
            match raw::send(self.0, &mut frame.0, flags | zmq::DONTWAIT) {
                Ok(()) => return Ok(Attempt::Done),
                Err(libc::EAGAIN) => return Ok(Attempt::Blocked),
                Err(libc::EINTR) => continue,
                Err(libc::EHOSTUNREACH) => return Err(Error::PeerLost),
                Err(errno) => return Err(system("sending", errno)),
            }
        }
    }

    /// Subscribes to a topic.
    pub(crate) fn subscribe(&mut self, topic: &[u8]) -> Result<()> {
        let set = self.0.set_subscribe(topic);
        set.map_err(|error| Error::system("subscribing", error))
    }

    /// Unsubscribes from a topic.
    pub(crate) fn unsubscribe(&mut self, topic: &[u8]) -> Result<()> {
        let set = self.0.set_unsubscribe(topic);
        set.map_err(|error| Error::system("unsubscribing", error))
    }
}

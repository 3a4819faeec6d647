//! The socket as it is held under its lock: all that is done with it, none of which waits.

use super::connected::Connected;
use super::partial::PartialMessage;
use super::system;
use crate::error::{BoxedError, Error};
use crate::ffi::{self, RawMessage};
use crate::message::{Frame, Message};

/// The socket, in the hands of the one thread that holds its lock.
pub(crate) struct LockedSocket<'a> {
    pub(super) socket: &'a mut zmq::Socket,
    /// What frames are received into: to make one anew for each would cost more than to copy
    /// a small frame out of this one.
    pub(super) scratch: &'a mut RawMessage,
    /// Whether the frame received last is not its message's last.
    pub(crate) more: bool,
    /// What was received of a message that takes several holds of the lock.
    pub(super) long: &'a mut Option<Box<PartialMessage>>,
    /// How many frames beside the first of a message may still be received under this one.
    pub(super) left: usize,
}

/// How many messages to no avail an attempt takes in before it gives way: whoever sends them may
/// be faster than we are.
pub(crate) const BUDGET: usize = 256;

/// The flags of a frame that is not the last.
const MORE: i32 = zmq::DONTWAIT | zmq::SNDMORE;

/// Whether an attempt at an operation did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    Done,
    /// It cannot be done now.
    Blocked,
    /// It has done much to no avail, and gives way to others before it goes on.
    Again,
}

impl LockedSocket<'_> {
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

    /// Attempts to receive a message, all its frames, or the rest of one, into an empty one.
    /// [`Progress::Again`] if that takes longer than the lock may be held, and what there is of it is
    /// set aside.
    #[inline(always)]
    pub(crate) fn recv(&mut self, message: &mut Message) -> Result<Progress, BoxedError> {
        if self.long.is_some() {
            return self.finish_partial(message);
        }
        debug_assert_eq!(message.frame_count(), 0, "a message received into");
        loop {
            match ffi::recv(self.socket, self.scratch, zmq::DONTWAIT) {
                Ok((bytes, false)) => {
                    self.more = false;
                    let frame = message.push_empty();
                    if !frame.set_inline(bytes) {
                        self.move_from_scratch(frame);
                    }
                    return Ok(Progress::Done);
                }
                Ok(_) => return self.recv_several(message),
                Err(libc::EINTR) => {}
                Err(errno) => return refused("receiving", errno),
            }
        }
    }

    /// Receives a message whose first frame is in the scratch, and not the last.
    #[inline(never)]
    fn recv_several(&mut self, message: &mut Message) -> Result<Progress, BoxedError> {
        let frame = message.push_empty();
        if !frame.set_inline(self.scratch) {
            self.move_from_scratch(frame);
        }
        self.more = true;
        while self.more {
            if self.left == 0 {
                self.set_aside(message.take());
                return Ok(Progress::Again);
            }
            self.left -= 1;
            self.recv_following(message.push_empty())?;
        }
        Ok(Progress::Done)
    }

    /// Receives the next frame of a message that has begun and has [`more`](Self::more).
    /// [`Progress::Again`] if the lock was held for so many that the caller must give way: it
    /// [sets aside](Self::set_aside) what it has of the message.
    pub(crate) fn recv_next(&mut self, frame: &mut Frame) -> Result<Progress, BoxedError> {
        if self.long.is_some() {
            return self.recv_partial_frame(frame);
        }
        if self.left == 0 {
            return Ok(Progress::Again);
        }
        self.left -= 1;
        self.recv_following(frame)?;
        Ok(Progress::Done)
    }

    #[inline(always)]
    pub(super) fn recv_following(&mut self, frame: &mut Frame) -> Result<(), BoxedError> {
        match self.recv_frame(frame)? {
            Progress::Done => Ok(()),
            // libzmq has the whole message or nothing of it.
            Progress::Blocked | Progress::Again => {
                let reason = "the rest of a message is missing";
                Err(Error::system("receiving", reason).into())
            }
        }
    }

    /// Attempts to receive the first frame of a message.
    #[inline(always)]
    pub(crate) fn recv_first(&mut self, frame: &mut Frame) -> Result<Progress, BoxedError> {
        match self.long.is_some() {
            true => self.recv_partial_frame(frame),
            false => self.recv_frame(frame),
        }
    }

    /// Attempts to receive a frame, the first of a message or the next.
    #[inline(always)]
    fn recv_frame(&mut self, frame: &mut Frame) -> Result<Progress, BoxedError> {
        loop {
            match ffi::recv(self.socket, self.scratch, zmq::DONTWAIT) {
                Ok((bytes, more)) => {
                    self.more = more;
                    if !frame.set_inline(bytes) {
                        self.move_from_scratch(frame);
                    }
                    return Ok(Progress::Done);
                }
                Err(libc::EINTR) => {}
                Err(errno) => return refused("receiving", errno),
            }
        }
    }

    /// Moves what was received out of the scratch.
    #[inline(never)]
    fn move_from_scratch(&mut self, frame: &mut Frame) {
        let message = std::mem::replace(self.scratch, RawMessage::new());
        *frame = Frame::message(message);
    }

    /// Takes all frames of a message.
    pub(crate) fn recv_frames(&mut self, frames: &mut Vec<Frame>) -> Result<Progress, BoxedError> {
        let mut frame = Frame::new();
        let attempt = self.recv_first(&mut frame)?;
        if attempt != Progress::Done {
            return Ok(attempt);
        }
        frames.push(frame);
        while self.more {
            let mut frame = Frame::new();
            if self.recv_next(&mut frame)? == Progress::Again {
                self.set_aside(frames.drain(..));
                return Ok(Progress::Again);
            }
            frames.push(frame);
        }
        Ok(Progress::Done)
    }

    /// Attempts to send a message, all its frames, after those of an envelope. What is not sent
    /// is still there.
    pub(crate) fn send(
        &mut self,
        envelope: &[impl AsRef<[u8]>],
        message: &mut Message,
    ) -> Result<Progress, BoxedError> {
        self.send_all(
            envelope,
            message.frames_mut().iter_mut(),
            |socket, frame, flags| match frame.parts() {
                Ok(bytes) => ffi::send_bytes(socket, bytes, flags),
                Err(message) => ffi::send(socket, message, flags),
            },
        )
    }

    /// Attempts to send a message of one frame, with a copy of these bytes.
    #[inline]
    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) -> Result<Progress, BoxedError> {
        attempt(|| ffi::send_bytes(self.socket, bytes, zmq::DONTWAIT))
    }

    /// Attempts to send a message with a copy of these frames, after those of an envelope.
    #[inline]
    pub(crate) fn send_copy(
        &mut self,
        envelope: &[impl AsRef<[u8]>],
        frames: &[&[u8]],
    ) -> Result<Progress, BoxedError> {
        self.send_all(envelope, frames.iter(), |socket, bytes, flags| {
            ffi::send_bytes(socket, bytes, flags)
        })
    }

    /// Attempts to send all frames of a message, of which there is one at least.
    #[inline(always)]
    fn send_all<F>(
        &mut self,
        envelope: &[impl AsRef<[u8]>],
        frames: impl ExactSizeIterator<Item = F>,
        send: impl Fn(&mut zmq::Socket, &mut F, i32) -> Result<(), ffi::Errno>,
    ) -> Result<Progress, BoxedError> {
        let mut begun = false;
        let mut lost = false;
        for frame in envelope {
            let mut sent = attempt(|| ffi::send_bytes(self.socket, frame.as_ref(), MORE));
            if sent.is_err() && !begun {
                // libzmq looks only now and then who has come: nobody may be there as yet.
                self.events();
                sent = attempt(|| ffi::send_bytes(self.socket, frame.as_ref(), MORE));
            }
            if sent? == Progress::Blocked {
                if !begun {
                    return Ok(Progress::Blocked);
                }
                lost = true;
            }
            begun = true;
        }
        let mut left = frames.len();
        for mut frame in frames {
            left -= 1;
            let flags = if left > 0 { MORE } else { zmq::DONTWAIT };
            if attempt(|| send(self.socket, &mut frame, flags))? == Progress::Blocked {
                if !begun {
                    return Ok(Progress::Blocked);
                }
                // There is always room for the rest of a message, unless its peer has just left.
                // Then libzmq drops what it has of it, and the rest up to the last frame.
                lost = true;
            }
            begun = true;
            if lost && self.socket.get_socket_type() == Ok(zmq::PAIR) {
                // PAIR drops nothing by itself: the rest would go to the next peer.
                break;
            }
        }
        match lost {
            true => Err(Error::PeerLost.into()),
            false => Ok(Progress::Done),
        }
    }

    /// Connects; the address family counts for the connections made from here on.
    pub(super) fn connect(&mut self, known: &Connected) -> zmq::Result<()> {
        self.socket.set_ipv6(known.ipv6)?;
        uninterrupted(|| self.socket.connect(&known.address))
    }

    /// Disconnects; an endpoint that libzmq does not know is off already.
    pub(super) fn disconnect(&mut self, endpoint: &str) -> zmq::Result<()> {
        self.recv_partial_whole();
        match uninterrupted(|| self.socket.disconnect(endpoint)) {
            Err(zmq::Error::ENOENT) => Ok(()),
            outcome => outcome,
        }
    }

    /// Unbinds; an endpoint that libzmq does not know is off already.
    pub(super) fn unbind(&mut self, endpoint: &str) -> zmq::Result<()> {
        self.recv_partial_whole();
        match uninterrupted(|| self.socket.unbind(endpoint)) {
            Err(zmq::Error::ENOENT) => Ok(()),
            outcome => outcome,
        }
    }

    /// Subscribes to a topic.
    pub(crate) fn subscribe(&mut self, topic: &[u8]) -> Result<(), BoxedError> {
        let set = self.socket.set_subscribe(topic);
        set.map_err(|error| Error::system("subscribing", error).into())
    }

    /// Unsubscribes from a topic.
    pub(crate) fn unsubscribe(&mut self, topic: &[u8]) -> Result<(), BoxedError> {
        let set = self.socket.set_unsubscribe(topic);
        set.map_err(|error| Error::system("unsubscribing", error).into())
    }
}

/// Attempts to send, again after a signal.
#[inline]
fn attempt(mut send: impl FnMut() -> Result<(), ffi::Errno>) -> Result<Progress, BoxedError> {
    loop {
        match send() {
            Ok(()) => return Ok(Progress::Done),
            Err(libc::EINTR) => continue,
            Err(errno) => return refused("sending", errno),
        }
    }
}

/// Does something again that a signal interrupted.
fn uninterrupted(mut call: impl FnMut() -> zmq::Result<()>) -> zmq::Result<()> {
    loop {
        match call() {
            Err(zmq::Error::EINTR) => continue,
            outcome => return outcome,
        }
    }
}

/// What an error number means; apart, so that what is done for every message stays small.
#[cold]
fn refused(operation: &'static str, errno: ffi::Errno) -> Result<Progress, BoxedError> {
    match errno {
        libc::EAGAIN => Ok(Progress::Blocked),
        libc::EHOSTUNREACH => Err(Error::PeerLost.into()),
        errno => Err(system(operation, errno).into()),
    }
}

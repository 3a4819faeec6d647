//! The socket as it is held under its lock: all its operations, none of which waits.
//!
//! | to receive | call |
//! |---|---|
//! | a whole message | [`recv`](LockedSocket::recv), or [`recv_frames`](LockedSocket::recv_frames) into a `Vec` |
//! | frame by frame | [`recv_first`](LockedSocket::recv_first), then [`recv_next`](LockedSocket::recv_next) while there are [`more`](LockedSocket::more) |
//!
//! Both go on with a message that was [set aside](LockedSocket::set_aside), if there is one.

use super::connected::Connected;
use super::receive_state::ReceiveState;
use super::system;
use crate::error::{BoxedError, Error};
use crate::ffi::{self, RawMessage};
use crate::message::{Frame, Message};

/// The socket, in the hands of the one thread that holds its lock.
pub(crate) struct LockedSocket<'a> {
    pub(super) socket: &'a mut zmq::Socket,
    /// Frames are received into this one: making one each time costs more than copying a small frame out.
    pub(super) scratch: &'a mut RawMessage,
    /// Whether the frame received last is not its message's last.
    pub(crate) more: bool,
    /// The state that a receive heeds beyond the next message.
    pub(super) receive_state: &'a mut Option<Box<ReceiveState>>,
    /// How many more frames of a message, after its first, may be received under this hold of the lock.
    pub(super) frames_left: usize,
}

/// After how many useless messages an attempt gives way: their senders may be faster than we are.
pub(crate) const BUDGET: usize = 256;

/// The flags of a frame that is not the last.
const MORE: i32 = zmq::DONTWAIT | zmq::SNDMORE;

/// Whether an attempt at an operation did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    Done,
    /// It cannot be done now.
    Blocked,
    /// It has taken in many useless messages, or frames, and gives way to others before it goes on.
    Again,
}

impl LockedSocket<'_> {
    /// Reads the socket's events, which takes the signal of its file descriptor.
    pub(super) fn events(&self) -> zmq::PollEvents {
        loop {
            match self.socket.get_events() {
                Ok(events) => return events,
                Err(zmq::Error::EINTR) => continue,
                // The next attempt gives the error.
                Err(_) => return zmq::POLLIN | zmq::POLLOUT,
            }
        }
    }

    /// Attempts to receive a message, all its frames, or the rest of one, into an empty one.
    /// [`Progress::Again`] if that takes longer than the lock may be held, and the frames that there are
    /// were set aside.
    #[inline(always)]
    pub(crate) fn recv(&mut self, message: &mut Message) -> Result<Progress, BoxedError> {
        if self.receive_state.is_some() {
            return self.recv_heeding_state(message);
        }
        self.recv_whole(message)
    }

    /// Attempts to receive a message of which there is nothing yet.
    #[inline(always)]
    pub(super) fn recv_whole(&mut self, message: &mut Message) -> Result<Progress, BoxedError> {
        debug_assert_eq!(message.frame_count(), 0, "a message received into");
        match self.recv_into(message.push_empty(), false) {
            Ok(()) if !self.more => Ok(Progress::Done),
            Ok(()) => self.recv_rest(message),
            Err(errno) => {
                message.clear();
                from_errno("receiving", errno)
            }
        }
    }

    /// Receives the rest of a message of which the first frame is there.
    #[inline(never)]
    pub(super) fn recv_rest(&mut self, message: &mut Message) -> Result<Progress, BoxedError> {
        while self.more {
            if self.frames_left == 0 {
                self.keep_origin(message.take_origin());
                self.set_aside(message.take());
                return Ok(Progress::Again);
            }
            self.frames_left -= 1;
            self.recv_following(message.push_empty())?;
        }
        Ok(Progress::Done)
    }

    /// Receives the next frame of a message that has begun and has [`more`](Self::more).
    /// [`Progress::Again`] if too many frames were received under this hold of the lock: the caller
    /// [sets aside](Self::set_aside) the frames that it has.
    pub(crate) fn recv_next(&mut self, frame: &mut Frame) -> Result<Progress, BoxedError> {
        if self.is_set_aside() {
            return self.recv_partial_frame(frame);
        }
        if self.frames_left == 0 {
            return Ok(Progress::Again);
        }
        self.frames_left -= 1;
        self.recv_following(frame)?;
        Ok(Progress::Done)
    }

    #[inline(always)]
    pub(super) fn recv_following(&mut self, frame: &mut Frame) -> Result<(), BoxedError> {
        match self.recv_into(frame, true) {
            Ok(()) => Ok(()),
            // libzmq has the whole message or nothing of it.
            Err(libc::EAGAIN) => {
                let reason = "the rest of a message is missing";
                Err(Error::system("receiving", reason).into())
            }
            Err(errno) => from_errno("receiving", errno).map(|_| ()),
        }
    }

    /// Attempts to receive the first frame of a message.
    #[inline(always)]
    pub(crate) fn recv_first(&mut self, frame: &mut Frame) -> Result<Progress, BoxedError> {
        if self.receive_state.is_some() {
            return self.recv_first_heeding_state(frame);
        }
        match self.recv_into(frame, false) {
            Ok(()) => Ok(Progress::Done),
            Err(errno) => from_errno("receiving", errno),
        }
    }

    /// Receives a frame into this one, the first of a message or one that follows.
    #[inline(always)]
    pub(super) fn recv_into(&mut self, frame: &mut Frame, follows: bool) -> Result<(), ffi::Errno> {
        loop {
            let received = match follows {
                true => ffi::recv_following(self.socket, self.scratch),
                false => ffi::recv(self.socket, self.scratch, zmq::DONTWAIT),
            };
            match received {
                Ok((bytes, more)) => {
                    self.more = more;
                    if !frame.set_inline(bytes) {
                        self.move_from_scratch(frame);
                    }
                    return Ok(());
                }
                Err(libc::EINTR) => {}
                Err(errno) => return Err(errno),
            }
        }
    }

    /// Takes the frame out of the scratch that was received last.
    pub(super) fn take_scratch(&mut self, frame: &mut Frame) {
        if !frame.set_inline(self.scratch) {
            self.move_from_scratch(frame);
        }
    }

    /// Moves the received frame out of the scratch.
    #[inline(never)]
    fn move_from_scratch(&mut self, frame: &mut Frame) {
        let message = std::mem::replace(self.scratch, RawMessage::new());
        *frame = Frame::message(message);
    }

    /// Attempts to receive all frames of a message.
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

    /// Attempts to send a message, all its frames, after those of an envelope. Frames that were not sent stay in
    /// the message.
    pub(crate) fn send(
        &mut self,
        envelope: &[impl AsRef<[u8]>],
        message: &mut Message,
    ) -> Result<Progress, BoxedError> {
        self.send_all(
            envelope,
            message.frames_mut().iter_mut(),
            |socket, frame, flags| send_parts(socket, frame, flags),
        )
    }

    /// Attempts to send the next frame of a message that has begun.
    pub(super) fn send_next(
        &mut self,
        frame: &mut Frame,
        more: bool,
    ) -> Result<Progress, BoxedError> {
        let flags = if more { MORE } else { zmq::DONTWAIT };
        attempt(|| send_parts(self.socket, frame, flags))
    }

    /// Attempts to send a frame of libzmq's, whose bytes are moved.
    #[inline]
    pub(super) fn send_frame(
        &mut self,
        frame: &mut RawMessage,
        more: bool,
    ) -> Result<Progress, BoxedError> {
        let flags = if more { MORE } else { zmq::DONTWAIT };
        attempt(|| ffi::send(self.socket, frame, flags))
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
            if !matches!(sent, Ok(Progress::Done)) && !begun {
                // libzmq looks only now and then for new peers, and for room: there may be some that it has
                // not seen.
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
                // Then libzmq drops the frames that it has, and the rest up to the last.
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

#[inline(always)]
fn send_parts(socket: &mut zmq::Socket, frame: &mut Frame, flags: i32) -> Result<(), ffi::Errno> {
    match frame.parts() {
        Ok(bytes) => ffi::send_bytes(socket, bytes, flags),
        Err(message) => ffi::send(socket, message, flags),
    }
}

/// Attempts to send, again after a signal.
#[inline]
fn attempt(mut send: impl FnMut() -> Result<(), ffi::Errno>) -> Result<Progress, BoxedError> {
    loop {
        match send() {
            Ok(()) => return Ok(Progress::Done),
            Err(libc::EINTR) => continue,
            Err(errno) => return from_errno("sending", errno),
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

/// Maps an error number. Cold, so that the hot path stays small.
#[cold]
pub(super) fn from_errno(
    operation: &'static str,
    errno: ffi::Errno,
) -> Result<Progress, BoxedError> {
    match errno {
        libc::EAGAIN => Ok(Progress::Blocked),
        libc::EHOSTUNREACH => Err(Error::PeerLost.into()),
        errno => Err(system(operation, errno).into()),
    }
}

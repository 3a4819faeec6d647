//! The handler's socket: requests come in, and replies go out to those that asked.

use crate::ffi::{self, Errno, RawContext, RawMessage};
use crate::security::ZapCode;

/// Where libzmq looks for a handler. It ends the process if it finds a socket of another kind there.
const ENDPOINT: &str = "inproc://zeromq.zap.01";

/// How many frames a request has at most, with its envelope; more are not looked at.
const FRAMES: usize = 16;

/// A ROUTER: it can reply to requests in any order, and drops replies to those that have left.
pub(super) struct HandlerSocket {
    socket: zmq::Socket,
    fd: i32,
}

/// A request that was received, frame by frame.
pub(super) struct Received {
    pub(super) envelope: Envelope,
    pub(super) frames: Vec<RawMessage>,
}

/// The asker of a request, and an empty frame.
type Envelope = [RawMessage; 2];

/// Where the reply to a request goes.
pub(super) struct Asker {
    envelope: Envelope,
    /// The request's number.
    id: Vec<u8>,
}

/// A reply; user and metadata are for one that lets a client in.
pub(super) struct Reply<'a> {
    pub(super) code: ZapCode,
    pub(super) user: &'a str,
    pub(super) metadata: &'a [u8],
}

impl HandlerSocket {
    /// Binds. The address may be in use for a moment, by a socket that was closed just now.
    pub(super) fn bind(context: &RawContext) -> Result<HandlerSocket, Errno> {
        let mut socket = context.socket(zmq::ROUTER)?;
        let errno = |error: zmq::Error| error.to_raw();
        // The end of the context must not wait for a reply.
        socket.set_linger(0).map_err(errno)?;
        let fd = socket.get_fd().map_err(errno)?;
        ffi::bind(&mut socket, ENDPOINT)?;
        Ok(HandlerSocket { socket, fd })
    }

    pub(super) fn fd(&self) -> i32 {
        self.fd
    }

    /// The next request; `None` if there is none now, which must have been said before the file descriptor is
    /// waited for.
    pub(super) fn receive(&mut self) -> Result<Option<Received>, Errno> {
        loop {
            let mut frames = Vec::new();
            let mut more = true;
            while more {
                let mut frame = RawMessage::new();
                more = match ffi::recv(&mut self.socket, &mut frame, zmq::DONTWAIT) {
                    Ok((_, more)) => more,
                    Err(libc::EINTR) => continue,
                    Err(libc::EAGAIN) => return Ok(None),
                    Err(errno) => return Err(errno),
                };
                if frames.len() < FRAMES {
                    frames.push(frame);
                }
            }
            let mut frames = frames.into_iter();
            // Whoever sends no empty frame cannot be replied to.
            if let (Some(asker), Some(empty)) = (frames.next(), frames.next())
                && empty.is_empty()
            {
                let envelope = [asker, empty];
                let frames = frames.collect();
                return Ok(Some(Received { envelope, frames }));
            }
        }
    }

    /// Replies, without waiting: an asker that has left is not replied to. There must be one reply to a
    /// request, and no other: libzmq ends the process if a second one comes.
    pub(super) fn reply(&mut self, asker: Asker, reply: &Reply<'_>) -> Result<(), Errno> {
        let Reply {
            code,
            user,
            metadata,
        } = reply;
        for mut frame in asker.envelope {
            self.send(|socket, flags| ffi::send(socket, &mut frame, flags), true)?;
        }
        let frames = code.reply(&asker.id, user, metadata);
        for (place, frame) in frames.iter().enumerate() {
            let more = place + 1 < frames.len();
            self.send(|socket, flags| ffi::send_bytes(socket, frame, flags), more)?;
        }
        Ok(())
    }

    fn send(
        &mut self,
        mut send: impl FnMut(&mut zmq::Socket, i32) -> Result<(), Errno>,
        more: bool,
    ) -> Result<(), Errno> {
        let flags = zmq::DONTWAIT | if more { zmq::SNDMORE } else { 0 };
        loop {
            match send(&mut self.socket, flags) {
                Err(libc::EINTR) => continue,
                outcome => return outcome,
            }
        }
    }
}

impl Asker {
    pub(super) fn new(envelope: Envelope, id: &[u8]) -> Asker {
        let id = id.to_owned();
        Asker { envelope, id }
    }
}

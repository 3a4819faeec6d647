//! The sockets of a node: one that others connect to, and one that connects to a station.

use std::fmt;
use std::marker::PhantomData;

use crate::error::{Error, Result};
use crate::ffi::IntOption;
use crate::message::Message as FrameList;
use crate::options::Options;
use crate::pattern::sealed::Sealed;
use crate::pattern::{End, Handle, Kind, Pattern, refuse_those_of_handles};
use crate::socket::{Interest, Progress, Socket, SocketSpec};
use crate::wake::Deadline;

/// A socket of a node; `R` says which.
pub(super) struct LinkSocket<R> {
    socket: Socket,
    role: PhantomData<R>,
}

/// The use of a node's socket.
pub(super) trait SocketRole: Send + Sync + 'static {
    const KIND: Kind;
    /// Whether it may be given an identity: stations of autopilot's know nodes by that.
    const MAY_BE_NAMED: bool;
}

/// Has a link to each of those behind a station.
pub(super) enum ToChildren {}

/// Has a link to a station.
pub(super) enum ToParent {}

impl SocketRole for ToChildren {
    const KIND: Kind = Kind::Router;
    const MAY_BE_NAMED: bool = false;
}

impl SocketRole for ToParent {
    const KIND: Kind = Kind::Dealer;
    const MAY_BE_NAMED: bool = true;
}

/// What became of an attempt to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    Done,
    /// There is no room.
    Full,
    /// There is nobody.
    Gone,
}

impl<R> LinkSocket<R> {
    pub(super) fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Sends a message, if there is room.
    pub(super) fn send(&self, envelope: &[&[u8]], mut message: FrameList) -> Sent {
        let sent = self
            .socket
            .perform(Interest::Writable, Deadline::Now, |locked| {
                locked.send(envelope, &mut message)
            });
        match sent.map_err(|error| *error) {
            Ok(()) => Sent::Done,
            Err(Error::WouldBlock) => Sent::Full,
            Err(_) => Sent::Gone,
        }
    }

    /// Receives a message, if there is one.
    pub(super) fn receive(&self) -> Option<FrameList> {
        let mut message = FrameList::new();
        let received = self
            .socket
            .perform(Interest::Readable, Deadline::Now, |locked| {
                let attempt = locked.recv(&mut message)?;
                if attempt == Progress::Done {
                    let _ = locked.take_origin();
                }
                Ok(attempt)
            });
        received.is_ok().then_some(message)
    }
}

impl<R: SocketRole> Pattern for LinkSocket<R> {
    const KIND: Kind = R::KIND;

    fn check_options(end: End, options: &Options) -> Result<()> {
        let is_immediate = options.immediate != Options::default().immediate;
        let others = [
            ("identity", options.identity.is_some() && !R::MAY_BE_NAMED),
            ("immediate", is_immediate),
        ];
        refuse_those_of_handles(options, "a node", &others)?;
        R::KIND.check_options(end, options)
    }

    fn spec(options: &Options) -> SocketSpec {
        let mut spec = R::KIND.spec(options);
        // One that comes with the identity of another must not get what is sent to that.
        let is_other = |option: &IntOption| !matches!(option, IntOption::RouterHandover);
        spec.raw_options.retain(|(option, _)| is_other(option));
        spec
    }

    fn new(socket: Socket) -> LinkSocket<R> {
        LinkSocket {
            socket,
            role: PhantomData,
        }
    }
}

impl<R: Send + Sync + 'static> Handle for LinkSocket<R> {}

impl<R> Sealed for LinkSocket<R> {
    fn socket(&self) -> &Socket {
        &self.socket
    }
}

impl<R> Clone for LinkSocket<R> {
    fn clone(&self) -> LinkSocket<R> {
        LinkSocket {
            socket: self.socket.clone(),
            role: PhantomData,
        }
    }
}

impl<R> fmt::Debug for LinkSocket<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkSocket").finish_non_exhaustive()
    }
}

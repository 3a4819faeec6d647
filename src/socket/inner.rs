//! What the socket's lock guards.

use super::bound::Bound;
use super::boxed;
use super::connected::Connected;
use super::locked::LockedSocket;
use super::partial::PartialMessage;
use super::waiters::{AdaptiveSpin, Waiters};
use crate::endpoint::Endpoint;
use crate::error::{BoxedError, Error, Result};
use crate::ffi::RawMessage;

/// The socket, its waiters, and its endpoints.
pub(super) struct Inner {
    /// `None` once the socket was closed, though handles remain.
    pub(super) socket: Option<zmq::Socket>,
    /// See [`LockedSocket`].
    pub(super) scratch: RawMessage,
    /// See [`LockedSocket`].
    pub(super) long: Option<Box<PartialMessage>>,
    /// How many frames may be received under one hold of the lock.
    pub(super) frames: usize,
    pub(super) waiters: Waiters,
    pub(super) spin: AdaptiveSpin,
    pub(super) bound: Vec<Bound>,
    pub(super) connected: Vec<Connected>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner")
            .field("bound", &self.bound)
            .field("connected", &self.connected)
            .finish_non_exhaustive()
    }
}

impl Inner {
    /// Reads the events, and wakes a waiter for each that is there.
    #[cold]
    pub(super) fn wake_ready(&mut self) {
        if let Ok(locked) = self.locked() {
            let events = locked.events();
            self.waiters.wake(events);
        }
    }

    /// Where it is bound, and where it connects to.
    pub(super) fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        let connected = self.connected.iter().map(|known| &known.endpoint);
        let bound = self.bound.iter().map(|known| &known.endpoint);
        bound.chain(connected)
    }

    #[inline]
    pub(super) fn locked(&mut self) -> Result<LockedSocket<'_>, BoxedError> {
        match &mut self.socket {
            Some(socket) => Ok(LockedSocket {
                socket,
                scratch: &mut self.scratch,
                more: false,
                long: &mut self.long,
                left: self.frames,
            }),
            None => Err(boxed(Error::Stopped)),
        }
    }
}

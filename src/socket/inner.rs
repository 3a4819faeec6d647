//! The state under the socket's lock.

use super::bound::Bound;
use super::boxed;
use super::connected::Connected;
use super::locked::LockedSocket;
use super::receive_state::ReceiveState;
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
    pub(super) receive_state: Option<Box<ReceiveState>>,
    /// How many frames may be received under one hold of the lock.
    pub(super) frame_limit: usize,
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

    /// The endpoints that it is bound to, and those that it connects to.
    pub(super) fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        let connected = self.connected.iter().map(|known| &known.endpoint);
        let bound = self.bound.iter().map(|known| &known.endpoint);
        bound.chain(connected)
    }

    /// The place of an endpoint among those that it connects to.
    pub(super) fn place(&self, endpoint: &Endpoint) -> Option<usize> {
        let mut connected = self.connected.iter();
        connected.position(|known| known.endpoint == *endpoint)
    }

    #[inline]
    pub(super) fn locked(&mut self) -> Result<LockedSocket<'_>, BoxedError> {
        match &mut self.socket {
            Some(socket) => Ok(LockedSocket {
                socket,
                scratch: &mut self.scratch,
                more: false,
                receive_state: &mut self.receive_state,
                frames_left: self.frame_limit,
            }),
            None => Err(boxed(Error::Stopped)),
        }
    }
}

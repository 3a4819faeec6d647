//! The links to those behind a station: each has an identity at the socket, which libzmq makes up.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use log::debug;

use super::sockets::{LinkSocket, Sent, ToChildren};
use crate::error::Result;
use crate::message::{Frame, Message as FrameList};
use crate::monitor::ConnectionEvent;
use crate::server::Server;
use crate::socket::Socket;
use crate::station::machine::LinkId;
use crate::wake::Waker;

/// The port of a station, and the links to those that have connected there.
pub(in crate::station) struct Children {
    server: Server,
    socket: LinkSocket<ToChildren>,
    links: HashMap<Frame, LinkId>,
    identities: HashMap<LinkId, Frame>,
    /// A connection has ended: which, a ROUTER does not tell.
    has_lost: Arc<AtomicBool>,
    /// When those that are there are looked for once more.
    looks_again: Option<Instant>,
}

/// The end of a connection is told a moment before the socket has lost it: until then it takes what is sent there.
const AGAIN: Duration = Duration::from_secs(1);

impl Children {
    pub(in crate::station) fn bind(server: &Server, waker: Arc<Waker>) -> Result<Children> {
        let socket: LinkSocket<ToChildren> = server.open()?;
        let has_lost = Arc::new(AtomicBool::new(false));
        let told = has_lost.clone();
        let tell = move |event: &ConnectionEvent| {
            if let ConnectionEvent::Disconnected { .. } = event {
                told.store(true, Ordering::Release);
                waker.wake();
            }
        };
        socket.socket().status()?.set_on_event(Box::new(tell));
        Ok(Children {
            server: server.clone(),
            socket,
            links: HashMap::new(),
            identities: HashMap::new(),
            has_lost,
            looks_again: None,
        })
    }

    /// Whether it is time to look who is there: a connection has ended, now or a moment ago.
    pub(super) fn take_loss(&mut self, now: Instant) -> bool {
        let has_lost = self.has_lost.swap(false, Ordering::AcqRel);
        let is_due = self.looks_again.take_if(|at| *at <= now).is_some();
        if has_lost {
            self.looks_again = Some(now + AGAIN);
        }
        has_lost || is_due
    }

    /// When `take_loss` is to be asked, if nothing happens before.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.looks_again
    }

    /// Gives the port back: whoever is told that the node has ended may bind there.
    pub(super) fn unbind(&self) {
        if let Err(error) = self.server.unbind_all() {
            debug!("a station's port: {error}");
        }
    }

    pub(super) fn socket(&self) -> &Socket {
        self.socket.socket()
    }

    /// A message, and the identity that it came from.
    pub(super) fn receive(&self) -> Option<(Frame, Vec<Frame>)> {
        let mut frames = self.socket.receive()?.into_iter();
        let identity = frames.next()?;
        Some((identity, frames.collect()))
    }

    pub(super) fn link(&self, identity: &Frame) -> Option<LinkId> {
        self.links.get(identity).copied()
    }

    pub(super) fn insert(&mut self, identity: Frame, link: LinkId) {
        self.identities.insert(link, identity.clone());
        self.links.insert(identity, link);
    }

    /// Forgets a link: whoever is there still is given another.
    pub(super) fn remove(&mut self, link: LinkId) {
        if let Some(identity) = self.identities.remove(&link) {
            self.links.remove(&identity);
        }
    }

    /// Sends a message over a link of these; `None` if the link is not one of these.
    pub(super) fn send(&self, link: LinkId, message: FrameList) -> Option<Sent> {
        let identity = self.identities.get(&link)?;
        Some(self.socket.send(&[identity.as_bytes()], message))
    }
}

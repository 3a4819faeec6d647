//! What follows from a monitor's events: a pure state machine.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::raw_event::{RawEvent, kind};
use super::refusals::Refusals;
use super::{ConnectionEvent, ConnectionId};
use crate::endpoint::Endpoint;
use crate::error::Refusal;
use crate::options::Options;

/// Which connections a socket has, from the events of its monitor.
#[derive(Debug)]
pub(crate) struct ConnectionTracker {
    /// For each endpoint its connections, in the order in which they came.
    connections: HashMap<Endpoint, Vec<Connection>>,
    refusals: Refusals,
    ever_up: bool,
    /// What this socket is called, and what a peer that fits is.
    names: (&'static str, &'static str),
    max_frame: u64,
}

#[derive(Debug)]
struct Connection {
    id: ConnectionId,
    /// Its file descriptor, by which libzmq names it.
    fd: u32,
    /// Whether we have connected, and not the peer.
    ours: bool,
    peer: Option<SocketAddr>,
    up: bool,
    /// Whether libzmq itself has named it as the one that is up.
    certain: bool,
    /// Whether it is ended for a frame that is too large.
    cut: bool,
    /// Why the handshake failed, when it has.
    failed: Option<Refusal>,
}

impl ConnectionTracker {
    /// A tracker of no connection, of a socket of this name whose peers have that one.
    pub(crate) fn new(names: (&'static str, &'static str), options: &Options) -> ConnectionTracker {
        ConnectionTracker {
            connections: HashMap::new(),
            refusals: Refusals::new((options.reconnect_min, options.reconnect_max)),
            ever_up: false,
            names,
            max_frame: options.max_frame,
        }
    }

    /// How many connections are up.
    pub(crate) fn up(&self) -> usize {
        let all = self.connections.values().flatten();
        all.filter(|connection| connection.up).count()
    }

    /// The connections that are up, as the events that made them so.
    pub(crate) fn present(&self) -> Vec<ConnectionEvent> {
        let mut present = Vec::new();
        for (endpoint, connections) in &self.connections {
            for connection in connections.iter().filter(|connection| connection.up) {
                present.push(connection.up_event(endpoint));
            }
        }
        present
    }

    /// An endpoint that is not connected, and why: one that proves that something is wrong, if
    /// there is one.
    pub(crate) fn refusal(&self) -> Option<(&Endpoint, &Refusal)> {
        self.refusals.first()
    }

    /// Whether it is the event of a connection that we made and that failed.
    pub(crate) fn is_ours(&self, event: &ConnectionEvent) -> bool {
        match event {
            ConnectionEvent::HandshakeFailed { endpoint, .. } => self.refusals.is_refused(endpoint),
            _ => false,
        }
    }

    /// Whether a connection was ever up.
    pub(crate) fn ever_up(&self) -> bool {
        self.ever_up
    }

    /// Forgets an endpoint that the user disconnected, which libzmq does not report: the events of its
    /// connections that were up.
    pub(crate) fn forget(&mut self, endpoint: &Endpoint) -> Vec<ConnectionEvent> {
        self.refusals.forget(endpoint);
        self.forget_connections(endpoint, |connection| connection.ours)
    }

    /// Forgets an endpoint that the user unbound: the events of the connections that were accepted there,
    /// and were up.
    pub(crate) fn forget_accepted(&mut self, endpoint: &Endpoint) -> Vec<ConnectionEvent> {
        self.forget_connections(endpoint, |connection| !connection.ours)
    }

    fn forget_connections(
        &mut self,
        endpoint: &Endpoint,
        is_gone: impl Fn(&Connection) -> bool,
    ) -> Vec<ConnectionEvent> {
        let Some(mut connections) = self.connections.remove(endpoint) else {
            return Vec::new();
        };
        let gone = connections.extract_if(.., |connection| is_gone(connection));
        let up = gone.filter(|connection| connection.up);
        let events = up.map(|connection| connection.down_event(endpoint.clone(), None));
        let events = events.collect();
        if !connections.is_empty() {
            self.connections.insert(endpoint.clone(), connections);
        }
        events
    }

    /// When [`due`](Self::due) has something next.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.refusals.next_due()
    }

    /// Takes in why an endpoint cannot be connected to, which no event says; or that this is over.
    pub(crate) fn mark(&mut self, endpoint: &Endpoint, refusal: Option<Refusal>) {
        self.refusals.mark(endpoint, refusal);
    }

    /// Takes in why the last attempt to connect to an endpoint failed.
    pub(crate) fn failed(&mut self, endpoint: &Endpoint, reason: Refusal) {
        self.refusals.failed(endpoint.clone(), reason);
    }

    /// Has an endpoint connected anew, at this time unless it is due already.
    pub(crate) fn schedule_reconnect(&mut self, endpoint: &Endpoint, at: Instant) {
        self.refusals.schedule_reconnect(endpoint, at);
    }

    /// The endpoints that are to be connected anew, because libzmq has given them up.
    pub(crate) fn due(&mut self, now: Instant) -> Vec<Endpoint> {
        self.refusals.take_due(now)
    }

    /// Takes an event in: what it means to the user, if anything.
    pub(crate) fn take(&mut self, event: RawEvent, now: Instant) -> Option<ConnectionEvent> {
        let RawEvent {
            kind,
            value,
            endpoint,
            peer,
        } = event;
        match kind {
            kind::CONNECTED | kind::ACCEPTED => {
                self.refusals.began(&endpoint);
                let connections = self.connections.entry(endpoint).or_default();
                // With several I/O threads a connection's end may come before its beginning.
                connections.retain(|connection| connection.fd != value);
                connections.push(Connection {
                    id: ConnectionId::next(),
                    fd: value,
                    ours: kind == kind::CONNECTED,
                    peer,
                    up: false,
                    certain: false,
                    cut: false,
                    failed: None,
                });
                None
            }
            kind::HANDSHAKE_SUCCEEDED => {
                let connections = self.connections.get_mut(&endpoint)?;
                // Only our own libzmq says which connection it was. Else: the oldest that waits.
                let named = connections.iter().position(|it| it.fd == value);
                let oldest = || connections.iter().position(Connection::is_waiting);
                let place = named.or_else(oldest)?;
                let connection = &mut connections[place];
                (connection.up, connection.certain) = (true, named.is_some());
                self.ever_up = true;
                let event = connection.up_event(&endpoint);
                self.refusals.up(&endpoint);
                Some(event)
            }
            kind::HANDSHAKE_FAILED_PROTOCOL if value & !kind::FD_MASK == kind::FRAME_TOO_LARGE => {
                let mut connections = self.connections.get_mut(&endpoint)?.iter_mut();
                let fd = value & kind::FD_MASK;
                connections.find(|connection| connection.fd == fd)?.cut = true;
                None
            }
            kind::HANDSHAKE_FAILED_NO_DETAIL
            | kind::HANDSHAKE_FAILED_PROTOCOL
            | kind::HANDSHAKE_FAILED_AUTH => {
                let mut connections = self.connections.get_mut(&endpoint)?.iter_mut();
                if let Some(connection) = connections.find(|connection| connection.is_waiting()) {
                    connection.failed = Some(handshake_failure(kind, value));
                }
                None
            }
            kind::DISCONNECTED => self.disconnected(value, endpoint, now),
            kind::CONNECT_DELAYED => {
                let errno = i32::try_from(value).unwrap_or(0);
                if errno != libc::EINPROGRESS {
                    let is_named = endpoint.host_name().is_some();
                    let refusal = Refusal::of_errno(errno, is_named);
                    self.refusals.failed(endpoint, refusal);
                }
                None
            }
            kind::CONNECT_RETRIED => {
                let refusal = self.refusals.retried(&endpoint);
                Some(ConnectionEvent::Retrying {
                    endpoint,
                    after: Duration::from_millis(value.into()),
                    refusal,
                })
            }
            kind::ACCEPT_FAILED => Some(ConnectionEvent::HandshakeFailed {
                endpoint,
                id: None,
                peer: None,
                refusal: Refusal::Other {
                    reason: format!("cannot accept: {}", system_reason(value)),
                },
            }),
            _ => None,
        }
    }

    fn disconnected(
        &mut self,
        fd: u32,
        endpoint: Endpoint,
        now: Instant,
    ) -> Option<ConnectionEvent> {
        let connections = self.connections.get_mut(&endpoint)?;
        let place = connections
            .iter()
            .position(|connection| connection.fd == fd)?;
        let mut connection = connections.remove(place);
        if connection.failed.is_none() && !connection.cut && !connection.certain {
            // The failure that was just reported was this one's, not an older one's.
            connection.take_failure(connections.iter_mut());
        }
        if connections.is_empty() {
            self.connections.remove(&endpoint);
        }
        if connection.up {
            if connection.ours {
                self.refusals.broke(endpoint.clone(), now);
            }
            let max = self.max_frame;
            let refusal = connection.cut.then_some(Refusal::FrameTooLarge { max });
            return Some(connection.down_event(endpoint, refusal));
        }
        // libzmq has an event for all that fails before the handshake is done, but for a peer of
        // another pattern.
        let (ours, wanted) = self.names;
        let wrong = Refusal::WrongPattern { ours, wanted };
        let refusal = match connection.cut {
            true => Refusal::NotZmq,
            false => connection.failed.unwrap_or(wrong),
        };
        if connection.ours {
            self.refusals.refuse(endpoint.clone(), refusal.clone(), now);
            if !refusal.is_proof() {
                // libzmq tries again, and says so.
                return None;
            }
        }
        Some(ConnectionEvent::HandshakeFailed {
            endpoint,
            id: Some(connection.id),
            peer: connection.peer,
            refusal,
        })
    }
}

impl Connection {
    /// Whether its handshake has neither succeeded nor failed.
    fn is_waiting(&self) -> bool {
        !self.up && self.failed.is_none()
    }

    /// Takes over the failure of another that was taken for this one. What was taken for this one's
    /// success is then the other's, with the number that users know it by.
    fn take_failure<'a>(&mut self, mut others: impl Iterator<Item = &'a mut Connection>) {
        if let Some(other) = others.find(|other| other.failed.is_some() && !other.up) {
            self.failed = other.failed.take();
            std::mem::swap(&mut self.up, &mut other.up);
            std::mem::swap(&mut self.id, &mut other.id);
        }
    }

    /// The event that it is up.
    fn up_event(&self, endpoint: &Endpoint) -> ConnectionEvent {
        let (endpoint, id, peer) = (endpoint.clone(), self.id, self.peer);
        match self.ours {
            true => ConnectionEvent::Connected { endpoint, id, peer },
            false => ConnectionEvent::Accepted { endpoint, id, peer },
        }
    }

    /// The event that it is no longer up.
    fn down_event(&self, endpoint: Endpoint, refusal: Option<Refusal>) -> ConnectionEvent {
        ConnectionEvent::Disconnected {
            endpoint,
            id: self.id,
            peer: self.peer,
            refusal,
        }
    }
}

fn system_reason(errno: u32) -> String {
    i32::try_from(errno).map_or_else(
        |_| "unknown".to_owned(),
        |errno| std::io::Error::from_raw_os_error(errno).to_string(),
    )
}

/// What a failed handshake says of the peer.
fn handshake_failure(kind: u16, value: u32) -> Refusal {
    match (kind, value) {
        (kind::HANDSHAKE_FAILED_AUTH, _) => Refusal::Denied,
        (kind::HANDSHAKE_FAILED_PROTOCOL, kind::MECHANISM_MISMATCH) => Refusal::OtherSecurity,
        (kind::HANDSHAKE_FAILED_PROTOCOL, _) => Refusal::NotZmq,
        _ => match i32::try_from(value) {
            Ok(libc::EPIPE | libc::ECONNRESET) => Refusal::Closed,
            // The time was over: the number is of whatever libzmq's thread did last.
            _ => Refusal::NoAnswer,
        },
    }
}

//! A pure state machine from monitor events to connection events.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::ConnectionEvent;
use super::raw_event::{RawEvent, kind};
use super::refusals::Refusals;
use crate::connection_id::ConnectionId;
use crate::endpoint::Endpoint;
use crate::error::Refusal;
use crate::options::Options;
use crate::security::{Mechanism, Security};

/// The names of a pattern, for refusals.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names {
    /// The socket's own.
    pub(crate) own: &'static str,
    /// That of a peer that fits.
    pub(crate) partner: &'static str,
}

/// The connections of a socket, from the events of its monitor.
#[derive(Debug)]
pub(crate) struct ConnectionTracker {
    /// For each endpoint its connections, in the order in which they came.
    connections: HashMap<Endpoint, Vec<Connection>>,
    refusals: Refusals,
    ever_up: bool,
    names: Names,
    max_frame: u64,
    /// That of our own end, if it is secured.
    mechanism: Option<Mechanism>,
}

#[derive(Debug)]
struct Connection {
    id: ConnectionId,
    /// Its file descriptor, by which libzmq names it.
    fd: u32,
    /// Whether we have connected, rather than the peer.
    outgoing: bool,
    peer: Option<SocketAddr>,
    up: bool,
    /// Whether libzmq itself has named it as the one that is up; else we have guessed.
    named_by_libzmq: bool,
    /// Whether it is ended for a frame that is too large.
    frame_too_large: bool,
    /// Why the handshake failed, when it has.
    failed: Option<Refusal>,
}

impl ConnectionTracker {
    /// A tracker of a socket that has no connection yet; `abandons` tells whether libzmq abandons connections.
    pub(crate) fn new(names: Names, options: &Options, abandons: bool) -> ConnectionTracker {
        ConnectionTracker {
            connections: HashMap::new(),
            refusals: Refusals::new((options.reconnect_min, options.reconnect_max), abandons),
            ever_up: false,
            names,
            max_frame: options.max_frame,
            mechanism: options.security.as_ref().map(Security::mechanism),
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

    /// Whether the peer at an endpoint has accepted our last connection, and then failed the handshake.
    pub(crate) fn is_refused(&self, endpoint: &Endpoint) -> bool {
        self.refusals.is_refused(endpoint)
    }

    /// Whether it is the event of an outgoing connection that failed.
    pub(crate) fn is_outgoing_failure(&self, event: &ConnectionEvent) -> bool {
        match event {
            ConnectionEvent::HandshakeFailed { endpoint, .. } => self.refusals.is_refused(endpoint),
            _ => false,
        }
    }

    /// Whether a connection was ever up.
    pub(crate) fn ever_up(&self) -> bool {
        self.ever_up
    }

    /// Forgets an endpoint that the user disconnected, which libzmq does not report; gives the events of the
    /// end of its connections that were up.
    pub(crate) fn forget(&mut self, endpoint: &Endpoint) -> Vec<ConnectionEvent> {
        self.refusals.forget(endpoint);
        self.forget_connections(endpoint, |connection| connection.outgoing)
    }

    /// Forgets an endpoint that the user unbound; gives the events of the end of the connections that were
    /// accepted there and were up.
    pub(crate) fn forget_accepted(&mut self, endpoint: &Endpoint) -> Vec<ConnectionEvent> {
        self.forget_connections(endpoint, |connection| !connection.outgoing)
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

    /// The endpoints that are to be connected anew now.
    pub(crate) fn due(&mut self, now: Instant) -> Vec<Endpoint> {
        self.refusals.take_due(now)
    }

    /// Takes in an event; gives the event for the user that follows, if one does.
    pub(crate) fn observe(&mut self, event: RawEvent, now: Instant) -> Option<ConnectionEvent> {
        let RawEvent {
            kind,
            value,
            endpoint,
            peer,
            id,
        } = event;
        match kind {
            kind::CONNECTED | kind::ACCEPTED => {
                self.refusals.began(&endpoint);
                let outgoing = kind == kind::CONNECTED;
                // A connection that has ended by now has no address any more.
                let peer = outgoing.then(|| endpoint.address()).flatten().or(peer);
                let connections = self.connections.entry(endpoint).or_default();
                // With several I/O threads a connection's end may come before its beginning.
                connections.retain(|connection| connection.fd != value);
                connections.push(Connection {
                    id: id.unwrap_or_else(ConnectionId::next),
                    fd: value,
                    outgoing,
                    peer,
                    up: false,
                    named_by_libzmq: false,
                    frame_too_large: false,
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
                (connection.up, connection.named_by_libzmq) = (true, named.is_some());
                self.ever_up = true;
                let event = connection.up_event(&endpoint);
                self.refusals.up(&endpoint);
                Some(event)
            }
            kind::HANDSHAKE_FAILED_PROTOCOL if value & !kind::FD_MASK == kind::FRAME_TOO_LARGE => {
                let mut connections = self.connections.get_mut(&endpoint)?.iter_mut();
                let fd = value & kind::FD_MASK;
                connections
                    .find(|connection| connection.fd == fd)?
                    .frame_too_large = true;
                None
            }
            kind::HANDSHAKE_FAILED_NO_DETAIL
            | kind::HANDSHAKE_FAILED_PROTOCOL
            | kind::HANDSHAKE_FAILED_AUTH => {
                let mut connections = self.connections.get_mut(&endpoint)?.iter_mut();
                if let Some(connection) = connections.find(|connection| connection.is_waiting()) {
                    connection.failed = Some(match (kind, value) {
                        // Of one mechanism, but both for the end that connects.
                        (kind::HANDSHAKE_FAILED_PROTOCOL, kind::UNEXPECTED_COMMAND)
                            if self.mechanism.is_some() =>
                        {
                            Refusal::MechanismMismatch
                        }
                        _ => handshake_failure(kind, value),
                    });
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
        if connection.failed.is_none() && !connection.frame_too_large && !connection.named_by_libzmq
        {
            // The failure that was just reported was this one's, not an older one's.
            connection.take_failure(connections.iter_mut());
        }
        if connections.is_empty() {
            self.connections.remove(&endpoint);
        }
        if connection.up {
            if connection.outgoing {
                self.refusals.broke(endpoint.clone(), now);
            }
            let max = self.max_frame;
            let refusal = connection
                .frame_too_large
                .then_some(Refusal::FrameTooLarge { max });
            return Some(connection.down_event(endpoint, refusal));
        }
        // libzmq reports every failure before the handshake is done, except a peer of another pattern.
        let Names { own, partner } = self.names;
        let wrong = Refusal::WrongPattern {
            ours: own,
            wanted: partner,
        };
        let refusal = match connection.frame_too_large {
            true => Refusal::NotZmq,
            false => connection.failed.unwrap_or(wrong),
        };
        // A peer that has another mechanism may close before it has told us which. With CURVE one that has
        // another key than we think cannot read our first message, and closes. They do so each time, and
        // one that leaves once.
        let closed_again = refusal == Refusal::Closed
            && connection.outgoing
            && self.refusals.was_closed(&endpoint);
        let refusal = match self.mechanism {
            Some(Mechanism::Curve) if closed_again => Refusal::Denied,
            Some(Mechanism::Plain) if closed_again => Refusal::MechanismMismatch,
            _ => refusal,
        };
        if connection.outgoing {
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

    /// Takes over the failure of another connection: we guessed wrongly which of the two had failed. If this one
    /// was up, that was a guess too, and it was the other that is up. Then users know the other by this one's
    /// number, and it keeps that.
    fn take_failure<'a>(&mut self, mut others: impl Iterator<Item = &'a mut Connection>) {
        if let Some(other) = others.find(|other| other.failed.is_some() && !other.up) {
            self.failed = other.failed.take();
            if self.up {
                std::mem::swap(&mut self.up, &mut other.up);
                std::mem::swap(&mut self.id, &mut other.id);
            }
        }
    }

    /// The event that it is up.
    fn up_event(&self, endpoint: &Endpoint) -> ConnectionEvent {
        let (endpoint, id, peer) = (endpoint.clone(), self.id, self.peer);
        match self.outgoing {
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

/// The refusal that a failed handshake stands for.
fn handshake_failure(kind: u16, value: u32) -> Refusal {
    match (kind, value) {
        (kind::HANDSHAKE_FAILED_AUTH, _)
        | (kind::HANDSHAKE_FAILED_PROTOCOL, kind::CRYPTOGRAPHIC) => Refusal::Denied,
        (kind::HANDSHAKE_FAILED_PROTOCOL, kind::MECHANISM_MISMATCH) => Refusal::MechanismMismatch,
        (kind::HANDSHAKE_FAILED_PROTOCOL, _) => Refusal::NotZmq,
        _ => match i32::try_from(value) {
            Ok(libc::EPIPE | libc::ECONNRESET) => Refusal::Closed,
            // A timeout: the error number is meaningless.
            _ => Refusal::NoAnswer,
        },
    }
}

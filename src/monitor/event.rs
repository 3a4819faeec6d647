//! The events of a handle's connections.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use crate::connection_id::ConnectionId;
use crate::endpoint::Endpoint;
use crate::error::Refusal;

/// Something that happened to a handle's connections.
///
/// # Examples
///
/// ```
/// use zeroless::{Client, ConnectionEvent, Server};
///
/// let server = Server::bind(0)?;
/// let pull = server.pull()?;
/// let mut events = pull.connection_events()?;
/// let push = Client::connect(server.endpoint())?.push()?;
///
/// let peer = events.find_map(|event| match event {
///     ConnectionEvent::Accepted { peer, .. } => peer,
///     _ => None,
/// });
/// assert!(peer.unwrap().ip().is_loopback());
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionEvent {
    /// The handle accepts connections at this endpoint.
    Listening {
        /// The endpoint bound.
        endpoint: Endpoint,
    },
    /// The handle's connection to this endpoint is up: messages can pass.
    Connected {
        /// The endpoint connected to.
        endpoint: Endpoint,
        /// The number of this connection.
        id: ConnectionId,
        /// The peer's address, over tcp: one of those that a name stands for.
        peer: Option<SocketAddr>,
    },
    /// A peer connected here: messages can pass.
    Accepted {
        /// The endpoint bound.
        endpoint: Endpoint,
        /// The number of this connection.
        id: ConnectionId,
        /// The peer's own address, over tcp.
        peer: Option<SocketAddr>,
    },
    /// A connection that was up has ended.
    Disconnected {
        /// The endpoint bound or connected to.
        endpoint: Endpoint,
        /// The number that it has had since it was connected or accepted.
        id: ConnectionId,
        /// The peer's address, over tcp.
        peer: Option<SocketAddr>,
        /// Why we ended it, if we did.
        refusal: Option<Refusal>,
    },
    /// A connection did not come to be: there was no peer, or not one that fits.
    HandshakeFailed {
        /// The endpoint bound or connected to.
        endpoint: Endpoint,
        /// The number of this connection; `None` if the system could not accept it.
        id: Option<ConnectionId>,
        /// The peer's address, over tcp. Where the linked libzmq is not ours, that of a connection that was accepted is asked
        /// of the system a moment later: one that has ended by then has none, or that of the connection after it.
        peer: Option<SocketAddr>,
        /// Why.
        refusal: Refusal,
    },
    /// A connection to this endpoint is tried again.
    Retrying {
        /// The endpoint connected to.
        endpoint: Endpoint,
        /// After this pause.
        after: Duration,
        /// Why the last attempt failed. `None` after a connection that broke; and over tcp, where the
        /// linked libzmq is not ours, also if nobody took the connection.
        refusal: Option<Refusal>,
    },
}

impl ConnectionEvent {
    /// The endpoint that it happened at.
    pub(crate) fn endpoint(&self) -> &Endpoint {
        match self {
            ConnectionEvent::Listening { endpoint }
            | ConnectionEvent::Connected { endpoint, .. }
            | ConnectionEvent::Accepted { endpoint, .. }
            | ConnectionEvent::Disconnected { endpoint, .. }
            | ConnectionEvent::HandshakeFailed { endpoint, .. }
            | ConnectionEvent::Retrying { endpoint, .. } => endpoint,
        }
    }
}

impl fmt::Display for ConnectionEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoint = self.endpoint();
        match self {
            ConnectionEvent::Listening { .. } => write!(f, "listening on {endpoint}"),
            ConnectionEvent::Connected { id, peer, .. } => {
                write!(f, "connected to {endpoint}{}", PeerLabel(peer, Some(id)))
            }
            ConnectionEvent::Accepted { id, peer, .. } => {
                write!(f, "accepted on {endpoint}{}", PeerLabel(peer, Some(id)))
            }
            ConnectionEvent::Disconnected {
                id, peer, refusal, ..
            } => {
                let (peer, reason) = (PeerLabel(peer, Some(id)), Reason(refusal));
                write!(f, "disconnected: {endpoint}{peer}{reason}")
            }
            ConnectionEvent::HandshakeFailed {
                id, peer, refusal, ..
            } => {
                let peer = PeerLabel(peer, id.as_ref());
                write!(f, "no handshake at {endpoint}{peer}: {refusal}")
            }
            ConnectionEvent::Retrying { after, refusal, .. } => {
                write!(f, "trying {endpoint} again in {after:?}{}", Reason(refusal))
            }
        }
    }
}

/// Shows a peer's address, if it is known, and the connection's number.
struct PeerLabel<'a>(&'a Option<SocketAddr>, Option<&'a ConnectionId>);

impl fmt::Display for PeerLabel<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PeerLabel(Some(peer), Some(id)) => write!(f, " (peer {peer}, connection {id})"),
            PeerLabel(None, Some(id)) => write!(f, " (connection {id})"),
            PeerLabel(Some(peer), None) => write!(f, " (peer {peer})"),
            PeerLabel(None, None) => Ok(()),
        }
    }
}

/// Shows a refusal, if there is one.
struct Reason<'a>(&'a Option<Refusal>);

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(refusal) => write!(f, ": {refusal}"),
            None => Ok(()),
        }
    }
}

//! What users are told of connections.

use std::fmt;
use std::time::Duration;

use crate::error::Refusal;

/// Something that happened to a handle's connections.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use zeroless::{Client, ConnectionEvent, Server};
///
/// let server = Server::bind(0)?;
/// let pull = server.pull()?;
/// let mut events = pull.connection_events()?;
/// let push = Client::connect(server.endpoint())?.push()?;
///
/// let accepted = events.find(|event| matches!(event, ConnectionEvent::Accepted { .. }));
/// assert!(accepted.is_some());
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionEvent {
    /// The handle accepts connections at this endpoint.
    Listening {
        /// The endpoint bound.
        endpoint: String,
    },
    /// The handle's connection to this endpoint is up: messages can pass.
    Connected {
        /// The endpoint connected to.
        endpoint: String,
    },
    /// A peer connected here: messages can pass.
    Accepted {
        /// The endpoint bound.
        endpoint: String,
        /// The peer's own address, over tcp.
        peer: Option<String>,
    },
    /// A connection that was up is no more.
    Disconnected {
        /// The endpoint bound or connected to.
        endpoint: String,
        /// The address, over tcp, of a peer that had connected here.
        peer: Option<String>,
        /// Why we ended it, if we did.
        refusal: Option<Refusal>,
    },
    /// A connection did not come to be: no peer, or not one that fits.
    HandshakeFailed {
        /// The endpoint bound or connected to.
        endpoint: String,
        /// The address, over tcp, of a peer that had connected here.
        peer: Option<String>,
        /// Why.
        refusal: Refusal,
    },
    /// A connection to this endpoint is tried again.
    Retrying {
        /// The endpoint connected to.
        endpoint: String,
        /// After this pause.
        after: Duration,
        /// Why the last attempt failed, if the peer had accepted it; else nobody was there, or a
        /// connection broke.
        refusal: Option<Refusal>,
    },
}

impl fmt::Display for ConnectionEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConnectionEvent::Listening { endpoint } => write!(f, "listening on {endpoint}"),
            ConnectionEvent::Connected { endpoint } => write!(f, "connected to {endpoint}"),
            ConnectionEvent::Accepted { endpoint, peer } => {
                write!(f, "accepted on {endpoint}{}", Peer(peer))
            }
            ConnectionEvent::Disconnected {
                endpoint,
                peer,
                refusal,
            } => {
                write!(f, "disconnected: {endpoint}{}", Peer(peer))?;
                match refusal {
                    Some(refusal) => write!(f, ": {refusal}"),
                    None => Ok(()),
                }
            }
            ConnectionEvent::HandshakeFailed {
                endpoint,
                peer,
                refusal,
            } => write!(f, "no handshake at {endpoint}{}: {refusal}", Peer(peer)),
            ConnectionEvent::Retrying {
                endpoint,
                after,
                refusal,
            } => {
                write!(f, "trying {endpoint} again in {after:?}")?;
                match refusal {
                    Some(refusal) => write!(f, ": {refusal}"),
                    None => Ok(()),
                }
            }
        }
    }
}

/// Shows a peer's address, if it is known.
struct Peer<'a>(&'a Option<String>);

impl fmt::Display for Peer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(peer) => write!(f, " by {peer}"),
            None => Ok(()),
        }
    }
}

//! What a socket's monitor reports.

mod fate;
mod ledger;
mod spelling;

use std::fmt;
use std::time::Duration;

pub(crate) use fate::{Fates, Verdict};
pub(crate) use ledger::Ledger;
pub(crate) use spelling::Spellings;

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
/// let mut events = pull.connections()?;
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

/// An event as libzmq's monitor sends it: number, value and endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawEvent {
    pub(crate) kind: u16,
    pub(crate) value: u32,
    pub(crate) endpoint: String,
    /// The address of a peer that has connected here.
    pub(crate) peer: Option<String>,
}

/// libzmq's numbers of the events (zmq.h).
mod kind {
    pub(super) const CONNECTED: u16 = 0x0001;
    pub(super) const CONNECT_RETRIED: u16 = 0x0004;
    pub(super) const ACCEPTED: u16 = 0x0020;
    pub(super) const ACCEPT_FAILED: u16 = 0x0040;
    pub(super) const CLOSE_FAILED: u16 = 0x0100;
    pub(super) const DISCONNECTED: u16 = 0x0200;
    pub(super) const MONITOR_STOPPED: u16 = 0x0400;
    pub(super) const HANDSHAKE_FAILED_NO_DETAIL: u16 = 0x0800;
    pub(super) const HANDSHAKE_SUCCEEDED: u16 = 0x1000;
    pub(super) const HANDSHAKE_FAILED_PROTOCOL: u16 = 0x2000;
    pub(super) const HANDSHAKE_FAILED_AUTH: u16 = 0x4000;

    /// What a failed protocol's value is, if the two ends secure it in different ways.
    pub(super) const MECHANISM_MISMATCH: u32 = 0x1100_0002;

    /// The same, and in the bits of the mask the file descriptor, for a connection that is ended
    /// for a frame above the limit: our own libzmq alone tells that.
    pub(super) const FRAME_TOO_LARGE: u32 = 0x7000_0000;
    pub(super) const FD_MASK: u32 = 0x0fff_ffff;
}

/// The events that are asked for of every libzmq.
const EVENTS: u16 = kind::CONNECTED
    | kind::CONNECT_RETRIED
    | kind::ACCEPTED
    | kind::ACCEPT_FAILED
    | kind::DISCONNECTED
    | kind::MONITOR_STOPPED
    | kind::HANDSHAKE_FAILED_NO_DETAIL
    | kind::HANDSHAKE_SUCCEEDED
    | kind::HANDSHAKE_FAILED_PROTOCOL
    | kind::HANDSHAKE_FAILED_AUTH;

/// The events to be asked for, by whether libzmq tells what it could not deliver: ours does so by
/// [`kind::CLOSE_FAILED`], which another has for something else.
pub(crate) fn events(tells_undelivered: bool) -> u16 {
    match tells_undelivered {
        true => EVENTS | kind::CLOSE_FAILED,
        false => EVENTS,
    }
}

impl RawEvent {
    /// Reads the two frames of an event; `None` if they are none.
    pub(crate) fn read(first: &[u8], second: &[u8]) -> Option<RawEvent> {
        let (kind, value) = first.split_first_chunk()?;
        Some(RawEvent {
            kind: u16::from_ne_bytes(*kind),
            value: u32::from_ne_bytes(value.try_into().ok()?),
            endpoint: String::from_utf8_lossy(second).into_owned(),
            peer: None,
        })
    }

    /// The file descriptor of a connection that was just accepted.
    pub(crate) fn accepted(&self) -> Option<i32> {
        let fd = (self.kind == kind::ACCEPTED).then_some(self.value)?;
        i32::try_from(fd).ok()
    }

    /// Whether a connection is up that was not.
    pub(crate) fn brings_peer(&self) -> bool {
        self.kind == kind::HANDSHAKE_SUCCEEDED
    }

    /// Whether libzmq tries a connection again.
    pub(crate) fn is_retry(&self) -> bool {
        self.kind == kind::CONNECT_RETRIED
    }

    /// Whether a connection is no more.
    pub(crate) fn takes_peer(&self) -> bool {
        self.kind == kind::DISCONNECTED
    }

    /// How many messages could not be delivered in time, if it tells that.
    pub(crate) fn undelivered(&self) -> Option<u32> {
        (self.kind == kind::CLOSE_FAILED).then_some(self.value)
    }

    /// Whether the socket is gone: its last event.
    pub(crate) fn is_end(&self) -> bool {
        self.kind == kind::MONITOR_STOPPED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_event_is_none() {
        assert_eq!(RawEvent::read(b"", b""), None);
        assert_eq!(RawEvent::read(&[1, 0, 1], b"tcp://a"), None);
        assert_eq!(RawEvent::read(&[0; 7], b"tcp://a"), None);
        assert!(RawEvent::read(&[0; 6], b"\xff").is_some());
    }
}

//! The events of libzmq's monitors, as they are read.

use std::net::SocketAddr;

use crate::connection_id::ConnectionId;
use crate::endpoint::Endpoint;

/// An event as libzmq's monitor sends it: number, value and endpoint. The endpoint is in libzmq's spelling
/// at first, and in the user's once it is translated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawEvent<E = Endpoint> {
    pub(crate) kind: u16,
    pub(crate) value: u32,
    pub(crate) endpoint: E,
    /// The peer's address, of a connection that has just begun.
    pub(crate) peer: Option<SocketAddr>,
    /// The number that libzmq has given to a connection that has just begun, if it gives any.
    pub(crate) id: Option<ConnectionId>,
}

/// libzmq's numbers of the events (zmq.h).
pub(super) mod kind {
    pub(in super::super) const CONNECTED: u16 = 0x0001;
    pub(in super::super) const CONNECT_DELAYED: u16 = 0x0002;
    pub(in super::super) const CONNECT_RETRIED: u16 = 0x0004;
    pub(in super::super) const ACCEPTED: u16 = 0x0020;
    pub(in super::super) const ACCEPT_FAILED: u16 = 0x0040;
    pub(in super::super) const CLOSED: u16 = 0x0080;
    pub(in super::super) const CLOSE_FAILED: u16 = 0x0100;
    pub(in super::super) const DISCONNECTED: u16 = 0x0200;
    pub(in super::super) const MONITOR_STOPPED: u16 = 0x0400;
    pub(in super::super) const HANDSHAKE_FAILED_NO_DETAIL: u16 = 0x0800;
    pub(in super::super) const HANDSHAKE_SUCCEEDED: u16 = 0x1000;
    pub(in super::super) const HANDSHAKE_FAILED_PROTOCOL: u16 = 0x2000;
    pub(in super::super) const HANDSHAKE_FAILED_AUTH: u16 = 0x4000;

    /// The number and the peer of the connection that begins with the next event (our libzmq only), in the place
    /// of the endpoint.
    pub(in super::super) const NUMBER: u16 = 0x8000;

    /// The value of a failed handshake in which the peer sent a command that does not belong there.
    pub(in super::super) const UNEXPECTED_COMMAND: u32 = 0x1000_0001;

    /// The value of a failed handshake whose first message was encrypted for another key.
    pub(in super::super) const CRYPTOGRAPHIC: u32 = 0x1100_0001;

    /// The value of a failed handshake whose two ends use different mechanisms.
    pub(in super::super) const MECHANISM_MISMATCH: u32 = 0x1100_0002;

    /// The value of a failed handshake, for a connection that is ended for too large a frame (our libzmq
    /// only): the bits of the mask are its file descriptor.
    pub(in super::super) const FRAME_TOO_LARGE: u32 = 0x7000_0000;
    pub(in super::super) const FD_MASK: u32 = 0x0fff_ffff;

    /// The value of `CLOSE_FAILED`, otherwise an errno, for messages that could not be delivered (our
    /// libzmq only): the bits of the mask count them. The same number as [`FRAME_TOO_LARGE`], in another event.
    pub(super) const UNDELIVERED: u32 = 0x7000_0000;
    pub(super) const COUNT_MASK: u32 = 0x0fff_ffff;
}

/// The events that are asked for of every libzmq.
const EVENTS: u16 = kind::CONNECTED
    | kind::CONNECT_RETRIED
    | kind::ACCEPTED
    | kind::ACCEPT_FAILED
    | kind::CLOSED
    | kind::DISCONNECTED
    | kind::MONITOR_STOPPED
    | kind::HANDSHAKE_FAILED_NO_DETAIL
    | kind::HANDSHAKE_SUCCEEDED
    | kind::HANDSHAKE_FAILED_PROTOCOL
    | kind::HANDSHAKE_FAILED_AUTH;

/// The events to be asked for. Our libzmq reports messages that it could not deliver by
/// [`kind::CLOSE_FAILED`], and why a connection failed by [`kind::CONNECT_DELAYED`]; others use both for
/// something else. It also numbers connections, by [`kind::NUMBER`].
pub(crate) fn events(
    reports_undelivered: bool,
    reports_connect_failures: bool,
    numbers_connections: bool,
) -> u16 {
    let mut events = EVENTS;
    if reports_undelivered {
        events |= kind::CLOSE_FAILED;
    }
    if reports_connect_failures {
        events |= kind::CONNECT_DELAYED;
    }
    if numbers_connections {
        events |= kind::NUMBER;
    }
    events
}

impl RawEvent<String> {
    /// Reads the two frames of an event; `None` if they are not one.
    pub(crate) fn read(first: &[u8], second: &[u8]) -> Option<RawEvent<String>> {
        let (kind, value) = first.split_first_chunk()?;
        Some(RawEvent {
            kind: u16::from_ne_bytes(*kind),
            value: u32::from_ne_bytes(value.try_into().ok()?),
            endpoint: String::from_utf8_lossy(second).into_owned(),
            peer: None,
            id: None,
        })
    }

    /// The number of the connection that begins with the next event, and its peer's address, if it is an event
    /// of that.
    pub(crate) fn number(&self) -> Option<(ConnectionId, Option<SocketAddr>)> {
        let text = (self.kind == kind::NUMBER).then_some(&self.endpoint)?;
        let (number, peer) = text.split_once(' ')?;
        Some((ConnectionId::new(number.parse().ok()?), peer.parse().ok()))
    }
}

impl<E> RawEvent<E> {
    /// The same event, at an endpoint as the user spells it.
    pub(crate) fn at(self, endpoint: Endpoint) -> RawEvent {
        RawEvent {
            kind: self.kind,
            value: self.value,
            endpoint,
            peer: self.peer,
            id: self.id,
        }
    }

    /// The file descriptor of a connection that has just begun.
    pub(crate) fn new_connection(&self) -> Option<i32> {
        let begins = matches!(self.kind, kind::CONNECTED | kind::ACCEPTED);
        let fd = begins.then_some(self.value)?;
        i32::try_from(fd).ok()
    }

    /// Whether a connection is up that was not.
    pub(crate) fn is_up(&self) -> bool {
        self.kind == kind::HANDSHAKE_SUCCEEDED
    }

    /// Whether libzmq tries a connection again.
    pub(crate) fn is_retry(&self) -> bool {
        self.kind == kind::CONNECT_RETRIED
    }

    /// Whether a connection that we have asked for begins, or has failed to.
    pub(crate) fn is_attempt(&self) -> bool {
        matches!(
            self.kind,
            kind::CONNECTED | kind::CONNECT_DELAYED | kind::CONNECT_RETRIED
        )
    }

    /// Whether a file was closed: a listener's, or that of a failed attempt to connect.
    pub(crate) fn closes(&self) -> bool {
        self.kind == kind::CLOSED
    }

    /// Whether a connection has ended.
    pub(crate) fn is_down(&self) -> bool {
        self.kind == kind::DISCONNECTED
    }

    /// How many messages could not be delivered in time, if it is an event of that.
    pub(crate) fn undelivered(&self) -> Option<u32> {
        let tells =
            self.kind == kind::CLOSE_FAILED && self.value & !kind::COUNT_MASK == kind::UNDELIVERED;
        tells.then_some(self.value & kind::COUNT_MASK)
    }

    /// Whether the socket is gone: its last event.
    pub(crate) fn is_last(&self) -> bool {
        self.kind == kind::MONITOR_STOPPED
    }
}

/// Events at one endpoint, for tests.
#[cfg(test)]
pub(super) mod example {
    use super::*;

    pub(in super::super) fn an_endpoint() -> Endpoint {
        "tcp://127.0.0.1:7".parse().unwrap()
    }

    pub(in super::super) fn event(kind: u16, value: u32) -> RawEvent {
        RawEvent {
            kind,
            value,
            endpoint: an_endpoint(),
            peer: None,
            id: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_events_are_ignored() {
        assert_eq!(RawEvent::read(b"", b""), None);
        assert_eq!(RawEvent::read(&[1, 0, 1], b"tcp://a"), None);
        assert_eq!(RawEvent::read(&[0; 7], b"tcp://a"), None);
        assert!(RawEvent::read(&[0; 6], b"\xff").is_some());
    }

    #[test]
    fn an_event_of_a_number_has_it_and_the_peer_in_the_place_of_the_endpoint() {
        let number = |kind: u16, second: &[u8]| {
            let [a, b] = kind.to_ne_bytes();
            let event = RawEvent::read(&[a, b, 0, 0, 0, 0], second).unwrap();
            event.number()
        };
        let told = |peer: &str| Some((ConnectionId::new(17), peer.parse().ok()));
        for peer in [
            "127.0.0.1:8",
            "[::1]:8",
            "[fe80::1%3]:8",
            "1000:1000:42",
            "",
        ] {
            assert_eq!(
                number(kind::NUMBER, format!("17 {peer}").as_bytes()),
                told(peer)
            );
        }
        assert_eq!(number(kind::NUMBER, b"tcp://a"), None);
        assert_eq!(number(kind::ACCEPTED, b"17 127.0.0.1:8"), None);
    }
}

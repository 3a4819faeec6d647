//! What follows from a monitor's events: a pure state machine.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use super::ConnectionEvent;
use super::ended::GRACE;
use super::raw_event::{RawEvent, kind};
use crate::error::Refusal;
use crate::options::Options;

/// Which connections a socket has, from the events of its monitor.
#[derive(Debug)]
pub(crate) struct ConnectionTracker {
    /// For each endpoint its connections by file descriptor, in the order in which they came.
    connections: HashMap<String, Vec<Connection>>,
    refusals: BTreeMap<String, Refused>,
    /// Why endpoints cannot be connected to, where no event tells.
    marks: BTreeMap<String, Refusal>,
    /// Endpoints whose connection broke, until libzmq says that it tries again: by when we do.
    broken: BTreeMap<String, Instant>,
    ever_up: bool,
    /// Our pattern, and the other side of it.
    names: (&'static str, &'static str),
    reconnect: (Duration, Duration),
    max_frame: u64,
}

#[derive(Debug)]
struct Connection {
    fd: u32,
    ours: bool,
    peer: Option<String>,
    up: bool,
    /// Whether it is ended for a frame that is too large.
    cut: bool,
    /// Why the handshake failed, when it has.
    failed: Option<Refusal>,
}

/// An endpoint that let us in and then did not want us.
#[derive(Debug)]
struct Refused {
    refusal: Refusal,
    times: u32,
    /// When we try again, unless libzmq does.
    due: Option<Instant>,
}

/// How long libzmq has to say that it makes a connection that was up again by itself: it breaks for good
/// only over bytes that are no message, and that may happen again.
const LONG_GRACE: Duration = Duration::from_secs(1);

impl ConnectionTracker {
    /// A tracker of no connection, of a socket of this pattern and its other side.
    pub(crate) fn new(names: (&'static str, &'static str), options: &Options) -> ConnectionTracker {
        ConnectionTracker {
            connections: HashMap::new(),
            refusals: BTreeMap::new(),
            marks: BTreeMap::new(),
            broken: BTreeMap::new(),
            ever_up: false,
            names,
            reconnect: (options.reconnect_min, options.reconnect_max),
            max_frame: options.max_frame,
        }
    }

    /// How many connections are up.
    pub(crate) fn up(&self) -> usize {
        self.connections
            .values()
            .flatten()
            .filter(|connection| connection.up)
            .count()
    }

    /// The connections that are up, as the events that made them so.
    pub(crate) fn present(&self) -> Vec<ConnectionEvent> {
        let mut present = Vec::new();
        for (endpoint, connections) in &self.connections {
            for connection in connections.iter().filter(|connection| connection.up) {
                present.push(connection.risen(endpoint));
            }
        }
        present
    }

    /// An endpoint that refuses us now, and why: one that proves it, if there is one.
    pub(crate) fn refusal(&self) -> Option<(&str, &Refusal)> {
        let refused = self.refusals.iter();
        let refused = refused.map(|(endpoint, refused)| (endpoint, &refused.refusal));
        let mut all = self.marks.iter().chain(refused);
        let proof = all.clone().find(|(_, refusal)| refusal.is_proof());
        let (endpoint, refusal) = proof.or_else(|| all.next())?;
        Some((endpoint, refusal))
    }

    /// Whether an event tells of a connection of ours that failed.
    pub(crate) fn is_ours(&self, event: &ConnectionEvent) -> bool {
        match event {
            ConnectionEvent::HandshakeFailed { endpoint, .. } => {
                self.refusals.contains_key(endpoint)
            }
            _ => false,
        }
    }

    /// Whether a connection of ours was ever up.
    pub(crate) fn ever_up(&self) -> bool {
        self.ever_up
    }

    /// Forgets an endpoint that the user disconnected, of which libzmq tells nothing; true if its
    /// connection was up.
    pub(crate) fn forget(&mut self, endpoint: &str) -> bool {
        self.refusals.remove(endpoint);
        self.marks.remove(endpoint);
        self.broken.remove(endpoint);
        let Some(connections) = self.connections.get_mut(endpoint) else {
            return false;
        };
        let up = connections
            .iter()
            .any(|connection| connection.ours && connection.up);
        connections.retain(|connection| !connection.ours);
        up
    }

    /// When [`due`](Self::due) has something next.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        let refused = self.refusals.values().filter_map(|refusal| refusal.due);
        refused.chain(self.broken.values().copied()).min()
    }

    /// Takes in why an endpoint cannot be connected to, which no event tells; or that this is over.
    pub(crate) fn mark(&mut self, endpoint: &str, refusal: Option<Refusal>) {
        match refusal {
            Some(refusal) => drop(self.marks.insert(endpoint.to_owned(), refusal)),
            None => drop(self.marks.remove(endpoint)),
        }
    }

    /// Has an endpoint connected anew, at this time unless it is due already.
    pub(crate) fn put_off(&mut self, endpoint: &str, at: Instant) {
        let refused = self.refusals.get(endpoint);
        if refused.is_none_or(|refusal| refusal.due.is_none()) {
            self.broken.entry(endpoint.to_owned()).or_insert(at);
        }
    }

    /// The endpoints that are to be connected anew, because libzmq has given them up.
    pub(crate) fn due(&mut self, now: Instant) -> Vec<String> {
        let mut due = Vec::new();
        for (endpoint, refusal) in &mut self.refusals {
            if refusal.due.is_some_and(|at| at <= now) {
                refusal.due = None;
                due.push(endpoint.clone());
            }
        }
        self.broken.retain(|endpoint, at| {
            let wait = *at > now;
            if !wait {
                due.push(endpoint.clone());
            }
            wait
        });
        due
    }

    /// Takes an event in, and tells what it means to the user, if anything.
    pub(crate) fn take(&mut self, event: RawEvent, now: Instant) -> Option<ConnectionEvent> {
        let RawEvent {
            kind,
            value,
            endpoint,
            peer,
        } = event;
        match kind {
            kind::CONNECTED | kind::ACCEPTED => {
                self.broken.remove(&endpoint);
                self.marks.remove(&endpoint);
                let connections = self.connections.entry(endpoint).or_default();
                // With several I/O threads a connection's end may have been told before its beginning.
                connections.retain(|connection| connection.fd != value);
                connections.push(Connection {
                    fd: value,
                    ours: kind == kind::CONNECTED,
                    peer,
                    up: false,
                    cut: false,
                    failed: None,
                });
                None
            }
            kind::HANDSHAKE_SUCCEEDED => {
                let connections = self.connections.get_mut(&endpoint)?;
                // libzmq does not say which connection it was: the oldest that waits.
                let waits =
                    |connection: &&mut Connection| !connection.up && connection.failed.is_none();
                let connection = connections.iter_mut().find(waits)?;
                connection.up = true;
                self.ever_up = true;
                let event = connection.risen(&endpoint);
                self.refusals.remove(&endpoint);
                Some(event)
            }
            kind::HANDSHAKE_FAILED_PROTOCOL if value & !kind::FD_MASK == kind::FRAME_TOO_LARGE => {
                let connections = self.connections.get_mut(&endpoint)?;
                let fd = value & kind::FD_MASK;
                connections
                    .iter_mut()
                    .find(|connection| connection.fd == fd)?
                    .cut = true;
                None
            }
            kind::HANDSHAKE_FAILED_NO_DETAIL
            | kind::HANDSHAKE_FAILED_PROTOCOL
            | kind::HANDSHAKE_FAILED_AUTH => {
                let connections = self.connections.get_mut(&endpoint)?;
                let waits =
                    |connection: &&mut Connection| !connection.up && connection.failed.is_none();
                if let Some(connection) = connections.iter_mut().find(waits) {
                    connection.failed = Some(refusal(kind, value));
                }
                None
            }
            kind::DISCONNECTED => self.gone(value, endpoint, now),
            kind::CONNECT_RETRIED => {
                self.broken.remove(&endpoint);
                let refused = self.refusals.get_mut(&endpoint);
                let refusal = refused.and_then(|refused| {
                    // Without a handshake that failed just now, nobody is there any more.
                    refused.due.take()?;
                    Some(refused.refusal.clone())
                });
                if refusal.is_none() {
                    self.refusals.remove(&endpoint);
                }
                let refusal = self.marks.get(&endpoint).cloned().or(refusal);
                Some(ConnectionEvent::Retrying {
                    endpoint,
                    after: Duration::from_millis(value.into()),
                    refusal,
                })
            }
            kind::ACCEPT_FAILED => Some(ConnectionEvent::HandshakeFailed {
                endpoint,
                peer: None,
                refusal: Refusal::Other {
                    reason: format!("cannot accept: {}", system_reason(value)),
                },
            }),
            _ => None,
        }
    }

    fn gone(&mut self, fd: u32, endpoint: String, now: Instant) -> Option<ConnectionEvent> {
        let connections = self.connections.get_mut(&endpoint)?;
        let place = connections
            .iter()
            .position(|connection| connection.fd == fd)?;
        let mut connection = connections.remove(place);
        if connection.failed.is_none() && !connection.cut {
            // The failure that was just reported was this one's, not an older one's.
            if let Some(other) = connections.iter_mut().find(|other| other.failed.is_some()) {
                connection.failed = other.failed.take();
                std::mem::swap(&mut connection.up, &mut other.up);
            }
        }
        if connections.is_empty() {
            self.connections.remove(&endpoint);
        }
        if connection.up {
            if connection.ours {
                self.broken.insert(endpoint.clone(), now + LONG_GRACE);
            }
            let max = self.max_frame;
            return Some(ConnectionEvent::Disconnected {
                endpoint,
                peer: connection.peer,
                refusal: connection.cut.then_some(Refusal::FrameTooLarge { max }),
            });
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
            self.refused(endpoint.clone(), refusal.clone(), now);
            if !refusal.is_proof() {
                // libzmq tries again, and says so.
                return None;
            }
        }
        let peer = connection.peer;
        Some(ConnectionEvent::HandshakeFailed {
            endpoint,
            peer,
            refusal,
        })
    }

    fn refused(&mut self, endpoint: String, refusal: Refusal, now: Instant) {
        let (min, max) = self.reconnect;
        let last = self.refusals.remove(&endpoint);
        let times = last.as_ref().map_or(0, |last| last.times);
        // A peer of the wrong pattern may be the first to close.
        let refusal = match last {
            Some(last) if last.refusal.is_proof() && !refusal.is_proof() => last.refusal,
            _ => refusal,
        };
        let pause = min.saturating_mul(1 << times.min(16)).min(max);
        let refused = Refused {
            refusal,
            times: times.saturating_add(1),
            due: now.checked_add(GRACE.max(pause)),
        };
        self.refusals.insert(endpoint, refused);
    }
}

impl Connection {
    /// The event that it is up.
    fn risen(&self, endpoint: &str) -> ConnectionEvent {
        let endpoint = endpoint.to_owned();
        match self.ours {
            true => ConnectionEvent::Connected { endpoint },
            false => ConnectionEvent::Accepted {
                endpoint,
                peer: self.peer.clone(),
            },
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
fn refusal(kind: u16, value: u32) -> Refusal {
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

#[cfg(test)]
mod tests {
    use super::*;

    const END: &str = "tcp://127.0.0.1:7";

    fn event(kind: u16, value: u32) -> RawEvent {
        let endpoint = END.to_owned();
        RawEvent {
            kind,
            value,
            endpoint,
            peer: None,
        }
    }

    fn tracker() -> ConnectionTracker {
        ConnectionTracker::new(("push", "pull"), &Options::default())
    }

    #[test]
    fn a_connection_counts_once_its_handshake_is_done() {
        let (mut tracker, now) = (tracker(), Instant::now());
        assert_eq!(tracker.take(event(kind::CONNECTED, 9), now), None);
        assert_eq!(tracker.up(), 0);
        let endpoint = END.to_owned();
        assert_eq!(
            tracker.take(event(kind::HANDSHAKE_SUCCEEDED, 0), now),
            Some(ConnectionEvent::Connected { endpoint })
        );
        assert_eq!(tracker.up(), 1);
        let gone = tracker.take(event(kind::DISCONNECTED, 9), now);
        assert!(matches!(gone, Some(ConnectionEvent::Disconnected { .. })));
        assert_eq!(tracker.up(), 0);
    }

    #[test]
    fn a_scanner_that_came_first_does_not_take_an_honest_peers_place() {
        let (mut tracker, now) = (tracker(), Instant::now());
        tracker.take(event(kind::ACCEPTED, 9), now); // the scanner
        tracker.take(event(kind::ACCEPTED, 10), now); // the peer
        tracker.take(event(kind::HANDSHAKE_SUCCEEDED, 0), now); // the peer's
        tracker.take(event(kind::HANDSHAKE_FAILED_NO_DETAIL, 104), now); // the scanner's
        let failed = tracker.take(event(kind::DISCONNECTED, 9), now);
        assert!(matches!(
            failed,
            Some(ConnectionEvent::HandshakeFailed { .. })
        ));
        assert_eq!(tracker.up(), 1);
        let gone = tracker.take(event(kind::DISCONNECTED, 10), now);
        assert!(matches!(gone, Some(ConnectionEvent::Disconnected { .. })));
        assert_eq!(tracker.up(), 0);
    }

    #[test]
    fn who_is_refused_for_good_is_tried_again_more_and_more_rarely() {
        let (mut tracker, mut now) = (tracker(), Instant::now());
        let mut pauses = Vec::new();
        for _ in 0..8 {
            tracker.take(event(kind::CONNECTED, 9), now);
            tracker.take(event(kind::DISCONNECTED, 9), now);
            let due = tracker.next_due().expect("a retry");
            pauses.push((due - now).as_millis());
            assert!(tracker.due(now).is_empty());
            now = due;
            assert_eq!(tracker.due(now), [END]);
        }
        assert_eq!(pauses, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
        assert!(tracker.refusal().is_some());
    }

    #[test]
    fn what_proves_nothing_does_not_hide_a_proof() {
        let (mut tracker, now) = (tracker(), Instant::now());
        let proves =
            |tracker: &ConnectionTracker| tracker.refusal().map(|(_, refusal)| refusal.is_proof());
        assert_eq!(proves(&tracker), None);
        let close = |tracker: &mut ConnectionTracker| {
            tracker.take(event(kind::CONNECTED, 9), now);
            tracker.take(event(kind::HANDSHAKE_FAILED_NO_DETAIL, 32), now);
            assert_eq!(tracker.take(event(kind::DISCONNECTED, 9), now), None);
            tracker.take(event(kind::CONNECT_RETRIED, 100), now);
        };
        close(&mut tracker);
        assert_eq!(proves(&tracker), Some(false));
        tracker.take(event(kind::CONNECTED, 9), now);
        tracker.take(event(kind::DISCONNECTED, 9), now);
        assert_eq!(proves(&tracker), Some(true));
        close(&mut tracker);
        assert_eq!(proves(&tracker), Some(true));
        // Nobody is there: what was is forgotten.
        tracker.take(event(kind::CONNECT_RETRIED, 100), now);
        assert_eq!(proves(&tracker), None);
    }

    #[test]
    fn what_no_event_tells_is_told_with_each_retry_until_it_is_over() {
        let (mut tracker, now) = (tracker(), Instant::now());
        tracker.mark(END, Some(Refusal::NoPermission));
        let retried = tracker.take(event(kind::CONNECT_RETRIED, 100), now);
        let refusal = Some(Refusal::NoPermission);
        assert!(
            matches!(retried, Some(ConnectionEvent::Retrying { refusal: r, .. }) if r == refusal)
        );
        assert_eq!(tracker.refusal(), Some((END, &Refusal::NoPermission)));
        tracker.mark(END, None);
        assert_eq!(tracker.refusal(), None);
        tracker.mark(END, Some(Refusal::NoPermission));
        tracker.take(event(kind::CONNECTED, 9), now);
        assert_eq!(tracker.refusal(), None);
    }

    #[test]
    fn a_connection_that_broke_for_good_is_made_anew() {
        let (mut tracker, now) = (tracker(), Instant::now());
        tracker.take(event(kind::CONNECTED, 9), now);
        tracker.take(event(kind::HANDSHAKE_SUCCEEDED, 0), now);
        tracker.take(event(kind::DISCONNECTED, 9), now);
        assert!(tracker.due(now).is_empty());
        assert_eq!(tracker.due(now + LONG_GRACE), [END]);
        assert_eq!(tracker.next_due(), None);
        assert_eq!(tracker.refusal(), None);
    }

    #[test]
    fn a_connection_that_libzmq_makes_again_is_left_to_it() {
        let (mut tracker, now) = (tracker(), Instant::now());
        tracker.take(event(kind::CONNECTED, 9), now);
        tracker.take(event(kind::HANDSHAKE_SUCCEEDED, 0), now);
        tracker.take(event(kind::DISCONNECTED, 9), now);
        tracker.take(event(kind::CONNECT_RETRIED, 100), now);
        assert_eq!(tracker.next_due(), None);
    }

    #[test]
    fn who_sends_too_large_a_frame_is_named() {
        let (mut tracker, now) = (tracker(), Instant::now());
        for fd in [9, 10] {
            let mut accepted = event(kind::ACCEPTED, fd);
            accepted.peer = Some(format!("peer {fd}"));
            tracker.take(accepted, now);
            tracker.take(event(kind::HANDSHAKE_SUCCEEDED, 0), now);
        }
        let cut = kind::FRAME_TOO_LARGE | 10;
        let word = tracker.take(event(kind::HANDSHAKE_FAILED_PROTOCOL, cut), now);
        assert_eq!(word, None);
        let mut ended = |fd| match tracker.take(event(kind::DISCONNECTED, fd), now) {
            Some(ConnectionEvent::Disconnected { peer, refusal, .. }) => (peer, refusal),
            other => panic!("{other:?}"),
        };
        assert_eq!(ended(9), (Some("peer 9".to_owned()), None));
        let (peer, refusal) = ended(10);
        assert_eq!(peer.as_deref(), Some("peer 10"));
        assert!(matches!(refusal, Some(Refusal::FrameTooLarge { .. })));
    }

    #[test]
    fn what_is_disconnected_is_not_up() {
        let (mut tracker, now) = (tracker(), Instant::now());
        tracker.take(event(kind::CONNECTED, 9), now);
        tracker.take(event(kind::HANDSHAKE_SUCCEEDED, 0), now);
        assert!(tracker.forget(END));
        assert_eq!(tracker.up(), 0);
        assert!(!tracker.forget(END));
    }

    #[test]
    fn what_libzmq_tries_again_by_itself_is_left_to_it() {
        let (mut tracker, now) = (tracker(), Instant::now());
        tracker.take(event(kind::CONNECTED, 9), now);
        tracker.take(event(kind::DISCONNECTED, 9), now);
        tracker.take(event(kind::CONNECT_RETRIED, 130), now);
        assert_eq!(tracker.next_due(), None);
        tracker.take(event(kind::CONNECTED, 9), now);
        tracker.take(event(kind::HANDSHAKE_SUCCEEDED, 0), now);
        assert_eq!(tracker.refusal(), None);
    }
}

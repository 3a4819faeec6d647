//! The connection events that follow from monitor events.

use super::super::raw_event::example::{an_endpoint, event};
use super::super::refusals::RECONNECT_GRACE;
use super::*;

fn peer(fd: u32) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], fd as u16))
}

/// With a libzmq that abandons connections.
fn tracker() -> ConnectionTracker {
    tracker_with(true)
}

fn tracker_with(abandons: bool) -> ConnectionTracker {
    let names = Names {
        own: "push",
        partner: "pull",
    };
    ConnectionTracker::new(names, &Options::default(), abandons)
}

#[test]
fn a_connection_counts_once_its_handshake_is_done() {
    let (mut tracker, now) = (tracker(), Instant::now());
    assert_eq!(tracker.observe(event(kind::CONNECTED, 9), now), None);
    assert_eq!(tracker.up(), 0);
    let up = tracker.observe(event(kind::HANDSHAKE_SUCCEEDED, 0), now);
    let Some(ConnectionEvent::Connected { endpoint, id, .. }) = up else {
        panic!("{up:?}");
    };
    assert_eq!(endpoint, an_endpoint());
    assert_eq!(tracker.up(), 1);
    let gone = tracker.observe(event(kind::DISCONNECTED, 9), now);
    assert!(matches!(gone, Some(ConnectionEvent::Disconnected { id: own, .. }) if own == id));
    assert_eq!(tracker.up(), 0);
}

#[test]
fn a_scanner_that_came_first_does_not_take_an_honest_peers_place() {
    let (mut tracker, now) = (tracker(), Instant::now());
    tracker.observe(event(kind::ACCEPTED, 9), now); // the scanner
    tracker.observe(event(kind::ACCEPTED, 10), now); // the peer
    tracker.observe(event(kind::HANDSHAKE_SUCCEEDED, 0), now); // the peer's
    tracker.observe(event(kind::HANDSHAKE_FAILED_NO_DETAIL, 104), now); // the scanner's
    let failed = tracker.observe(event(kind::DISCONNECTED, 9), now);
    assert!(matches!(
        failed,
        Some(ConnectionEvent::HandshakeFailed { .. })
    ));
    assert_eq!(tracker.up(), 1);
    let gone = tracker.observe(event(kind::DISCONNECTED, 10), now);
    assert!(matches!(gone, Some(ConnectionEvent::Disconnected { .. })));
    assert_eq!(tracker.up(), 0);
}

#[test]
fn an_endpoint_refused_for_good_is_tried_again_more_and_more_rarely() {
    let (mut tracker, mut now) = (tracker(), Instant::now());
    let mut pauses = Vec::new();
    for _ in 0..8 {
        tracker.observe(event(kind::CONNECTED, 9), now);
        tracker.observe(event(kind::DISCONNECTED, 9), now);
        let due = tracker.next_due().expect("a retry");
        pauses.push((due - now).as_millis());
        assert!(tracker.due(now).is_empty());
        now = due;
        assert_eq!(tracker.due(now), [an_endpoint()]);
    }
    assert_eq!(pauses, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    assert!(tracker.refusal().is_some());
}

#[test]
fn an_endpoint_that_libzmq_retries_in_any_case_is_never_connected_anew() {
    let (mut tracker, now) = (tracker_with(false), Instant::now());
    tracker.observe(event(kind::CONNECTED, 9), now);
    let refused = tracker.observe(event(kind::DISCONNECTED, 9), now);
    let Some(ConnectionEvent::HandshakeFailed { refusal, .. }) = refused else {
        panic!("{refused:?}");
    };
    // However long libzmq takes to say so: its queue would be lost.
    assert_eq!(tracker.next_due(), None);
    assert!(tracker.due(now + RECONNECT_GRACE).is_empty());
    let retried = tracker.observe(event(kind::CONNECT_RETRIED, 100), now);
    let told = Some(refusal.clone());
    assert!(matches!(retried, Some(ConnectionEvent::Retrying { refusal, .. }) if refusal == told));
    assert_eq!(tracker.refusal(), Some((&an_endpoint(), &refusal)));

    tracker.observe(event(kind::CONNECTED, 9), now);
    tracker.observe(event(kind::HANDSHAKE_SUCCEEDED, 9), now);
    tracker.observe(event(kind::DISCONNECTED, 9), now);
    assert_eq!(tracker.next_due(), None);
    assert!(tracker.due(now + RECONNECT_GRACE).is_empty());
    // Those that its owner asks for are.
    tracker.schedule_reconnect(&an_endpoint(), now);
    assert_eq!(tracker.due(now), [an_endpoint()]);
}

#[test]
fn a_peer_that_closes_each_time_has_another_key_or_mechanism_where_we_have_one() {
    let now = Instant::now();
    let refused = |tracker: &mut ConnectionTracker| {
        tracker.observe(event(kind::CONNECTED, 9), now);
        tracker.observe(event(kind::HANDSHAKE_FAILED_NO_DETAIL, 32), now);
        tracker.observe(event(kind::DISCONNECTED, 9), now);
        tracker.observe(event(kind::CONNECT_RETRIED, 100), now);
        let refusal = tracker.refusal();
        refusal.map(|(_, refusal)| refusal.clone())
    };
    let closed = Some(Refusal::Closed);
    let mut curve = tracker();
    curve.mechanism = Some(Mechanism::Curve);
    assert_eq!(refused(&mut curve), closed, "it may have left");
    assert_eq!(refused(&mut curve), Some(Refusal::Denied));
    assert_eq!(refused(&mut curve), Some(Refusal::Denied));
    curve.observe(event(kind::CONNECTED, 9), now);
    curve.observe(event(kind::HANDSHAKE_SUCCEEDED, 9), now);
    assert_eq!(curve.refusal(), None);
    let mut plain = tracker();
    plain.mechanism = Some(Mechanism::Plain);
    assert_eq!(refused(&mut plain), closed);
    assert_eq!(refused(&mut plain), Some(Refusal::MechanismMismatch));
    let mut unsecured = tracker();
    for _ in 0..3 {
        assert_eq!(refused(&mut unsecured), closed, "it may not be ZeroMQ");
    }
}

#[test]
fn a_refusal_without_proof_does_not_hide_a_proof() {
    let (mut tracker, now) = (tracker(), Instant::now());
    let proves =
        |tracker: &ConnectionTracker| tracker.refusal().map(|(_, refusal)| refusal.is_proof());
    assert_eq!(proves(&tracker), None);
    let close = |tracker: &mut ConnectionTracker| {
        tracker.observe(event(kind::CONNECTED, 9), now);
        tracker.observe(event(kind::HANDSHAKE_FAILED_NO_DETAIL, 32), now);
        assert_eq!(tracker.observe(event(kind::DISCONNECTED, 9), now), None);
        tracker.observe(event(kind::CONNECT_RETRIED, 100), now);
    };
    close(&mut tracker);
    assert_eq!(proves(&tracker), Some(false));
    tracker.observe(event(kind::CONNECTED, 9), now);
    tracker.observe(event(kind::DISCONNECTED, 9), now);
    assert_eq!(proves(&tracker), Some(true));
    close(&mut tracker);
    assert_eq!(proves(&tracker), Some(true));
    // Nobody is there: the refusal is forgotten.
    tracker.observe(event(kind::CONNECT_RETRIED, 100), now);
    assert_eq!(proves(&tracker), None);
}

#[test]
fn a_mark_is_told_with_each_retry_until_it_is_over() {
    let (mut tracker, now) = (tracker(), Instant::now());
    tracker.mark(&an_endpoint(), Some(Refusal::NoPermission));
    let retried = tracker.observe(event(kind::CONNECT_RETRIED, 100), now);
    let refusal = Some(Refusal::NoPermission);
    assert!(matches!(retried, Some(ConnectionEvent::Retrying { refusal: r, .. }) if r == refusal));
    assert_eq!(
        tracker.refusal(),
        Some((&an_endpoint(), &Refusal::NoPermission))
    );
    tracker.mark(&an_endpoint(), None);
    assert_eq!(tracker.refusal(), None);
    tracker.mark(&an_endpoint(), Some(Refusal::NoPermission));
    tracker.observe(event(kind::CONNECTED, 9), now);
    assert_eq!(tracker.refusal(), None);
}

#[test]
fn a_connection_that_broke_for_good_is_made_anew() {
    let (mut tracker, now) = (tracker(), Instant::now());
    tracker.observe(event(kind::CONNECTED, 9), now);
    tracker.observe(event(kind::HANDSHAKE_SUCCEEDED, 0), now);
    tracker.observe(event(kind::DISCONNECTED, 9), now);
    assert!(tracker.due(now).is_empty());
    assert_eq!(tracker.due(now + RECONNECT_GRACE), [an_endpoint()]);
    assert_eq!(tracker.next_due(), None);
    assert_eq!(tracker.refusal(), None);
}

#[test]
fn a_connection_that_libzmq_makes_again_is_left_to_it() {
    let (mut tracker, now) = (tracker(), Instant::now());
    tracker.observe(event(kind::CONNECTED, 9), now);
    tracker.observe(event(kind::HANDSHAKE_SUCCEEDED, 0), now);
    tracker.observe(event(kind::DISCONNECTED, 9), now);
    tracker.observe(event(kind::CONNECT_RETRIED, 100), now);
    assert_eq!(tracker.next_due(), None);
}

#[test]
fn a_sender_of_too_large_a_frame_is_named() {
    let (mut tracker, now) = (tracker(), Instant::now());
    for fd in [9, 10] {
        let mut accepted = event(kind::ACCEPTED, fd);
        accepted.peer = Some(peer(fd));
        tracker.observe(accepted, now);
        tracker.observe(event(kind::HANDSHAKE_SUCCEEDED, 0), now);
    }
    let cut = kind::FRAME_TOO_LARGE | 10;
    let word = tracker.observe(event(kind::HANDSHAKE_FAILED_PROTOCOL, cut), now);
    assert_eq!(word, None);
    let mut ended = |fd| match tracker.observe(event(kind::DISCONNECTED, fd), now) {
        Some(ConnectionEvent::Disconnected { peer, refusal, .. }) => (peer, refusal),
        other => panic!("{other:?}"),
    };
    assert_eq!(ended(9), (Some(peer(9)), None));
    let (came, refusal) = ended(10);
    assert_eq!(came, Some(peer(10)));
    assert!(matches!(refusal, Some(Refusal::FrameTooLarge { .. })));
}

#[test]
fn a_disconnected_endpoint_is_not_up() {
    let (mut tracker, now) = (tracker(), Instant::now());
    tracker.observe(event(kind::CONNECTED, 9), now);
    tracker.observe(event(kind::HANDSHAKE_SUCCEEDED, 0), now);
    assert_eq!(tracker.forget(&an_endpoint()).len(), 1);
    assert_eq!(tracker.up(), 0);
    assert!(tracker.forget(&an_endpoint()).is_empty());
}

#[test]
fn an_endpoint_that_libzmq_retries_is_left_to_it() {
    let (mut tracker, now) = (tracker(), Instant::now());
    tracker.observe(event(kind::CONNECTED, 9), now);
    tracker.observe(event(kind::DISCONNECTED, 9), now);
    tracker.observe(event(kind::CONNECT_RETRIED, 130), now);
    assert_eq!(tracker.next_due(), None);
    tracker.observe(event(kind::CONNECTED, 9), now);
    tracker.observe(event(kind::HANDSHAKE_SUCCEEDED, 0), now);
    assert_eq!(tracker.refusal(), None);
}

#[test]
fn a_retry_says_why_the_last_attempt_failed() {
    let (mut tracker, now) = (tracker(), Instant::now());
    let mut retried = |errno: i32| {
        // libzmq says with the same event that an attempt has begun.
        tracker.observe(event(kind::CONNECT_DELAYED, errno as u32), now);
        tracker.observe(event(kind::CONNECT_DELAYED, libc::EINPROGRESS as u32), now);
        match tracker.observe(event(kind::CONNECT_RETRIED, 100), now) {
            Some(ConnectionEvent::Retrying { refusal, .. }) => refusal,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(retried(libc::EINPROGRESS), None);
    assert_eq!(
        retried(libc::ECONNREFUSED),
        Some(Refusal::ConnectionRefused)
    );
    assert_eq!(retried(libc::ETIMEDOUT), Some(Refusal::TimedOut));
    assert_eq!(retried(libc::ENETUNREACH), Some(Refusal::Unreachable));
    assert_eq!(
        tracker.refusal(),
        Some((&an_endpoint(), &Refusal::Unreachable))
    );
    tracker.observe(event(kind::CONNECTED, 9), now);
    assert_eq!(tracker.refusal(), None);
}

#[test]
fn the_connection_that_is_up_is_known_by_its_number_where_libzmq_reports_it() {
    let (mut tracker, now) = (tracker(), Instant::now());
    for fd in [9, 10] {
        let mut accepted = event(kind::ACCEPTED, fd);
        accepted.peer = Some(peer(fd));
        tracker.observe(accepted, now);
    }
    let mut step = |kind, value| tracker.observe(event(kind, value), now);
    let up = step(kind::HANDSHAKE_SUCCEEDED, 10);
    let Some(ConnectionEvent::Accepted { id, peer: who, .. }) = up else {
        panic!("{up:?}");
    };
    assert_eq!(who, Some(peer(10)));
    step(kind::HANDSHAKE_FAILED_NO_DETAIL, 104);
    let gone = step(kind::DISCONNECTED, 10);
    assert!(matches!(gone, Some(ConnectionEvent::Disconnected { id: own, .. }) if own == id));
    let failed = step(kind::DISCONNECTED, 9);
    assert!(matches!(
        failed,
        Some(ConnectionEvent::HandshakeFailed { .. })
    ));
}

#[test]
fn a_connection_keeps_the_number_that_libzmq_has_given_it() {
    let (mut tracker, now) = (tracker(), Instant::now());
    let [first, second] = [9, 10].map(|fd| {
        let id = ConnectionId::new(fd.into());
        let mut accepted = event(kind::ACCEPTED, fd);
        accepted.id = Some(id);
        tracker.observe(accepted, now);
        id
    });
    let mut step = |kind, value| tracker.observe(event(kind, value), now);
    // Nothing says that the second has failed, and the first is taken for it.
    step(kind::HANDSHAKE_FAILED_NO_DETAIL, 104);
    let failed = step(kind::DISCONNECTED, 10);
    assert!(
        matches!(failed, Some(ConnectionEvent::HandshakeFailed { id: Some(id), .. }) if id == second)
    );
    let up = step(kind::HANDSHAKE_SUCCEEDED, 9);
    assert!(matches!(up, Some(ConnectionEvent::Accepted { id, .. }) if id == first));
}

#[test]
fn a_peer_that_is_gone_at_once_is_known_by_the_address_that_was_connected_to() {
    let (mut tracker, now) = (tracker(), Instant::now());
    // Its own has no address any more.
    assert_eq!(event(kind::CONNECTED, 9).peer, None);
    tracker.observe(event(kind::CONNECTED, 9), now);
    tracker.observe(event(kind::HANDSHAKE_FAILED_AUTH, 400), now);
    let failed = tracker.observe(event(kind::DISCONNECTED, 9), now);
    let Some(ConnectionEvent::HandshakeFailed { peer: told, .. }) = failed else {
        panic!("{failed:?}");
    };
    assert_eq!(told, Some(peer(7)));
}

#[test]
fn endpoints_that_come_and_go_leave_nothing() {
    let (mut tracker, now) = (tracker(), Instant::now());
    for fd in 0..100 {
        tracker.observe(event(kind::CONNECTED, fd), now);
        tracker.observe(event(kind::HANDSHAKE_SUCCEEDED, fd), now);
        assert_eq!(tracker.forget(&an_endpoint()).len(), 1);
        assert!(tracker.connections.is_empty());
    }
}

#[test]
fn an_address_that_cannot_be_is_not_a_host_that_is_not_found() {
    let refused = |endpoint: &str| {
        let (mut tracker, now) = (tracker(), Instant::now());
        let endpoint: Endpoint = endpoint.parse().unwrap();
        let errno = libc::EINVAL as u32;
        let failed = event(kind::CONNECT_DELAYED, errno).at(endpoint.clone());
        tracker.observe(failed, now);
        let retried = event(kind::CONNECT_RETRIED, 100).at(endpoint);
        let Some(ConnectionEvent::Retrying { refusal, .. }) = tracker.observe(retried, now) else {
            panic!("no event");
        };
        refusal.unwrap()
    };
    let named = refused("tcp://some-host.example:5555");
    assert!(matches!(named, Refusal::HostNotFound { .. }));
    let address = refused("tcp://[fe80::1]:5555");
    assert!(matches!(address, Refusal::Other { .. }));
}

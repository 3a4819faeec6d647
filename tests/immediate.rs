//! With `immediate`, a connection takes messages once it is told to be up, and none once its retry is told.

mod support;

use std::time::Duration;

use support::{SOON, deadline, ends};
use zeroless::{ConnectionEvent, ConnectionEvents};

/// Waits for such an event.
#[track_caller]
fn wait(events: &ConnectionEvents, wanted: impl Fn(&ConnectionEvent) -> bool) {
    while !wanted(&events.recv_timeout(SOON).expect("the event")) {}
}

#[test]
fn a_connection_takes_messages_from_its_event_to_that_of_its_retry() {
    deadline(|| {
        let (server, client) = ends();
        let client = client
            .immediate(true)
            .reconnect_min(Duration::from_millis(1));
        let dealer = client.dealer().unwrap();
        let events = dealer.connection_events().unwrap();
        for round in 0..100 {
            assert!(dealer.try_send("nobody is there").is_err(), "round {round}");
            let router = server.router().unwrap();
            wait(&events, |it| {
                matches!(it, ConnectionEvent::Connected { .. })
            });
            dealer.try_send("hello").unwrap();
            let (_, message) = router.recv_timeout(SOON).unwrap();
            assert_eq!(message, "hello", "round {round}");
            drop(router);
            wait(&events, |it| {
                matches!(it, ConnectionEvent::Disconnected { .. })
            });
            wait(&events, |it| matches!(it, ConnectionEvent::Retrying { .. }));
        }
    });
}

//! The stream of connection events: waited for or not, one at a time or in a loop.

mod support;

use support::{SOON, assert_timeout, blocked, deadline, ends, marry, push_pull, until};
use zeroless::{ConnectionEvent, Error, Server};

fn is_listening(event: &ConnectionEvent) -> bool {
    matches!(event, ConnectionEvent::Listening { .. })
}

fn is_accepted(event: &ConnectionEvent) -> bool {
    matches!(event, ConnectionEvent::Accepted { .. })
}

#[test]
fn an_event_is_waited_for_or_taken_if_it_is_there() {
    deadline(|| {
        let (server, client) = ends();
        let pull = server.pull().unwrap();
        let events = pull.connection_events().unwrap();
        assert!(is_listening(&events.try_recv().unwrap()));
        assert_eq!(events.try_recv(), Err(Error::WouldBlock));
        assert_timeout(events.recv_timeout(std::time::Duration::from_millis(1)));
        let waiting = {
            let events = events.clone();
            blocked(move || events.recv())
        };
        let _push = client.push().unwrap();
        assert!(is_accepted(&waiting.join().unwrap().unwrap()));
        assert_eq!(events.try_iter().count(), 0);
    });
}

#[test]
fn events_are_gone_over_by_reference() {
    deadline(|| {
        let (server, client) = ends();
        let pull = server.pull().unwrap();
        let _push = client.push().unwrap();
        let events = pull.connection_events().unwrap();
        for event in events.iter() {
            if is_accepted(&event) {
                pull.stop();
            }
        }
        assert_eq!(events.recv(), Err(Error::Stopped));
        assert_eq!(events.try_recv(), Err(Error::Stopped));
        assert_eq!(events.recv_timeout(SOON), Err(Error::Stopped));
        assert_eq!(events.try_iter().count(), 0);
    });
}

#[test]
fn events_before_a_stop_are_given_after_it() {
    let pull = Server::bind_local(0).unwrap().pull().unwrap();
    let events = pull.connection_events().unwrap();
    pull.stop();
    assert!(is_listening(&events.recv().unwrap()));
    assert_eq!(events.recv(), Err(Error::Stopped));
}

#[test]
fn each_event_goes_to_one_of_the_clones() {
    deadline(|| {
        let (server, client) = ends();
        let pull = server.pull().unwrap();
        let events = pull.connection_events().unwrap();
        let other = events.clone();
        let pushes = [(); 3].map(|()| client.push().unwrap());
        pull.wait_connected(3, SOON).unwrap();
        pull.stop();
        let both = events.iter().count() + other.iter().count();
        assert_eq!(both, 1 + pushes.len());
    });
}

#[test]
fn the_connections_that_are_up_are_counted() {
    deadline(|| {
        for (push, pull) in push_pull() {
            assert_eq!((push.connections_now(), pull.connections_now()), (1, 1));
            drop(push);
            until(|| pull.connections_now() == 0);
        }
        let (server, client) = ends();
        let pull = server.pull().unwrap();
        assert_eq!(pull.connections_now(), 0);
        let pushes = [(); 3].map(|()| client.push().unwrap());
        pushes.iter().for_each(|push| marry(push, &pull));
        pull.wait_connected(3, SOON).unwrap();
        assert_eq!(pull.connections_now(), 3);
    });
}

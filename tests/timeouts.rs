//! When time runs out: the error names the thing waited for, and the known state of the peer.

mod support;
#[path = "support/warnings.rs"]
mod warnings;

use std::net::TcpListener;
use std::time::Duration;

use support::{SOON, assert_timeout, deadline, ends, inproc, marry, until};
use warnings::warnings;
use zeroless::{Client, ConnectionEvent, Error, Options, Refusal, Server, Wait};

const MOMENT: Duration = Duration::from_millis(20);

/// The wait in a timeout error.
#[track_caller]
fn waited_for<T: std::fmt::Debug>(outcome: Result<T, impl Into<Error>>) -> Wait {
    match outcome.map_err(Into::into) {
        Err(Error::Timeout { waited_for, .. }) => waited_for,
        other => panic!("not out of time: {other:?}"),
    }
}

#[test]
fn a_receive_that_times_out_says_that_it_waited_for_a_message() {
    deadline(|| {
        let pull = Server::bind_local(0).unwrap().pull().unwrap();
        assert_eq!(waited_for(pull.recv_timeout(MOMENT)), Wait::Message);
    });
}

#[test]
fn a_send_that_times_out_says_where_there_was_no_peer() {
    deadline(|| {
        let nobody = Client::new().push().unwrap();
        let waited = waited_for(nobody.send_timeout("a", MOMENT));
        assert!(matches!(waited, Wait::Peer { endpoints, .. } if endpoints.is_empty()));
        let server = Server::bind_local(0).unwrap();
        let push = server.push().unwrap();
        let waited = waited_for(push.send_timeout("a", MOMENT));
        let endpoint = server.endpoint();
        assert!(
            waited.to_string().contains(&endpoint.to_string()),
            "{waited}"
        );
        assert!(matches!(waited, Wait::Peer { endpoints, .. } if endpoints == [endpoint]));
    });
}

#[test]
fn a_send_that_times_out_says_that_it_waited_for_room() {
    deadline(|| {
        for remote in [true, false] {
            let server = match remote {
                true => Server::bind_local(0).unwrap(),
                false => Server::bind(inproc()).unwrap(),
            };
            let server = server.send_queue(1);
            let client = Client::connect(server.endpoint()).unwrap().receive_queue(1);
            let (push, pull) = (server.push().unwrap(), client.pull().unwrap());
            if remote {
                marry(&push, &pull);
            }
            let full = loop {
                match push.send_timeout(vec![7; 1 << 20], 5 * MOMENT) {
                    Ok(()) => {}
                    full => break full,
                }
            };
            assert_eq!(waited_for(full), Wait::Room);
        }
    });
}

#[test]
fn a_request_that_times_out_says_that_it_waited_for_a_reply() {
    deadline(|| {
        let (server, client) = ends();
        let _replier = server.reply().unwrap();
        let requester = client.request_timeout(5 * MOMENT).request().unwrap();
        requester.wait_connected(1, SOON).unwrap();
        assert_eq!(waited_for(requester.request("a")), Wait::Reply);
        let pending = requester.start("a").unwrap();
        assert_eq!(waited_for(pending.wait_timeout(MOMENT)), Wait::Reply);
        let nobody = Client::new().request().unwrap();
        let waited = waited_for(nobody.request_timeout("a", MOMENT));
        assert!(matches!(waited, Wait::Peer { .. }), "{waited}");
    });
}

#[test]
fn a_wait_for_several_that_times_out_says_how_many_there_were() {
    deadline(|| {
        let (server, client) = ends();
        let publisher = server.publish().unwrap();
        let _subscribers = [(); 2].map(|()| client.subscribe("a").unwrap());
        publisher.wait_for_subscribers(2, SOON).unwrap();
        let waited = waited_for(publisher.wait_for_subscribers(3, MOMENT));
        assert!(
            matches!(
                waited,
                Wait::Subscribers {
                    wanted: 3,
                    there: 2,
                    ..
                }
            ),
            "{waited}"
        );
        let waited = waited_for(publisher.wait_connected(5, MOMENT));
        let endpoint = server.endpoint().to_string();
        assert!(waited.to_string().contains(&endpoint), "{waited}");
        assert!(
            matches!(
                waited,
                Wait::Connections {
                    wanted: 5,
                    up: 2,
                    ..
                }
            ),
            "{waited}"
        );
    });
}

#[test]
fn a_timeout_tells_the_refusal_that_is_known() {
    deadline(|| {
        let (server, client) = ends();
        let _replier = server.reply().unwrap();
        let wrong = Refusal::WrongPattern {
            ours: "subscribe",
            wanted: "publish",
        };
        let subscriber = client.subscribe("").unwrap();
        until(|| subscriber.status().is_err());
        let status = subscriber.status().unwrap_err();
        assert_eq!(status.refusal(), Some(&wrong));
        let error = subscriber.recv_timeout(MOMENT).unwrap_err();
        assert_eq!(error.refusal(), Some(&wrong));
        let endpoint = server.endpoint().to_string();
        for part in [
            "no message",
            &endpoint,
            "ours is subscribe",
            "it must be publish",
        ] {
            assert!(error.to_string().contains(part), "{error}");
        }
        let error = subscriber.wait_connected(1, MOMENT).unwrap_err();
        assert_eq!(error.refusal(), Some(&wrong));
    });
}

#[test]
fn a_server_that_is_not_ready_yet_does_not_refuse() {
    deadline(|| {
        let (server, client) = ends();
        let told = warnings(server.endpoint());
        // Its port is bound: the system takes connections that nobody answers yet.
        let options = Options::default().handshake_timeout(MOMENT);
        let push = client.options(options).push().unwrap();
        let mut events = push.connection_events().unwrap();
        let no_answer = |event| match event {
            ConnectionEvent::Retrying { refusal, .. } => refusal == Some(Refusal::NoAnswer),
            other => panic!("{other}"),
        };
        assert!(events.any(no_answer) && events.any(no_answer));
        assert!(push.status().is_ok());
        let error = push.wait_connected(1, MOMENT).unwrap_err();
        assert_eq!(error.refusal(), Some(&Refusal::NoAnswer), "{error}");
        let pull = server.pull().unwrap();
        marry(&push, &pull);
        assert_timeout(pull.recv_timeout(MOMENT));
        assert_eq!(pull.recv_timeout(MOMENT).unwrap_err().refusal(), None);
        assert_eq!(told(), Vec::<String>::new());
    });
}

#[test]
fn a_server_that_leaves_early_does_not_refuse() {
    deadline(|| {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let told = warnings(port);
        let push = Client::connect(port).unwrap().push().unwrap();
        let events = push.connection_events().unwrap();
        for _ in 0..2 {
            drop(listener.accept().unwrap());
            match events.recv_timeout(SOON).unwrap() {
                ConnectionEvent::Retrying { refusal, .. } => {
                    assert_eq!(refusal, Some(Refusal::Closed));
                }
                other => panic!("{other}"),
            }
            assert!(push.status().is_ok());
        }
        let error = push.wait_connected(1, MOMENT).unwrap_err();
        assert_eq!(error.refusal(), Some(&Refusal::Closed), "{error}");
        assert_eq!(told(), Vec::<String>::new());
    });
}

#[test]
fn a_client_that_leaves_early_is_no_trouble() {
    deadline(|| {
        let server = Server::bind_local(0).unwrap();
        let told = warnings(server.endpoint());
        let pull = server.pull().unwrap();
        let mut events = pull.connection_events().unwrap();
        drop(std::net::TcpStream::connect(("127.0.0.1", server.port())).unwrap());
        let failed = |event| matches!(event, ConnectionEvent::HandshakeFailed { .. });
        assert!(events.any(failed));
        assert_eq!(told(), Vec::<String>::new());
    });
}

#[test]
fn a_wrong_pattern_is_told_at_once() {
    deadline(|| {
        let (server, client) = ends();
        let told = warnings(server.endpoint());
        let _replier = server.reply().unwrap();
        let _push = client.push().unwrap();
        let wrong = |line: &String| line.contains("ours is push, so it must be pull");
        until(|| told().iter().any(wrong));
    });
}

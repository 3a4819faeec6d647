//! Connections: their events come in order, and a refusal is never silent.

mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use parking_lot::Mutex;
use support::{Folder, SOON, assert_timeout, blocked, deadline, ends, inproc, marry, until};
use zeroless::{
    Client, ConnectionEvent, ConnectionEvents, Endpoint, Error, Libzmq, Options, Push, Refusal,
    Server,
};

/// The next event, which must come.
#[track_caller]
fn next(events: &ConnectionEvents) -> ConnectionEvent {
    events.recv_timeout(SOON).unwrap()
}

/// The kind of an event, and its endpoint.
type Brief = (&'static str, Endpoint);

fn brief(event: &ConnectionEvent) -> Brief {
    match event {
        ConnectionEvent::Listening { endpoint, .. } => ("listening", endpoint.clone()),
        ConnectionEvent::Connected { endpoint, .. } => ("connected", endpoint.clone()),
        ConnectionEvent::Accepted { endpoint, .. } => ("accepted", endpoint.clone()),
        ConnectionEvent::Disconnected {
            endpoint,
            refusal: None,
            ..
        } => ("disconnected", endpoint.clone()),
        other => panic!("{other}"),
    }
}

/// Sees that these events come next. There may be retries between them.
#[track_caller]
fn assert_events(events: &ConnectionEvents, expected: &[Brief]) {
    for expected in expected {
        let event = loop {
            match next(events) {
                ConnectionEvent::Retrying { .. } => {}
                event => break event,
            }
        };
        assert_eq!(brief(&event), *expected);
    }
}

fn listening(server: &Server) -> Brief {
    ("listening", server.endpoint())
}

fn accepted(server: &Server) -> Brief {
    ("accepted", server.endpoint())
}

fn connected(server: &Server) -> Brief {
    ("connected", server.endpoint())
}

fn disconnected(server: &Server) -> Brief {
    ("disconnected", server.endpoint())
}

#[test]
fn a_server_has_events_of_peers_that_come_and_go() {
    deadline(|| {
        let (server, client) = ends();
        let pull = server.pull().unwrap();
        let events = pull.connection_events().unwrap();
        assert_events(&events, &[listening(&server)]);
        for _ in 0..3 {
            let push = client.push().unwrap();
            assert_events(&events, &[accepted(&server)]);
            drop(push);
            assert_events(&events, &[disconnected(&server)]);
        }
    });
}

#[test]
fn a_server_tells_each_peers_address() {
    deadline(|| {
        let (server, client) = ends();
        let pull = server.pull().unwrap();
        let mut events = pull.connection_events().unwrap();
        let pushes = [(); 2].map(|()| client.push().unwrap());
        let accepted = events.by_ref().filter_map(|event| match event {
            ConnectionEvent::Accepted { peer, .. } => Some(peer.unwrap()),
            _ => None,
        });
        let mut came: Vec<SocketAddr> = accepted.take(2).collect();
        assert!(came.iter().all(|peer| peer.ip().is_loopback()));
        assert_ne!(came[0], came[1]);
        drop(pushes);
        let ended = events.filter_map(|event| match event {
            ConnectionEvent::Disconnected { peer, .. } => Some(peer.unwrap()),
            _ => None,
        });
        let mut left: Vec<SocketAddr> = ended.take(2).collect();
        came.sort();
        left.sort();
        assert_eq!(came, left);
    });
}

#[test]
fn where_it_listens_is_told_once() {
    deadline(|| {
        for _ in 0..20 {
            let (server, client) = ends();
            let pull = server.pull().unwrap();
            let events = pull.connection_events().unwrap();
            assert_eq!(brief(&next(&events)), listening(&server));
            let _push = client.push().unwrap();
            let accepted = next(&events);
            assert!(
                matches!(accepted, ConnectionEvent::Accepted { .. }),
                "{accepted}"
            );
        }
    });
}

#[test]
fn a_client_tells_when_a_server_comes_and_goes() {
    deadline(|| {
        let (server, client) = ends();
        let push = client.push().unwrap();
        let events = push.connection_events().unwrap();
        for _ in 0..3 {
            let pull = server.pull().unwrap();
            assert_events(&events, &[connected(&server)]);
            drop(pull);
            assert_events(&events, &[disconnected(&server)]);
        }
    });
}

#[test]
fn a_client_without_a_server_tells_that_it_tries_again() {
    deadline(|| {
        let folder = Folder::new();
        let push = Client::connect(folder.ipc("nobody"))
            .unwrap()
            .push()
            .unwrap();
        let mut events = push.connection_events().unwrap();
        let retrying = |event| matches!(event, ConnectionEvent::Retrying { .. });
        assert!(events.any(retrying));
        assert!(push.status().is_ok(), "nobody has refused anything");
    });
}

#[test]
fn a_late_event_stream_begins_with_the_present_state() {
    deadline(|| {
        let (server, client) = ends();
        let (pull, push) = (server.pull().unwrap(), client.push().unwrap());
        marry(&push, &pull);
        for _ in 0..2 {
            let events = pull.connection_events().unwrap();
            assert_events(&events, &[listening(&server), accepted(&server)]);
            assert_events(&push.connection_events().unwrap(), &[connected(&server)]);
        }
    });
}

#[test]
fn each_event_stream_has_all_events() {
    deadline(|| {
        let (server, client) = ends();
        let pull = server.pull().unwrap();
        let all = [(); 3].map(|()| pull.connection_events().unwrap());
        let push = client.push().unwrap();
        for events in all {
            assert_events(&events, &[listening(&server), accepted(&server)]);
        }
        drop(push);
    });
}

#[test]
fn the_events_end_with_the_handle() {
    deadline(|| {
        let pull = Server::bind_local(0).unwrap().pull().unwrap();
        let (mut events, other) = (
            pull.connection_events().unwrap(),
            pull.connection_events().unwrap(),
        );
        let listens = |event| matches!(event, ConnectionEvent::Listening { .. });
        let looping = blocked(move || events.all(listens));
        drop(pull);
        assert!(looping.join().unwrap(), "nothing more has happened");
        assert!(other.try_iter().all(listens));
        assert_eq!(other.recv_timeout(SOON), Err(Error::Stopped));
    });
}

#[test]
fn waiting_for_an_event_gives_up_at_its_deadline() {
    deadline(|| {
        let push = Client::new().push().unwrap();
        let events = push.connection_events().unwrap();
        let soon = Duration::from_millis(1);
        assert_timeout(events.recv_timeout(soon));
        assert_eq!(events.try_iter().count(), 0);
    });
}

#[test]
fn as_many_as_are_up_can_be_waited_for() {
    deadline(|| {
        let (server, client) = ends();
        let pull = server.pull().unwrap();
        pull.wait_connected(0, Duration::ZERO).unwrap();
        let none = pull.wait_connected(1, Duration::from_millis(1));
        assert_timeout(none);
        let waits = pull.clone();
        let waiting = blocked(move || waits.wait_connected(3, SOON).unwrap());
        let mut pushes = Vec::from([(); 3].map(|()| client.push().unwrap()));
        waiting.join().unwrap();
        pull.wait_connected(3, Duration::ZERO).unwrap();
        pushes.pop();
        until(|| pull.wait_connected(3, Duration::ZERO).is_err());
        pull.wait_connected(2, Duration::ZERO).unwrap();
    });
}

#[test]
fn ipc_connections_are_told_too() {
    deadline(|| {
        let folder = Folder::new();
        let server = Server::bind(folder.ipc("a")).unwrap();
        let pull = server.pull().unwrap();
        let push = Client::connect(server.endpoint()).unwrap().push().unwrap();
        marry(&push, &pull);
        let events = pull.connection_events().unwrap();
        assert_events(&events, &[listening(&server), accepted(&server)]);
    });
}

#[test]
fn inproc_has_no_connections_to_tell() {
    deadline(|| {
        let server = Server::bind(inproc()).unwrap();
        let (pull, client) = (server.pull().unwrap(), Client::connect(server.endpoint()));
        let push = client.unwrap().push().unwrap();
        push.send("hello").unwrap();
        assert_eq!(pull.recv().unwrap(), "hello");
        assert_timeout(pull.wait_connected(1, Duration::ZERO));
    });
}

#[test]
fn a_stranger_fails_the_handshake_and_disturbs_nobody() {
    deadline(|| {
        let (server, client) = ends();
        let options = Options::default().handshake_timeout(Duration::from_millis(100));
        let server = server.options(options);
        let (pull, push) = (server.pull().unwrap(), client.push().unwrap());
        marry(&push, &pull);
        let events = pull.connection_events().unwrap();
        assert_events(&events, &[listening(&server), accepted(&server)]);
        for number in 0..5 {
            let mut stranger = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
            stranger
                .write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                .unwrap();
            match next(&events) {
                ConnectionEvent::HandshakeFailed { endpoint, .. } => {
                    assert_eq!(endpoint, server.endpoint());
                }
                other => panic!("{other}"),
            }
            // It is shown the door.
            let _ = stranger.set_read_timeout(Some(SOON));
            let _ = stranger.read_to_end(&mut Vec::new());
            push.send(number.to_string()).unwrap();
            assert_eq!(pull.recv().unwrap(), number.to_string().as_str());
        }
        pull.wait_connected(1, Duration::ZERO).unwrap();
        assert!(
            pull.status().is_ok(),
            "a stranger is no fault of the server's"
        );
    });
}

#[test]
fn a_stranger_that_leaves_at_once_is_told_by_its_address() {
    if zeroless::capabilities().unwrap().libzmq != Libzmq::Zeroless {
        return; // others do not tell it
    }
    deadline(|| {
        let (server, _) = ends();
        let pull = server.pull().unwrap();
        let events = pull.connection_events().unwrap();
        assert_events(&events, &[listening(&server)]);
        for _ in 0..100 {
            let mut strangers = Vec::new();
            for _ in 0..3 {
                let stranger = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
                strangers.push(stranger.local_addr().unwrap());
            }
            let mut told = [(); 3].map(|()| match next(&events) {
                ConnectionEvent::HandshakeFailed { peer, .. } => peer.unwrap(),
                other => panic!("{other}"),
            });
            told.sort();
            strangers.sort();
            assert_eq!(told[..], strangers);
        }
    });
}

/// Collects errors and warnings.
struct Log;

static LOGGED: Mutex<Vec<String>> = Mutex::new(Vec::new());

impl log::Log for Log {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.level() <= log::Level::Warn
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            LOGGED.lock().push(record.args().to_string());
        }
    }

    fn flush(&self) {}
}

#[test]
fn a_server_of_another_pattern_is_told_and_tried_again_until_it_is_the_right_one() {
    deadline(|| {
        log::set_logger(&Log).unwrap();
        log::set_max_level(log::LevelFilter::Warn);
        let (server, client) = ends();
        let wrong = server.reply().unwrap();
        let push = client.push().unwrap();
        let events = push.connection_events().unwrap();
        let endpoint = server.endpoint();

        let failed = |event| matches!(event, ConnectionEvent::HandshakeFailed { .. });
        assert!(events.clone().any(failed));
        match push.status() {
            Err(Error::Refused {
                endpoint: refused, ..
            }) => assert_eq!(refused, endpoint),
            other => panic!("{other:?}"),
        }
        // Tried again, more and more rarely; told to the user once.
        assert!(
            events
                .clone()
                .filter(|event| failed(event.clone()))
                .take(3)
                .count()
                == 3
        );
        assert!(push.status().is_err());
        let told =
            |line: &String| line.starts_with("push: ") && line.contains(&endpoint.to_string());
        assert_eq!(LOGGED.lock().iter().filter(|line| told(line)).count(), 1);

        drop(wrong);
        let pull = server.pull().unwrap();
        push.wait_connected(1, SOON).unwrap();
        assert!(push.status().is_ok());
        push.send("at last").unwrap();
        assert_eq!(pull.recv().unwrap(), "at last");
    });
}

#[test]
fn a_refusal_is_forgotten_with_its_endpoint() {
    deadline(|| {
        let (server, client) = ends();
        let _wrong = server.reply().unwrap();
        let push = client.push().unwrap();
        until(|| push.status().is_err());
        client.disconnect_all().unwrap();
        until(|| push.status().is_ok());
    });
}

#[test]
fn an_endpoint_has_one_spelling() {
    deadline(|| {
        let server = Server::bind(0).unwrap();
        let at = |host: &str| format!("tcp://{host}:{}", server.port()).parse::<Endpoint>();
        let (bound, named) = (at("*").unwrap(), at("localhost").unwrap());
        let client = Client::connect(("localhost", server.port())).unwrap();
        let push = client.push().unwrap();
        let tried = push.connection_events().unwrap();
        for _ in 0..2 {
            let pull = server.pull().unwrap();
            let events = pull.connection_events().unwrap();
            marry(&push, &pull);
            drop(pull);
            // Until the handle is gone.
            for event in events {
                assert_eq!(*endpoint(&event), bound, "{event}");
            }
            let down =
                |event: &ConnectionEvent| matches!(event, ConnectionEvent::Disconnected { .. });
            loop {
                let event = next(&tried);
                assert_eq!(*endpoint(&event), named, "{event}");
                if down(&event) {
                    break;
                }
            }
        }
        drop(server);
        loop {
            let event = next(&tried);
            assert_eq!(*endpoint(&event), named, "{event}");
            if matches!(event, ConnectionEvent::Retrying { .. }) {
                break;
            }
        }
    });
}

fn endpoint(event: &ConnectionEvent) -> &Endpoint {
    match event {
        ConnectionEvent::Listening { endpoint, .. }
        | ConnectionEvent::Connected { endpoint, .. }
        | ConnectionEvent::Accepted { endpoint, .. }
        | ConnectionEvent::Disconnected { endpoint, .. }
        | ConnectionEvent::HandshakeFailed { endpoint, .. }
        | ConnectionEvent::Retrying { endpoint, .. } => endpoint,
        other => panic!("{other}"),
    }
}

#[test]
fn a_disconnected_peer_does_not_stay_among_the_connected() {
    deadline(|| {
        let one = Server::bind_local(0).unwrap();
        let (_one, two) = (one.pull().unwrap(), Server::bind_local(0).unwrap());
        for turn in 0..300 {
            let client = Client::new();
            let push = client.push().unwrap();
            client.connect(one.endpoint()).unwrap();
            // Events arrive now; the next connect reads them.
            std::thread::park_timeout(Duration::from_micros(turn % 100 * 10));
            client.connect(two.endpoint()).unwrap();
            client.disconnect([one.endpoint(), two.endpoint()]).unwrap();
            std::thread::park_timeout(Duration::from_millis(3));
            assert_timeout(push.wait_connected(1, Duration::from_millis(1)));
        }
    });
}

#[test]
fn a_connection_has_its_number_from_its_beginning_to_its_end() {
    deadline(|| {
        let server = Server::bind_local(0).unwrap();
        let pull = server.pull().unwrap();
        let pulls = pull.connection_events().unwrap();
        assert_eq!(brief(&next(&pulls)), listening(&server));
        let mut ids = Vec::new();
        for _ in 0..3 {
            let client = Client::connect(server.port()).unwrap();
            let push = client.push().unwrap();
            let pushes = push.connection_events().unwrap();
            let ConnectionEvent::Connected { id: ours, peer, .. } = next(&pushes) else {
                panic!("it is not connected");
            };
            assert_eq!(peer.map(|peer| peer.port()), Some(server.port()));
            let ConnectionEvent::Accepted { id: theirs, .. } = next(&pulls) else {
                panic!("it is not accepted");
            };
            client.disconnect(server.port()).unwrap();
            let end = next(&pushes);
            assert!(matches!(end, ConnectionEvent::Disconnected { id, .. } if id == ours));
            let end = next(&pulls);
            assert!(matches!(end, ConnectionEvent::Disconnected { id, .. } if id == theirs));
            assert!(end.to_string().contains(&format!("connection {theirs}")));
            ids.extend([ours, theirs]);
        }
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 6);
    });
}

/// Why a connection is tried again, as the first such event says.
fn reason(push: &Push) -> Option<Refusal> {
    let mut events = push.connection_events().unwrap();
    let found = events.find_map(|event| match event {
        ConnectionEvent::Retrying { refusal, .. } => Some(refusal),
        _ => None,
    });
    found.expect("it is tried again")
}

#[test]
fn a_retry_says_why() {
    deadline(|| {
        let folder = Folder::new();
        let push = |to: &str| Client::connect(to).unwrap().push().unwrap();
        let nobody = push(&folder.ipc("nobody"));
        assert_eq!(reason(&nobody), Some(Refusal::ConnectionRefused));
        let timeout = nobody.wait_connected(1, Duration::ZERO).unwrap_err();
        assert_eq!(timeout.refusal(), Some(&Refusal::ConnectionRefused));
        if zeroless::capabilities().unwrap().libzmq != Libzmq::Zeroless {
            return; // It does not say.
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = port.local_addr().unwrap().to_string();
        drop(port);
        assert_eq!(reason(&push(&address)), Some(Refusal::ConnectionRefused));
    });
}

//! Abandoning one connection leaves all others.

mod support;

use std::io::Write;
use std::net::TcpListener;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use support::{SOON, deadline_after};
use zeroless::{Client, ConnectionEvent, ConnectionEvents, Endpoint, Server};

/// A stranger: sends nonsense to the first connection and leaves; libzmq does not retry it.
fn stranger() -> (u16, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let greeting = [
            0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0, b'B', b'A', b'D', 0,
        ];
        let _ = stream.write_all(&greeting);
        let _ = stream.write_all(&[0x55; 64]);
    });
    (port, thread)
}

/// Connects to a second server as soon as this is so; the first is a stranger. Then waits until
/// the stranger was tried anew, and sees that the second server gets the pushed message.
fn connect_after(refused: impl Fn(&ConnectionEvents)) {
    for round in 0..20 {
        // Before the stranger leaves its port to others.
        let server = Server::bind_local(0).unwrap();
        let (port, stranger) = stranger();
        // What is queued for the stranger holds up no end.
        let client = Client::connect(port).unwrap().linger(Duration::ZERO);
        let push = client.push().unwrap();
        let events = push.connection_events().unwrap();
        stranger.join().unwrap();
        refused(&events);
        client.connect(server.port()).unwrap();
        let anew: Endpoint = format!("tcp://127.0.0.1:{port}").parse().unwrap();
        let tried_anew = |event: &ConnectionEvent| matches!(event, ConnectionEvent::Retrying { endpoint, .. } if *endpoint == anew);
        loop {
            let event = events.recv_timeout(SOON).expect("it is tried anew");
            if tried_anew(&event) {
                break;
            }
        }
        let pull = server.pull().unwrap();
        for _ in 0..4 {
            push.send_timeout("x", SOON).unwrap();
        }
        assert!(pull.recv_timeout(SOON).is_ok(), "lost in round {round}");
    }
}

#[test]
fn an_endpoint_connected_immediately_after_a_refusal_stays() {
    deadline_after(SOON * 20, || connect_after(|_| ()));
}

#[test]
fn an_endpoint_connected_when_a_refusal_is_known_stays() {
    deadline_after(SOON * 20, || {
        connect_after(|events| drop(events.recv_timeout(SOON).expect("it is refused")));
    });
}

#[test]
fn an_endpoint_connected_among_strangers_stays() {
    deadline_after(SOON * 20, || {
        let client = Client::new();
        for _ in 0..4 {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            client
                .connect(listener.local_addr().unwrap().port())
                .unwrap();
            // Ends with the process.
            thread::spawn(move || {
                for stream in listener.incoming() {
                    let _ = stream.unwrap().write_all(&[0x55; 64]);
                }
            });
        }
        let pull = client.pull().unwrap();
        for round in 0..40 {
            let server = Server::bind_local(0).unwrap();
            let push = server.push().unwrap();
            client.connect(server.port()).unwrap();
            push.send_timeout("x", SOON).unwrap();
            assert!(pull.recv_timeout(SOON).is_ok(), "lost in round {round}");
            client.disconnect(server.port()).unwrap();
        }
    });
}

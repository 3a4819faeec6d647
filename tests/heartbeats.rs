//! Heartbeats end a connection, and never the process.

mod support;

use std::time::{Duration, Instant};

use support::{SOON, deadline, pause, until};
use zeroless::{Client, Heartbeat, Options, Server, capabilities};

/// Longer than it takes until two heartbeats are due.
const BEATS: Duration = Duration::from_secs(3);

/// Says more than fits between both, until for a while nothing more does, and hangs up.
fn flood(socket: zmq::Socket, context: zmq::Context, message: &[&[u8]]) {
    let (mut sent, mut taken) = (0, Instant::now());
    // Messages beyond its queue have left for the peer.
    while sent <= 2000 || taken.elapsed() < Duration::from_millis(200) {
        match socket.send_multipart(message, zmq::DONTWAIT) {
            Ok(()) => (sent, taken) = (sent + 1, Instant::now()),
            Err(_) => pause(),
        }
    }
    drop((socket, context));
    let since = Instant::now();
    until(|| since.elapsed() > BEATS);
}

#[test]
fn a_requester_that_asks_more_than_is_read_and_hangs_up_ends_nobody() {
    deadline(|| {
        let server = Server::bind_local(0).unwrap();
        let replier = server.reply().unwrap();
        let context = zmq::Context::new();
        let client = context.socket(zmq::DEALER).unwrap();
        client.set_linger(0).unwrap();
        client.connect(&server.endpoint().to_string()).unwrap();
        flood(client, context, &[b"", &[7; 1000]]);
        assert!(replier.try_recv().is_ok());
    });
}

#[test]
fn heartbeats_that_are_asked_for_end_nobody_either() {
    deadline(|| {
        if !capabilities().unwrap().heartbeats {
            return;
        }
        let every = Heartbeat::Every {
            interval: BEATS / 10,
            timeout: 2 * BEATS,
        };
        let server = Server::bind_local(0).unwrap();
        let server = server.options(Options::default().heartbeat(every));
        let replier = server.reply().unwrap();
        let context = zmq::Context::new();
        let client = context.socket(zmq::DEALER).unwrap();
        client.set_linger(0).unwrap();
        client.connect(&server.endpoint().to_string()).unwrap();
        flood(client, context, &[b"", &[7; 1000]]);
        assert!(replier.try_recv().is_ok());
    });
}

#[test]
fn a_replier_that_replies_more_than_is_read_and_hangs_up_ends_nobody() {
    deadline(|| {
        let context = zmq::Context::new();
        let server = context.socket(zmq::DEALER).unwrap();
        server.set_linger(0).unwrap();
        server.bind("tcp://127.0.0.1:*").unwrap();
        let endpoint = server.get_last_endpoint().unwrap().unwrap();
        let requester = Client::connect(&*endpoint).unwrap().request().unwrap();
        requester.wait_connected(1, SOON).unwrap();
        flood(server, context, &[b"12345678", b"", &[7; 1000]]);
        assert!(requester.status().is_ok());
    });
}

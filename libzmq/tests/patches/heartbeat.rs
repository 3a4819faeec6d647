//! A heartbeat on a connection that broke while the receive queue was full.

use std::time::{Duration, Instant};

use crate::{Monitor, bound, fact, pause, socket, until};

#[test]
fn a_heartbeat_on_a_broken_connection_ends_nobody() {
    fact(|| {
        let context = zmq::Context::new();
        let (server, endpoint) = bound(&context, zmq::ROUTER);
        // Those that connect from now on.
        server.set_heartbeat_ivl(100).unwrap();
        server.set_heartbeat_timeout(30_000).unwrap();
        server.set_rcvhwm(10).unwrap();
        server.unbind(&endpoint).unwrap();
        server.bind("tcp://127.0.0.1:*").unwrap();
        let endpoint = server.get_last_endpoint().unwrap().unwrap();
        let elsewhere = zmq::Context::new();
        let client = socket(&elsewhere, zmq::DEALER);
        client.set_sndhwm(10).unwrap();
        client.connect(&endpoint).unwrap();
        client.send("first", 0).unwrap();
        let monitor = Monitor::of(&context, &server, "heartbeat");
        // More than fits between both, and then it is gone.
        let (mut sent, mut taken) = (0, Instant::now());
        while sent < 100 || taken.elapsed() < Duration::from_millis(200) {
            match client.send(vec![7; 10_000], zmq::DONTWAIT) {
                Ok(()) => (sent, taken) = (sent + 1, Instant::now()),
                Err(_) => pause(),
            }
        }
        drop((client, elsewhere));
        // Several are due.
        let since = Instant::now();
        until(|| since.elapsed() > Duration::from_secs(1));
        // It takes all that has come, and then sees that the client is gone.
        server.set_rcvtimeo(100).unwrap();
        while server.recv_multipart(0).is_ok() {}
        monitor.wait(zmq::SocketEvent::DISCONNECTED);
    });
}

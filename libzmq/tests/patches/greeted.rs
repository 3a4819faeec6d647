//! The connection whose handshake has succeeded.

use std::net::TcpStream;

use zmq::SocketEvent;

use crate::{Monitor, fact, socket};

#[test]
fn a_peer_that_has_greeted_is_told_from_one_that_came_first() {
    fact(|| {
        let context = zmq::Context::new();
        let pull = socket(&context, zmq::PULL);
        let monitor = Monitor::of(&context, &pull, "greeted");
        pull.bind("tcp://127.0.0.1:*").unwrap();
        let endpoint = pull.get_last_endpoint().unwrap().unwrap();
        let silent = TcpStream::connect(endpoint.trim_start_matches("tcp://")).unwrap();
        let first = monitor.wait(SocketEvent::ACCEPTED);
        let push = socket(&context, zmq::PUSH);
        push.connect(&endpoint).unwrap();
        let second = monitor.wait(SocketEvent::ACCEPTED);
        assert_ne!(first, second);
        assert_eq!(monitor.wait(SocketEvent::HANDSHAKE_SUCCEEDED), second);
        drop(silent);
    });
}

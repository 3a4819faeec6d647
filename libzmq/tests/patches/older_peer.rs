//! A peer that speaks ZMTP 2.0.

use std::io::Write;
use std::net::TcpStream;

use crate::{Monitor, bound, fact};

#[test]
fn the_monitor_tells_that_a_peer_of_zmtp_2_is_there() {
    fact(|| {
        let context = zmq::Context::new();
        let (pull, endpoint) = bound(&context, zmq::PULL);
        let monitor = Monitor::of(&context, &pull, "older");
        let address = endpoint.strip_prefix("tcp://").unwrap();
        let mut peer = TcpStream::connect(address).unwrap();
        // Signature, revision, PUSH, no identity.
        peer.write_all(b"\xff\0\0\0\0\0\0\0\x01\x7f\x01\x08\0\0")
            .unwrap();
        monitor.wait(zmq::SocketEvent::HANDSHAKE_SUCCEEDED);
        peer.write_all(b"\0\x02hi").unwrap();
        assert_eq!(pull.recv_bytes(0).unwrap(), b"hi");
    });
}

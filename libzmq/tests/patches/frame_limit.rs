//! Frames above the limit.

use crate::{Monitor, fact, socket};

#[test]
fn the_sender_of_a_frame_above_the_limit_is_named() {
    fact(|| {
        let context = zmq::Context::new();
        let pull = socket(&context, zmq::PULL);
        pull.set_maxmsgsize(1000).unwrap();
        let monitor = Monitor::of(&context, &pull, "frame-limit");
        pull.bind("tcp://127.0.0.1:*").unwrap();
        let endpoint = pull.get_last_endpoint().unwrap().unwrap();
        let (fits, other) = (socket(&context, zmq::PUSH), socket(&context, zmq::PUSH));
        fits.connect(&endpoint).unwrap();
        fits.send("fits", 0).unwrap();
        assert_eq!(pull.recv_bytes(0).unwrap(), b"fits");
        monitor.wait(zmq::SocketEvent::ACCEPTED);
        other.connect(&endpoint).unwrap();
        let connection = monitor.wait(zmq::SocketEvent::ACCEPTED);
        other.send(vec![7; 1001], 0).unwrap();
        let word = monitor.wait(zmq::SocketEvent::HANDSHAKE_FAILED_PROTOCOL);
        assert_eq!(word, 0x7000_0000 | connection);
        assert_eq!(monitor.wait(zmq::SocketEvent::DISCONNECTED), connection);
    });
}

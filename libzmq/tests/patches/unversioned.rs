//! A peer that does not begin as ZMTP does.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::{Monitor, SOON, bound, fact};

#[test]
fn an_http_client_is_refused_with_a_word() {
    fact(|| {
        let context = zmq::Context::new();
        let (pull, endpoint) = bound(&context, zmq::PULL);
        let monitor = Monitor::of(&context, &pull, "unversioned");
        let address = endpoint.strip_prefix("tcp://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        stream
            .write_all(b"GET / HTTP/1.1\r\nHost: it\r\n\r\n")
            .unwrap();
        const ZMTP_UNSPECIFIED: u32 = 0x1000_0000;
        let word = monitor.wait(zmq::SocketEvent::HANDSHAKE_FAILED_PROTOCOL);
        assert_eq!(word, ZMTP_UNSPECIFIED);
        // It ends, at once or by a reset.
        let mut rest = Vec::new();
        let ended = stream.read_to_end(&mut rest);
        let timeout = ended.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
        assert!(!timeout, "it is still there");
    });
}

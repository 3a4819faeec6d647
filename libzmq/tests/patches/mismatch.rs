//! A peer with another mechanism.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::{SOON, fact, socket};

/// A whole greeting of ZMTP 3.1 with this mechanism.
fn greeting(mechanism: &[u8]) -> [u8; 64] {
    let mut greeting = [0; 64];
    (greeting[0], greeting[9]) = (0xff, 0x7f);
    (greeting[10], greeting[11]) = (3, 1);
    greeting[12..12 + mechanism.len()].copy_from_slice(mechanism);
    greeting
}

#[test]
fn a_peer_with_another_mechanism_is_told_of_ours() {
    fact(|| {
        let context = zmq::Context::new();
        let pull = socket(&context, zmq::PULL);
        pull.set_plain_server(true).unwrap();
        pull.bind("tcp://127.0.0.1:*").unwrap();
        let endpoint = pull.get_last_endpoint().unwrap().unwrap();
        let mut stream = TcpStream::connect(endpoint.trim_start_matches("tcp://")).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        stream.write_all(&greeting(b"NULL")).unwrap();
        let mut received = Vec::new();
        stream.read_to_end(&mut received).unwrap();
        assert_eq!(received.get(12..18), Some(&b"PLAIN\0"[..]), "{received:?}");
    });
}

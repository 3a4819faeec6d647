//! A peer that completes its handshake after its server has unbound.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use zmq::SocketEvent;

use crate::{Monitor, SOON, await_commands, fact, socket};

/// ZMTP's greeting for PLAIN.
fn greeting() -> [u8; 64] {
    let mut greeting = [0; 64];
    (greeting[0], greeting[9], greeting[10]) = (0xff, 0x7f, 3);
    greeting[12..17].copy_from_slice(b"PLAIN");
    greeting
}

/// Reads a command.
fn command(stream: &mut TcpStream) -> Vec<u8> {
    let mut header = [0; 2];
    stream.read_exact(&mut header).unwrap();
    assert_eq!(header[0], 4, "a command");
    let mut command = vec![0; header[1].into()];
    stream.read_exact(&mut command).unwrap();
    command
}

#[test]
fn a_peer_that_was_let_in_before_the_server_unbound_does_not_stay() {
    fact(|| {
        let context = zmq::Context::new();
        let handler = socket(&context, zmq::REP);
        handler.bind("inproc://zeromq.zap.01").unwrap();
        let pull = socket(&context, zmq::PULL);
        pull.set_plain_server(true).unwrap();
        pull.set_zap_domain("test").unwrap();
        pull.bind("tcp://127.0.0.1:*").unwrap();
        let endpoint = pull.get_last_endpoint().unwrap().unwrap();
        let monitor = Monitor::of(&context, &pull, "ended-handshake");
        let address = endpoint.strip_prefix("tcp://").unwrap();
        let mut peer = TcpStream::connect(address).unwrap();
        peer.set_read_timeout(Some(SOON)).unwrap();
        peer.write_all(&greeting()).unwrap();
        peer.read_exact(&mut [0; 64]).unwrap();
        peer.write_all(b"\x04\x10\x05HELLO\x03ann\x05magic")
            .unwrap();
        let request = handler.recv_multipart(0).unwrap();
        let reply = [b"1.0", &request[1][..], b"200", b"OK", b"ann", b""];
        handler.send_multipart(reply, 0).unwrap();
        assert_eq!(command(&mut peer), b"\x07WELCOME");
        // Its end waits for the authenticator, which does not look before the handshake is over.
        pull.unbind(&endpoint).unwrap();
        monitor.wait(SocketEvent::CLOSED);
        await_commands(&context);
        let _ = peer.write_all(b"\x04\x1d\x08INITIATE\x0bSocket-Type\0\0\0\x04PUSH");
        let _ = peer.write_all(b"\0\x05hello");
        await_commands(&context);
        handler.get_events().unwrap();
        let mut rest = Vec::new();
        match peer.read_to_end(&mut rest) {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "it stays"),
        }
        pull.set_rcvtimeo(0).unwrap();
        assert_eq!(pull.recv_bytes(0), Err(zmq::Error::EAGAIN));
    });
}

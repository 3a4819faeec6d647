//! Which connection a message came by.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::{Monitor, SOON, bound, fact, socket};

/// The event of a number, and ACCEPTED.
const NUMBER: u16 = 0x8000;
const ACCEPTED: u16 = 0x20;

/// The number of the next connection, of a monitor that has asked for both.
fn number(monitor: &Monitor) -> String {
    let (kind, _, number) = monitor.next_raw();
    assert_eq!((kind, monitor.next_raw().0), (NUMBER, ACCEPTED));
    number
}

/// The number and the peer of the message that comes next.
fn received(pull: &zmq::Socket) -> (String, String) {
    let mut message = pull.recv_msg(0).unwrap();
    let connection = message.gets("__connection").unwrap();
    let (number, peer) = connection.split_once(' ').unwrap();
    (number.to_owned(), peer.to_owned())
}

#[test]
fn a_message_has_the_number_of_its_connection() {
    fact(|| {
        let context = zmq::Context::new();
        let (pull, endpoint) = bound(&context, zmq::PULL);
        let monitor = Monitor::asking(&context, &pull, "connection", NUMBER | ACCEPTED);
        let mut numbers = Vec::new();
        for _ in 0..3 {
            let push = socket(&context, zmq::PUSH);
            push.connect(&endpoint).unwrap();
            push.set_linger(SOON.as_millis() as i32).unwrap();
            push.send("to be read later", 0).unwrap();
            numbers.push(number(&monitor));
        }
        // The connections have ended, or will.
        let mut told = Vec::new();
        for _ in 0..3 {
            let (its_number, peer) = received(&pull);
            assert!(peer.starts_with("127.0.0.1:"), "{peer}");
            told.push(its_number);
        }
        told.sort();
        numbers.sort();
        assert_eq!(told, numbers);
        numbers.dedup();
        assert_eq!(numbers.len(), 3);
    });
}

#[test]
fn a_process_is_told_over_ipc() {
    fact(|| {
        let context = zmq::Context::new();
        let pull = socket(&context, zmq::PULL);
        pull.bind("ipc://*").unwrap();
        let push = socket(&context, zmq::PUSH);
        push.connect(&pull.get_last_endpoint().unwrap().unwrap())
            .unwrap();
        push.send("hi", 0).unwrap();
        let (_, peer) = received(&pull);
        assert!(
            peer.ends_with(&format!(":{}", std::process::id())),
            "{peer}"
        );
        assert_eq!(peer.split(':').count(), 3);
    });
}

#[test]
fn a_peer_cannot_say_that_it_is_another() {
    fact(|| {
        let context = zmq::Context::new();
        let (pull, endpoint) = bound(&context, zmq::PULL);
        let monitor = Monitor::asking(&context, &pull, "another", NUMBER | ACCEPTED);
        let mut peer = TcpStream::connect(endpoint.trim_start_matches("tcp://")).unwrap();
        peer.set_read_timeout(Some(SOON)).unwrap();
        let mut ready = b"\x05READY\x0bSocket-Type\0\0\0\x04PUSH".to_vec();
        ready.extend(b"\x0c__connection\0\0\0\x0b1 1.2.3.4:5");
        let mut bytes = b"\xff\0\0\0\0\0\0\0\0\x7f\x03\0NULL".to_vec();
        bytes.resize(64, 0);
        bytes.extend([4, ready.len() as u8]);
        bytes.extend(ready);
        peer.write_all(&bytes).unwrap();
        // The greeting, and READY with the type of the socket.
        peer.read_exact(&mut [0; 64 + 28]).unwrap();
        peer.write_all(b"\0\x02hi").unwrap();
        let own = peer.local_addr().unwrap().to_string();
        assert_eq!(received(&pull), (number(&monitor), own));
    });
}

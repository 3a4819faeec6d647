//! Which connection a message came by.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::{SOON, bound, fact, socket};

/// The events of a monitor that has asked for numbers.
struct Monitor(zmq::Socket);

impl Monitor {
    fn of(context: &zmq::Context, socket: &zmq::Socket, name: &str) -> Monitor {
        let endpoint = format!("inproc://{name}");
        // The numbers, and ACCEPTED.
        socket.monitor(&endpoint, 0x8020).unwrap();
        let monitor = self::socket(context, zmq::PAIR);
        monitor.connect(&endpoint).unwrap();
        Monitor(monitor)
    }

    fn next(&self) -> (u16, String) {
        let event = self.0.recv_bytes(0).unwrap();
        let endpoint = self.0.recv_string(0).unwrap().unwrap();
        (u16::from_ne_bytes([event[0], event[1]]), endpoint)
    }

    /// The number of the next connection.
    fn number(&self) -> String {
        let (kind, number) = self.next();
        assert_eq!((kind, self.next().0), (0x8000, 0x20));
        number
    }
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
        let monitor = Monitor::of(&context, &pull, "connection");
        let mut numbers = Vec::new();
        for _ in 0..3 {
            let push = socket(&context, zmq::PUSH);
            push.connect(&endpoint).unwrap();
            push.set_linger(SOON.as_millis() as i32).unwrap();
            push.send("to be read later", 0).unwrap();
            numbers.push(monitor.number());
        }
        // The connections have ended, or will.
        let mut told = Vec::new();
        for _ in 0..3 {
            let (number, peer) = received(&pull);
            assert!(peer.starts_with("127.0.0.1:"), "{peer}");
            told.push(number);
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
        let monitor = Monitor::of(&context, &pull, "another");
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
        assert_eq!(received(&pull), (monitor.number(), own));
    });
}

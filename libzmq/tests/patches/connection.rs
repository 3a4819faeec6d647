//! Which connection a message came by.

#![expect(unsafe_code, reason = "the function is C++")]

use std::io::{Read, Write};
use std::net::TcpStream;

use zeroless_libzmq::CONNECTION;

use crate::{Monitor, SOON, bound, fact, socket, until};

/// The event of a number, and ACCEPTED.
const NUMBER: u16 = 0x8000;
const ACCEPTED: u16 = 0x20;

/// The number and the peer of the next connection, of a monitor that has asked for both events.
fn accepted(monitor: &Monitor) -> (String, String) {
    let (kind, _, connection) = monitor.next_raw();
    assert_eq!((kind, monitor.next_raw().0), (NUMBER, ACCEPTED));
    let (number, peer) = connection.split_once(' ').unwrap();
    (number.to_owned(), peer.to_owned())
}

/// The number of the connection of a message, told alone.
fn number_alone(message: &zmq::Message) -> u64 {
    let connection = CONNECTION.expect("the patch is made");
    // SAFETY: the message is of the libzmq that the function is of, and a zmq::Message is a zmq_msg_t.
    unsafe { connection((&raw const *message).cast()) }
}

/// The number and the peer of the message that comes next.
fn received(pull: &zmq::Socket) -> (String, String) {
    let mut message = pull.recv_msg(0).unwrap();
    let alone = number_alone(&message);
    let connection = message.gets("__connection").unwrap();
    let (number, peer) = connection.split_once(' ').unwrap();
    assert_eq!(number.parse(), Ok(alone));
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
            numbers.push(accepted(&monitor));
        }
        // The connections have ended, or will.
        let mut told = Vec::new();
        for _ in 0..3 {
            let (its_number, peer) = received(&pull);
            assert!(peer.starts_with("127.0.0.1:"), "{peer}");
            told.push((its_number, peer));
        }
        told.sort();
        numbers.sort();
        assert_eq!(told, numbers);
        numbers.dedup();
        assert_eq!(numbers.len(), 3);
    });
}

#[test]
fn each_frame_tells_the_number_alone() {
    fact(|| {
        let context = zmq::Context::new();
        let kinds = [
            (zmq::PUSH, zmq::PULL),
            (zmq::PAIR, zmq::PAIR),
            (zmq::DEALER, zmq::ROUTER),
            (zmq::ROUTER, zmq::DEALER),
            (zmq::REQ, zmq::REP),
        ];
        for (sends, receives) in kinds {
            let receiver = socket(&context, receives);
            receiver.set_identity(b"receiver").unwrap();
            receiver.bind("tcp://127.0.0.1:*").unwrap();
            let endpoint = receiver.get_last_endpoint().unwrap().unwrap();
            let name = format!("alone-{sends:?}");
            let monitor = Monitor::asking(&context, &receiver, &name, NUMBER | ACCEPTED);
            let sender = socket(&context, sends);
            sender.connect(&endpoint).unwrap();
            let number = accepted(&monitor).0.parse().unwrap();
            if sends == zmq::ROUTER {
                sender.set_router_mandatory(true).unwrap();
                until(|| sender.send("receiver", zmq::SNDMORE).is_ok());
            }
            // libzmq keeps frames of these sizes in several ways.
            for size in [0, 33, 34, 1000, 100_000] {
                sender.send(vec![7; size], zmq::SNDMORE).unwrap();
            }
            sender.send("the last", 0).unwrap();
            let mut message = zmq::Message::new();
            while {
                receiver.recv(&mut message, 0).unwrap();
                assert_eq!(number_alone(&message), number, "{sends:?}");
                message.get_more()
            } {}
            assert_eq!(&message[..], b"the last");
        }
    });
}

#[test]
fn a_message_that_came_by_no_connection_has_the_number_0() {
    fact(|| {
        let context = zmq::Context::new();
        let (pull, endpoint) = bound(&context, zmq::PULL);
        let push = socket(&context, zmq::PUSH);
        push.connect(&endpoint).unwrap();
        let [one, two] = [(); 2].map(|()| socket(&context, zmq::PAIR));
        one.bind("inproc://within").unwrap();
        two.connect("inproc://within").unwrap();
        assert_eq!(number_alone(&zmq::Message::from("made here")), 0);
        one.send("made here", 0).unwrap();
        assert_eq!(number_alone(&two.recv_msg(0).unwrap()), 0);
        // One that came by a connection, and is sent on.
        push.send("sent on", 0).unwrap();
        let message = pull.recv_msg(0).unwrap();
        assert_ne!(number_alone(&message), 0);
        one.send(message, 0).unwrap();
        assert_eq!(number_alone(&two.recv_msg(0).unwrap()), 0);
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
        let (number, own) = accepted(&monitor);
        assert_eq!(peer.local_addr().unwrap().to_string(), own);
        assert_eq!(received(&pull), (number, own));
    });
}

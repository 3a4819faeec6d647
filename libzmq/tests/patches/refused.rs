//! What is queued for a peer that refuses the connection, or breaks off with invalid bytes.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use zmq::SocketEvent;

use crate::{Monitor, bound, fact, socket};

/// The beginning of a PULL of ZMTP 3.0, without security.
fn greeting_of_a_pull() -> Vec<u8> {
    let mut greeting = vec![0; 64];
    (greeting[0], greeting[9], greeting[10]) = (0xff, 0x7f, 3);
    greeting[12..16].copy_from_slice(b"NULL");
    let ready = b"\x05READY\x0bSocket-Type\0\0\0\x04PULL";
    greeting.extend([4, ready.len() as u8]);
    greeting.extend(ready);
    greeting
}

#[test]
fn messages_for_a_peer_of_another_kind_arrive_at_the_next_that_fits() {
    fact(|| {
        let context = zmq::Context::new();
        let (rep, endpoint) = bound(&context, zmq::REP);
        let push = socket(&context, zmq::PUSH);
        let monitor = Monitor::of(&context, &push, "refused-kept");
        push.connect(&endpoint).unwrap();
        push.send("before", 0).unwrap();
        monitor.wait(SocketEvent::DISCONNECTED);
        push.send("after", 0).unwrap();
        monitor.wait(SocketEvent::DISCONNECTED);
        let rep_monitor = Monitor::of(&context, &rep, "refused-rep");
        drop(rep);
        rep_monitor.wait(SocketEvent::CLOSED);
        let pull = socket(&context, zmq::PULL);
        pull.bind(&endpoint).unwrap();
        assert_eq!(pull.recv_bytes(0).unwrap(), b"before");
        assert_eq!(pull.recv_bytes(0).unwrap(), b"after");
    });
}

#[test]
fn a_peer_that_refuses_is_tried_more_and_more_rarely() {
    fact(|| {
        let context = zmq::Context::new();
        let (_rep, endpoint) = bound(&context, zmq::REP);
        let push = socket(&context, zmq::PUSH);
        push.set_reconnect_ivl(10).unwrap();
        push.set_reconnect_ivl_max(70).unwrap();
        let monitor = Monitor::of(&context, &push, "refused-pauses");
        push.connect(&endpoint).unwrap();
        for pause in [10, 20, 40, 70, 70] {
            assert_eq!(monitor.wait(SocketEvent::CONNECT_RETRIED), pause);
        }
    });
}

#[test]
fn messages_that_a_peer_had_not_taken_before_it_sent_nonsense_arrive_at_the_next() {
    fact(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let context = zmq::Context::new();
        let push = socket(&context, zmq::PUSH);
        push.set_maxmsgsize(100).unwrap();
        push.set_sndbuf(1 << 16).unwrap();
        let monitor = Monitor::of(&context, &push, "refused-nonsense");
        push.connect(&format!("tcp://{address}")).unwrap();
        let (mut peer, _) = listener.accept().unwrap();
        peer.write_all(&greeting_of_a_pull()).unwrap();
        monitor.wait(SocketEvent::HANDSHAKE_SUCCEEDED);
        // More than the system takes.
        for _ in 0..256 {
            push.send(vec![7; 1 << 17], 0).unwrap();
        }
        push.send("the last", 0).unwrap();
        peer.write_all(b"\x02\x7f\xff\xff\xff\xff\xff\xff\xff")
            .unwrap();
        monitor.wait(SocketEvent::DISCONNECTED);
        drop(listener);
        thread::spawn(move || peer.read_to_end(&mut Vec::new()));
        let pull = socket(&context, zmq::PULL);
        pull.bind(&format!("tcp://{address}")).unwrap();
        while pull.recv_bytes(0).unwrap() != b"the last" {}
    });
}

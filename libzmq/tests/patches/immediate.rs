//! Messages that have come over an immediate connection, and are received after its end.

use crate::{Monitor, bound, fact, socket, until};

/// How many messages come.
const MESSAGES: usize = 10;

#[test]
fn messages_that_have_come_over_an_immediate_connection_outlive_it() {
    fact(|| {
        let kinds = [
            (zmq::ROUTER, zmq::DEALER),
            (zmq::PUSH, zmq::PULL),
            (zmq::PUB, zmq::SUB),
        ];
        for (round, (sends, receives)) in kinds.into_iter().enumerate() {
            let context = zmq::Context::new();
            let (sender, endpoint) = bound(&context, sends);
            let receiver = socket(&context, receives);
            receiver.set_immediate(true).unwrap();
            let monitor = Monitor::of(&context, &receiver, &format!("immediate-{round}"));
            if receives == zmq::SUB {
                receiver.set_subscribe(b"").unwrap();
            }
            receiver.connect(&endpoint).unwrap();
            monitor.wait(zmq::SocketEvent::HANDSHAKE_SUCCEEDED);
            let mut identity = None;
            if sends == zmq::ROUTER {
                receiver.send("hello", 0).unwrap();
                identity = sender.recv_multipart(0).unwrap().into_iter().next();
            }
            // A publisher knows its subscribers some time after the handshake.
            let mut come = Vec::new();
            while sends == zmq::PUB && come.is_empty() {
                sender.send("here?", 0).unwrap();
                receiver.set_rcvtimeo(1).unwrap();
                come.extend(receiver.recv_bytes(0));
            }
            for _ in 0..MESSAGES {
                if let Some(identity) = &identity {
                    sender.send(identity, zmq::SNDMORE).unwrap();
                }
                sender.send("message", 0).unwrap();
            }
            sender.set_linger(-1).unwrap();
            drop(sender);
            monitor.wait(zmq::SocketEvent::DISCONNECTED);
            // By now libzmq has told the socket of the end, too.
            monitor.wait(zmq::SocketEvent::CONNECT_RETRIED);
            // The socket hears of it as soon as it is looked at, before it receives.
            receiver.get_events().unwrap();
            receiver.set_rcvtimeo(1000).unwrap();
            let mut received = 0;
            while received < MESSAGES {
                match receiver.recv_bytes(0) {
                    Ok(bytes) => received += usize::from(bytes == b"message"),
                    Err(_) => panic!("{received} of {MESSAGES}, {receives:?}"),
                }
            }
        }
    });
}

/// How many connections have ended when the bound is looked at, and how many of them are kept.
const CONNECTIONS: usize = 40;
const KEPT: usize = 16;

#[test]
fn messages_of_the_last_connections_alone_are_kept() {
    fact(|| {
        let context = zmq::Context::new();
        let (sender, endpoint) = bound(&context, zmq::PUSH);
        let receiver = socket(&context, zmq::PULL);
        receiver.set_immediate(true).unwrap();
        let monitor = Monitor::of(&context, &receiver, "immediate-bound");
        receiver.connect(&endpoint).unwrap();
        let mut sender = Some(sender);
        for number in 0..CONNECTIONS {
            monitor.wait(zmq::SocketEvent::HANDSHAKE_SUCCEEDED);
            // Two frames: none is torn.
            let number = (number as u32).to_ne_bytes();
            let taken = sender.take().unwrap();
            taken.send_multipart([&number[..], &number], 0).unwrap();
            taken.set_linger(-1).unwrap();
            drop(taken);
            monitor.wait(zmq::SocketEvent::CONNECT_RETRIED);
            receiver.get_events().unwrap();
            // The port is free as soon as the socket before has ended.
            let next = socket(&context, zmq::PUSH);
            until(|| next.bind(&endpoint).is_ok());
            sender = Some(next);
        }
        monitor.wait(zmq::SocketEvent::HANDSHAKE_SUCCEEDED);
        receiver.set_rcvtimeo(1000).unwrap();
        let mut received = Vec::new();
        while let Ok(message) = receiver.recv_multipart(0) {
            assert_eq!(message[0], message[1]);
            received.push(u32::from_ne_bytes(message[0][..].try_into().unwrap()) as usize);
        }
        received.sort();
        assert_eq!(received, Vec::from_iter(CONNECTIONS - KEPT..CONNECTIONS));
    });
}

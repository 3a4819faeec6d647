//! How long a closed socket goes on delivering, and the event that tells of the rest.

use crate::{Monitor, fact, slow_pull, socket};

/// Bits that are set in the number of messages that are told, and in no errno.
const UNDELIVERED: u32 = 0x7000_0000;

/// Half a minute while a peer is connected.
const LONG: i32 = -30_000;

#[test]
fn where_nobody_is_it_ends_after_a_second_and_tells_the_losses() {
    fact(|| {
        let context = zmq::Context::new();
        let push = socket(&context, zmq::PUSH);
        let monitor = Monitor::of(&context, &push, "linger-alone");
        push.set_linger(LONG).unwrap();
        let path = std::env::temp_dir().join("zeroless-nobody");
        push.connect(&format!("ipc://{}", path.display())).unwrap();
        for _ in 0..3 {
            push.send_multipart(["two", "frames"], 0).unwrap();
        }
        drop(push);
        assert_eq!(
            monitor.wait(zmq::SocketEvent::CLOSE_FAILED),
            UNDELIVERED | 3
        );
    });
}

#[test]
fn where_nothing_was_sent_nothing_is_lost() {
    fact(|| {
        let context = zmq::Context::new();
        // It accepts, and never greets.
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let push = socket(&context, zmq::PUSH);
        let monitor = Monitor::of(&context, &push, "linger-silent");
        push.set_linger(LONG).unwrap();
        let address = silent.local_addr().unwrap();
        push.connect(&format!("tcp://{address}")).unwrap();
        monitor.wait(zmq::SocketEvent::CONNECTED);
        push.disconnect(&format!("tcp://{address}")).unwrap();
        std::thread::park_timeout(std::time::Duration::from_millis(1500));
        drop(push);
        loop {
            match monitor.next().0 {
                zmq::SocketEvent::CLOSE_FAILED => panic!("something is lost"),
                zmq::SocketEvent::MONITOR_STOPPED => break,
                _ => {}
            }
        }
    });
}

#[test]
fn messages_that_a_peer_has_not_taken_in_time_are_told() {
    fact(|| {
        let context = zmq::Context::new();
        let (_pull, endpoint) = slow_pull(&context);
        let push = socket(&context, zmq::PUSH);
        let monitor = Monitor::of(&context, &push, "linger-slow");
        push.set_linger(-2_000).unwrap();
        push.connect(&endpoint).unwrap();
        monitor.wait(zmq::SocketEvent::HANDSHAKE_SUCCEEDED);
        for _ in 0..900 {
            push.send(vec![7; 1 << 17], 0).unwrap();
        }
        drop(push);
        let lost = monitor.wait(zmq::SocketEvent::CLOSE_FAILED) ^ UNDELIVERED;
        assert!((1..900).contains(&lost), "{lost}");
    });
}

#[test]
fn a_socket_whose_peer_takes_messages_has_time() {
    fact(|| {
        let context = zmq::Context::new();
        let (pull, endpoint) = slow_pull(&context);
        let push = socket(&context, zmq::PUSH);
        push.set_linger(LONG).unwrap();
        push.connect(&endpoint).unwrap();
        for _ in 0..900 {
            push.send(vec![7; 1 << 17], 0).unwrap();
        }
        drop(push);
        for number in 1..=900 {
            // Longer than the second that it has where nobody is.
            if number == 100 {
                std::thread::park_timeout(std::time::Duration::from_millis(1500));
            }
            assert!(pull.recv_bytes(0).is_ok(), "{number}");
        }
    });
}

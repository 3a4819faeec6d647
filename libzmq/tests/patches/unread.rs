//! A peer that closes its end before all that it sent was read.

use crate::{fact, socket};

#[test]
fn messages_that_a_peer_sent_before_it_went_are_read() {
    fact(|| {
        let context = zmq::Context::new();
        let path = std::env::temp_dir().join(format!("zeroless-unread-{}", std::process::id()));
        let endpoint = format!("ipc://{}", path.display());
        // About as much as fits into the buffers of a connection.
        for count in 150..250 {
            let pull = socket(&context, zmq::PULL);
            pull.set_rcvhwm(1).unwrap();
            pull.bind(&endpoint).unwrap();
            let push = socket(&context, zmq::PUSH);
            push.set_linger(-1).unwrap();
            push.connect(&endpoint).unwrap();
            for _ in 0..count {
                push.send(vec![7; 1 << 10], 0).unwrap();
            }
            drop(push);
            for number in 1..=count {
                assert!(pull.recv_bytes(0).is_ok(), "{number} of {count}");
            }
        }
    });
}

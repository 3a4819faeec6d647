//! A connection that ends while the system takes but a part of what is left.

use crate::{fact, slow_pull, socket};

#[test]
fn what_was_sent_last_arrives_though_the_system_takes_it_in_parts() {
    fact(|| {
        let context = zmq::Context::new();
        // About as much as fits into the buffers of a connection.
        for count in 10..80 {
            let (pull, endpoint) = slow_pull(&context);
            let push = socket(&context, zmq::PUSH);
            push.set_sndbuf(4096).unwrap();
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

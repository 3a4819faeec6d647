//! Messages that are sent just after a disconnect.

use crate::{Monitor, bound, fact, socket};

/// How many messages are sent after each disconnect.
const MESSAGES: usize = 10;

#[test]
fn after_a_disconnect_all_messages_go_elsewhere() {
    fact(|| {
        let context = zmq::Context::new();
        for round in 0..20 {
            let ends = [(); 2].map(|()| bound(&context, zmq::PULL));
            let push = socket(&context, zmq::PUSH);
            push.set_immediate(true).unwrap();
            let monitor = Monitor::of(&context, &push, &format!("disconnect-{round}"));
            for (_, endpoint) in &ends {
                push.connect(endpoint).unwrap();
                monitor.wait(zmq::SocketEvent::HANDSHAKE_SUCCEEDED);
            }
            // Both have a pipe.
            for _ in 0..2 {
                push.send("before", 0).unwrap();
            }
            for (pull, _) in &ends {
                assert_eq!(pull.recv_bytes(0).unwrap(), b"before");
            }
            let [(_, gone), (pull, _)] = &ends;
            push.disconnect(gone).unwrap();
            for _ in 0..MESSAGES {
                push.send("after", 0).unwrap();
            }
            for number in 0..MESSAGES {
                assert!(pull.recv_bytes(0).is_ok(), "{number} of {MESSAGES}");
            }
        }
    });
}

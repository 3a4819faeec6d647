//! A high-water mark that is set while a connection ends.

use std::thread;
use std::time::{Duration, Instant};

use crate::{bound, fact, socket, until};

#[test]
fn a_high_water_mark_that_comes_too_late_is_no_harm() {
    fact(|| {
        let context = zmq::Context::new();
        let (pull, endpoint) = bound(&context, zmq::PULL);
        for number in 0..50 {
            let elsewhere = zmq::Context::new();
            let push = socket(&elsewhere, zmq::PUSH);
            push.connect(&endpoint).unwrap();
            push.send("here", 0).unwrap();
            pull.recv_bytes(0).unwrap();
            drop((push, elsewhere));
            // The end takes two steps of the socket's own, and between them the other half of
            // the pipe is freed. Nothing tells of it.
            let since = Instant::now();
            until(|| {
                pull.get_events().unwrap();
                thread::park_timeout(Duration::from_millis(3));
                pull.set_rcvhwm(1000 + number).unwrap();
                since.elapsed() > Duration::from_millis(30)
            });
        }
    });
}

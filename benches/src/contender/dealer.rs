//! DEALER and ROUTER of bare libzmq, blocking: many requests at a time.

use std::hint::black_box;

use zmq::{Message, SNDMORE};

use super::Contender;
use super::bare::{bound, connected};
use crate::job::Job;
use crate::meter::Meter;

/// A request is its body alone: replies are told apart by nothing.
pub struct BareDealer;

/// A request is the three frames that zeroless's has: an id, an empty one, and the body.
pub struct BareEnvelope;

impl Contender for BareDealer {
    fn name(&self) -> &'static str {
        "bare DEALER/ROUTER"
    }

    fn request(&self, job: &Job, meter: &mut Meter) {
        let socket = connected(job, zmq::DEALER);
        let body = &job.body()[..];
        let mut message = Message::new();
        let mut under_way = 0;
        while meter.more() {
            socket.send(body, 0).unwrap();
            under_way += 1;
            if under_way == job.in_flight {
                socket.recv(&mut message, 0).unwrap();
                black_box(&message);
                under_way -= 1;
            }
        }
    }

    fn reply(&self, job: &Job, ready: &mut dyn FnMut(&str)) {
        send_back(job, ready, 1);
    }
}

impl Contender for BareEnvelope {
    fn name(&self) -> &'static str {
        "bare DEALER/ROUTER, 3 frames"
    }

    fn request(&self, job: &Job, meter: &mut Meter) {
        let socket = connected(job, zmq::DEALER);
        let body = &job.body()[..];
        let mut message = Message::new();
        let (mut id, mut under_way) = (0u64, 0);
        while meter.more() {
            id += 1;
            socket.send(&id.to_ne_bytes()[..], SNDMORE).unwrap();
            socket.send(&[][..], SNDMORE).unwrap();
            socket.send(body, 0).unwrap();
            under_way += 1;
            if under_way == job.in_flight {
                for _ in 0..3 {
                    socket.recv(&mut message, 0).unwrap();
                    black_box(&message);
                }
                under_way -= 1;
            }
        }
    }

    fn reply(&self, job: &Job, ready: &mut dyn FnMut(&str)) {
        send_back(job, ready, 3);
    }
}

/// Sends each message back, after the name of its sender; it knows how many frames there are.
fn send_back(job: &Job, ready: &mut dyn FnMut(&str), frames: usize) {
    let socket = bound(job, zmq::ROUTER, ready);
    let mut message = Message::new();
    loop {
        for _ in 0..frames {
            socket.recv(&mut message, 0).unwrap();
            socket.send(&message[..], SNDMORE).unwrap();
        }
        socket.recv(&mut message, 0).unwrap();
        socket.send(&message[..], 0).unwrap();
    }
}

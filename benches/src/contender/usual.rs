//! The zmq crate's usual ways: `send_multipart` and `recv_multipart`, `recv_msg`.

use std::hint::black_box;

use super::Contender;
use super::bare::{bound, connected};
use crate::job::Job;
use crate::meter::Meter;

/// Each message as a `Vec` of `Vec`s.
pub struct RecvMultipart;

/// Each frame as a new message, asked whether there are more.
pub struct RecvMsg;

impl Contender for RecvMultipart {
    fn name(&self) -> &'static str {
        "zmq recv_multipart"
    }

    fn push(&self, job: &Job, meter: &mut Meter) {
        push(job, meter);
    }

    fn pull(&self, job: &Job, ready: &mut dyn FnMut(&str), meter: &mut Meter) {
        let socket = bound(job, zmq::PULL, ready);
        while meter.more() {
            black_box(socket.recv_multipart(0).unwrap());
        }
    }
}

impl Contender for RecvMsg {
    fn name(&self) -> &'static str {
        "zmq recv_msg"
    }

    fn push(&self, job: &Job, meter: &mut Meter) {
        push(job, meter);
    }

    fn pull(&self, job: &Job, ready: &mut dyn FnMut(&str), meter: &mut Meter) {
        let socket = bound(job, zmq::PULL, ready);
        while meter.more() {
            let first = socket.recv_msg(0).unwrap();
            let mut more = first.get_more();
            let mut rest = Vec::new();
            while more {
                let frame = socket.recv_msg(0).unwrap();
                more = frame.get_more();
                rest.push(frame);
            }
            black_box((first, rest));
        }
    }
}

fn push(job: &Job, meter: &mut Meter) {
    let socket = connected(job, zmq::PUSH);
    let body = &job.body()[..];
    match job.frames {
        1 => {
            while meter.more() {
                socket.send(body, 0).unwrap();
            }
        }
        n => {
            while meter.more() {
                socket
                    .send_multipart(std::iter::repeat_n(body, n), 0)
                    .unwrap();
            }
        }
    }
}

//! libzmq with as little as possible around it: the zmq crate, a reused message, default options.

use std::ffi::c_int;
use std::hint::black_box;
use std::sync::LazyLock;

use zmq::{Context, Message, SNDMORE, Socket};

use super::{Contender, key_pair, mesh};
use crate::job::Job;
use crate::meter::Meter;

/// PUSH and PULL, blocking REQ and REP.
pub struct Bare;

impl Contender for Bare {
    fn name(&self) -> &'static str {
        "bare libzmq"
    }

    fn push(&self, job: &Job, meter: &mut Meter) {
        let socket = connected(job, zmq::PUSH);
        let body = &job.body()[..];
        while meter.more() {
            for _ in 1..job.frames {
                socket.send(body, SNDMORE).unwrap();
            }
            socket.send(body, 0).unwrap();
        }
    }

    fn pull(&self, job: &Job, ready: &mut dyn FnMut(&str), meter: &mut Meter) {
        let socket = bound(job, zmq::PULL, ready);
        let mut message = Message::new();
        while meter.more() {
            // It knows how many frames there are, and does not ask.
            for _ in 0..job.frames {
                socket.recv(&mut message, 0).unwrap();
                black_box(&message);
            }
        }
    }

    fn request(&self, job: &Job, meter: &mut Meter) {
        let socket = connected(job, zmq::REQ);
        let body = &job.body()[..];
        let mut message = Message::new();
        while meter.more() {
            socket.send(body, 0).unwrap();
            socket.recv(&mut message, 0).unwrap();
            black_box(&message);
        }
    }

    fn reply(&self, job: &Job, ready: &mut dyn FnMut(&str)) {
        let socket = bound(job, zmq::REP, ready);
        let mut message = Message::new();
        loop {
            socket.recv(&mut message, 0).unwrap();
            socket.send(&message[..], 0).unwrap();
        }
    }

    fn mesh(&self, job: &Job, ready: &mut dyn FnMut(&str)) {
        mesh::mesh(job, ready);
    }
}

static CONTEXT: LazyLock<Context> = LazyLock::new(Context::new);

pub fn connected(job: &Job, kind: zmq::SocketType) -> Socket {
    let socket = socket(job, kind);
    if job.security == "curve" {
        let server = key_pair::PUBLIC.as_bytes();
        socket.set_curve_serverkey(server).unwrap();
    }
    socket.connect(&job.endpoint).unwrap();
    socket
}

pub fn bound(job: &Job, kind: zmq::SocketType, ready: &mut dyn FnMut(&str)) -> Socket {
    let socket = socket(job, kind);
    if job.security == "curve" {
        socket.set_curve_server(true).unwrap();
    }
    socket.bind(&job.endpoint).unwrap();
    ready(&socket.get_last_endpoint().unwrap().unwrap());
    socket
}

fn socket(job: &Job, kind: zmq::SocketType) -> Socket {
    let mut socket = CONTEXT.socket(kind).unwrap();
    if job.queue > 0 {
        socket.set_sndhwm(job.queue as i32).unwrap();
        socket.set_rcvhwm(job.queue as i32).unwrap();
    }
    if job.batch > 0 {
        set_batch(&mut socket, job.batch as c_int);
    }
    if job.security == "curve" {
        let [public, secret] = [key_pair::PUBLIC, key_pair::SECRET].map(str::as_bytes);
        socket.set_curve_publickey(public).unwrap();
        socket.set_curve_secretkey(secret).unwrap();
    }
    socket
}

/// How much libzmq moves in one system call; the zmq crate has no setter.
fn set_batch(socket: &mut Socket, bytes: c_int) {
    const IN_BATCH_SIZE: c_int = 101;
    const OUT_BATCH_SIZE: c_int = 102;
    for option in [IN_BATCH_SIZE, OUT_BATCH_SIZE] {
        let value = (&raw const bytes).cast();
        // SAFETY: the socket is open, and the value an int of this size, as the option wants it.
        let failed = unsafe {
            zmq_sys::zmq_setsockopt(socket.as_mut_ptr(), option, value, size_of::<c_int>())
        };
        assert_eq!(failed, 0, "a libzmq with batch sizes");
    }
}

//! omq-tokio's blocking sockets.

use std::hint::black_box;
use std::sync::LazyLock;

use bytes::Bytes;
use omq_tokio::blocking::Socket;
use omq_tokio::{Context, Message, Options, SocketType};

use super::Contender;
#[cfg(feature = "curve")]
use super::key_pair;
use crate::job::Job;
use crate::meter::Meter;

/// A message at a time.
pub struct Omq;

/// Receives as many messages at once as its own benchmark does.
pub struct OmqMany;

impl Contender for Omq {
    fn name(&self) -> &'static str {
        "omq-tokio"
    }

    fn push(&self, job: &Job, meter: &mut Meter) {
        push(job, meter);
    }

    fn pull(&self, job: &Job, ready: &mut dyn FnMut(&str), meter: &mut Meter) {
        let socket = bound(job, SocketType::Pull, ready);
        while meter.more() {
            black_box(socket.recv().unwrap());
        }
    }

    fn request(&self, job: &Job, meter: &mut Meter) {
        let socket = connected(job, SocketType::Req);
        let body = &job.body()[..];
        while meter.more() {
            socket.send(Message::from_slice(body)).unwrap();
            black_box(socket.recv().unwrap());
        }
    }

    fn reply(&self, job: &Job, ready: &mut dyn FnMut(&str)) {
        let socket = bound(job, SocketType::Rep, ready);
        loop {
            socket.send(socket.recv().unwrap()).unwrap();
        }
    }
}

impl Contender for OmqMany {
    fn name(&self) -> &'static str {
        "omq-tokio recv_many"
    }

    fn push(&self, job: &Job, meter: &mut Meter) {
        push(job, meter);
    }

    fn pull(&self, job: &Job, ready: &mut dyn FnMut(&str), meter: &mut Meter) {
        let socket = bound(job, SocketType::Pull, ready);
        let most = (65536 / job.size.max(1)).clamp(1, 128);
        let mut messages = Vec::new();
        while meter.more() {
            if messages.is_empty() {
                socket.recv_many_into(most, &mut messages).unwrap();
            }
            black_box(messages.pop());
        }
    }
}

fn push(job: &Job, meter: &mut Meter) {
    let socket = connected(job, SocketType::Push);
    let body = &job.body()[..];
    while meter.more() {
        let message = match job.frames {
            1 => Message::from_slice(body),
            n => Message::multipart((0..n).map(|_| Bytes::copy_from_slice(body))),
        };
        socket.send(message).unwrap();
    }
}

static CONTEXT: LazyLock<Context> = LazyLock::new(Context::new);

fn connected(job: &Job, kind: SocketType) -> Socket {
    let socket = CONTEXT.blocking_socket(kind, options(job, false));
    socket.connect(&job.endpoint[..]).unwrap();
    socket
}

fn bound(job: &Job, kind: SocketType, ready: &mut dyn FnMut(&str)) -> Socket {
    let socket = CONTEXT.blocking_socket(kind, options(job, true));
    let endpoint = socket.bind(&job.endpoint[..]).unwrap();
    ready(&endpoint.to_string());
    socket
}

fn options(job: &Job, binds: bool) -> Options {
    match &job.security[..] {
        "curve" => curve(binds),
        _ => Options::default(),
    }
}

#[cfg(feature = "curve")]
fn curve(binds: bool) -> Options {
    use omq_tokio::{CurveKeypair, CurvePublicKey, CurveSecretKey};

    let public = CurvePublicKey::from_z85(key_pair::PUBLIC).unwrap();
    let secret = CurveSecretKey::from_z85(key_pair::SECRET).unwrap();
    let keys = CurveKeypair { public, secret };
    match binds {
        true => Options::default().curve_server(keys),
        false => Options::default().curve_client(keys, public),
    }
}

#[cfg(not(feature = "curve"))]
fn curve(_binds: bool) -> Options {
    panic!("built without the feature curve");
}

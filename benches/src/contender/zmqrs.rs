//! zmq.rs, the ZeroMQ in pure Rust, on tokio.

use std::hint::black_box;

use bytes::Bytes;
use tokio::runtime::Runtime;
use zeromq::{
    PullSocket, PushSocket, RepSocket, ReqSocket, Socket, SocketRecv, SocketSend, ZmqMessage,
};

use super::Contender;
use crate::job::Job;
use crate::meter::Meter;

pub struct ZmqRs;

impl Contender for ZmqRs {
    fn name(&self) -> &'static str {
        "zmq.rs"
    }

    fn push(&self, job: &Job, meter: &mut Meter) {
        run(async {
            let mut socket = PushSocket::new();
            socket.connect(&job.endpoint).await.unwrap();
            let body = &job.body()[..];
            while meter.more() {
                // It does not wait for another puller when the one has gone.
                if socket.send(message(body, job.frames)).await.is_err() {
                    break;
                }
            }
        });
    }

    fn pull(&self, job: &Job, ready: &mut dyn FnMut(&str), meter: &mut Meter) {
        run(async {
            let mut socket = PullSocket::new();
            let endpoint = socket.bind(&job.endpoint).await.unwrap();
            ready(&endpoint.to_string());
            while meter.more() {
                black_box(socket.recv().await.unwrap());
            }
        });
    }

    fn request(&self, job: &Job, meter: &mut Meter) {
        run(async {
            let mut socket = ReqSocket::new();
            socket.connect(&job.endpoint).await.unwrap();
            let body = &job.body()[..];
            while meter.more() {
                socket.send(message(body, 1)).await.unwrap();
                black_box(socket.recv().await.unwrap());
            }
        });
    }

    fn reply(&self, job: &Job, ready: &mut dyn FnMut(&str)) {
        run(async {
            let mut socket = RepSocket::new();
            let endpoint = socket.bind(&job.endpoint).await.unwrap();
            ready(&endpoint.to_string());
            loop {
                let request = socket.recv().await.unwrap();
                socket.send(request).await.unwrap();
            }
        });
    }
}

fn run(work: impl Future<Output = ()>) {
    Runtime::new().unwrap().block_on(work);
}

fn message(body: &[u8], frames: usize) -> ZmqMessage {
    let mut message = ZmqMessage::from(Bytes::copy_from_slice(body));
    for _ in 1..frames {
        message.push_back(Bytes::copy_from_slice(body));
    }
    message
}

//! libzmq with as little as possible around it: the zmq crate, a reused message, default options.

use std::cell::{Cell, RefCell};
use std::hint::black_box;
use std::sync::LazyLock;

use zmq::{Context, Message, SNDMORE, Socket};

use super::Contender;
use crate::job::Job;
use crate::meter::Meter;
use crate::process::Costs;

/// PUSH and PULL, blocking REQ and REP.
pub struct Bare;

/// DEALER and ROUTER, blocking.
pub struct BareRouter;

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

    /// As many sockets as nodes have: an inbox each, and one to each other's, which sends one
    /// message. That is the least that a mesh can cost.
    fn mesh(&self, job: &Job, ready: &mut dyn FnMut(&str)) {
        let costs = Costs::begin(ready);
        let contexts = Contexts::default();
        let inboxes: Vec<Socket> = (0..job.nodes)
            .map(|_| {
                let inbox = contexts.socket(zmq::ROUTER);
                inbox.bind(&job.endpoint).unwrap();
                inbox
            })
            .collect();
        let mut links = Vec::new();
        for (to, inbox) in inboxes.iter().enumerate() {
            let endpoint = inbox.get_last_endpoint().unwrap().unwrap();
            for _ in (0..job.nodes).filter(|from| *from != to) {
                let link = contexts.socket(zmq::DEALER);
                link.connect(&endpoint).unwrap();
                link.send("hello", 0).unwrap();
                links.push(link);
            }
        }
        let mut message = Message::new();
        for inbox in &inboxes {
            for _ in 0..2 * job.peers {
                inbox.recv(&mut message, 0).unwrap();
            }
        }
        costs.tell();
    }
}

/// Contexts with room for more sockets than the zmq crate allows in one.
#[derive(Default)]
struct Contexts {
    all: RefCell<Vec<Context>>,
    sockets: Cell<usize>,
}

impl Contexts {
    const ROOM: usize = 1000;

    fn socket(&self, kind: zmq::SocketType) -> Socket {
        let mut all = self.all.borrow_mut();
        let before = self.sockets.replace(self.sockets.get() + 1);
        if before.is_multiple_of(Self::ROOM) {
            all.push(Context::new());
        }
        all.last().expect("a context").socket(kind).unwrap()
    }
}

impl Contender for BareRouter {
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
        let socket = bound(job, zmq::ROUTER, ready);
        let (mut name, mut message) = (Message::new(), Message::new());
        loop {
            socket.recv(&mut name, 0).unwrap();
            socket.recv(&mut message, 0).unwrap();
            socket.send(&name[..], SNDMORE).unwrap();
            socket.send(&message[..], 0).unwrap();
        }
    }
}

static CONTEXT: LazyLock<Context> = LazyLock::new(Context::new);

pub fn connected(job: &Job, kind: zmq::SocketType) -> Socket {
    let socket = socket(job, kind);
    socket.connect(&job.endpoint).unwrap();
    socket
}

pub fn bound(job: &Job, kind: zmq::SocketType, ready: &mut dyn FnMut(&str)) -> Socket {
    let socket = socket(job, kind);
    socket.bind(&job.endpoint).unwrap();
    ready(&socket.get_last_endpoint().unwrap().unwrap());
    socket
}

fn socket(job: &Job, kind: zmq::SocketType) -> Socket {
    let socket = CONTEXT.socket(kind).unwrap();
    if job.queue > 0 {
        socket.set_sndhwm(job.queue as i32).unwrap();
        socket.set_rcvhwm(job.queue as i32).unwrap();
    }
    socket
}

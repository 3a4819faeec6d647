//! Bare libzmq's part in a mesh: as many sockets as nodes have.

use std::cell::{Cell, RefCell};

use zmq::{Context, Message, Socket};

use crate::costs::Costs;
use crate::job::Job;

/// For each node an inbox, and a socket to each other's inbox, which sends one message. That is
/// the least that a mesh can cost.
pub fn mesh(job: &Job, ready: &mut dyn FnMut(&str)) {
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

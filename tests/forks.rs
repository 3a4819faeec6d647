//! A thousand forks while other threads are in the middle of everything: no child is ever stuck in a
//! lock that only its parent's threads could release.

#![cfg(all(target_os = "linux", feature = "zre"))]

#[path = "support/child.rs"]
mod child;
mod support;

use std::array;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use child::Child;
use support::{SOON, beacon_port, deadline_after, echo, ends, inproc, marry};
use zeroless::zre::{Discovery, Node};
use zeroless::{
    Channel, Client, ConnectionEvents, Error, Message, Pending, Pull, Push, Replier, Requester,
    Server,
};

const FORKS: usize = 1000;

/// How many children have the same in their hands.
const EACH: usize = 20;

/// How many there are at a time.
const AT_ONCE: usize = 4;

/// All that a program may have in its hands when it forks.
struct Everything {
    client: Client,
    server: Server,
    node: Node,
    discovery: Discovery,
    found: Push,
    requester: Requester,
    pending: Pending,
    push: Push,
    pull: Pull,
    events: ConnectionEvents,
    channel: Channel<Message>,
}

impl Everything {
    /// Handles that others use meanwhile, and some that are its own.
    fn open(client: &Client, requester: &Requester, node: &Node) -> Everything {
        let server = Server::bind(inproc()).unwrap();
        let pull = server.pull().unwrap();
        let push = Client::connect(server.endpoint()).unwrap().push().unwrap();
        let discovery = node.discover("jobs").unwrap();
        Everything {
            client: client.clone(),
            node: node.clone(),
            found: discovery.push().unwrap(),
            discovery,
            requester: requester.clone(),
            pending: requester.start("under way").unwrap(),
            events: push.connection_events().unwrap(),
            channel: Client::new().pull().unwrap().into_channel(1).unwrap(),
            server,
            push,
            pull,
        }
    }

    /// Sees that all of it is dead, and drops it.
    fn assert_dead_and_drop(self) {
        let forked = Err(Error::Forked);
        assert!(self.client.endpoints().is_empty());
        assert_eq!(self.client.connect(1234).map(drop), forked);
        assert_eq!(self.client.push().map(drop), forked);
        assert_eq!(self.server.pull().map(drop), forked);
        assert_eq!(self.server.port(), 0);
        assert_eq!(self.push.status(), forked);
        assert_eq!(self.pull.recv().map(drop), forked);
        assert_eq!(self.push.send("a").map_err(Error::from), forked);
        assert_eq!(self.found.send("a").map_err(Error::from), forked);
        assert_eq!(self.requester.status(), forked);
        assert_eq!(self.requester.request("a").map(drop), forked);
        assert_eq!(self.pending.wait_timeout(SOON).map(drop), forked);
        assert_eq!(self.node.recv().map(drop), forked);
        assert!(self.node.channel().recv().is_err());
        assert_eq!(self.node.shout("a", "b").map(drop), forked);
        assert_eq!(self.discovery.services().count(), 0);
        assert_eq!(self.discovery.wait_for(1, SOON * 100), forked);
        assert_eq!(self.discovery.push().map(drop), forked);
        assert_eq!(self.node.discover("jobs").map(drop), forked);
        assert_eq!(self.events.recv_timeout(SOON * 100).map(drop), forked);
        assert!(self.channel.recv().is_err());
        let words = format!(
            "{:?} {:?} {:?} {:?} {:?}",
            self.client, self.server, self.node, self.discovery, self.requester
        );
        assert!(!words.is_empty());
        let Everything { events, .. } = self;
        assert_eq!(events.count(), 0);
    }
}

/// Does something again and again in a thread, until told to stop.
fn again(running: &Arc<AtomicBool>, mut work: impl FnMut() + Send + 'static) -> JoinHandle<()> {
    let running = running.clone();
    thread::spawn(move || {
        while running.load(Ordering::Relaxed) {
            work();
        }
    })
}

#[test]
fn no_child_of_a_thousand_is_stuck() {
    deadline_after(Duration::from_secs(300), || {
        let running = Arc::new(AtomicBool::new(true));
        let node = |name| Node::builder(name).interface("127.0.0.1");
        let port = beacon_port();
        let finder = node("finder").port(port).start().unwrap();
        let jobs = Server::bind(0).unwrap();
        let pull = jobs.pull().unwrap();
        let announcer = node("announcer").port(port).announce("jobs", &jobs);
        let _announcer = announcer.start().unwrap();
        finder
            .discover("jobs")
            .unwrap()
            .wait_for(1, SOON)
            .expect("it is announced");

        let pulls = pull.clone();
        let pulling = thread::spawn(move || pulls.iter().count());

        let (server, client) = ends();
        let (replier, requester): (Replier, _) =
            (server.reply().unwrap(), client.request().unwrap());
        marry(&replier, &requester);
        let replying = echo(replier.clone());
        let (asks, starts) = (requester.clone(), requester.clone());
        let (discovers, opens, connects) = (finder.clone(), client.clone(), Client::new());
        let idle = Server::bind_local(0).unwrap();
        let other = idle.port();
        let mut wakes = 0u32;
        let threads = [
            again(&running, move || {
                asks.request("hello").unwrap();
            }),
            again(&running, move || {
                // One that is dropped before its reply comes.
                drop(starts.start("never mind").unwrap());
                wakes += 1;
                if wakes.is_multiple_of(64) {
                    starts.request("wait for them").unwrap();
                }
            }),
            again(&running, move || {
                let found = discovers.discover("jobs").unwrap();
                found.services().for_each(drop);
                let push = found.push().unwrap();
                push.send("a job").unwrap();
                // So that no more are open than can be closed.
                let _ = push.close(SOON);
                discovers.dump();
            }),
            again(&running, move || {
                let server = Server::bind_local(0).unwrap();
                let pull = server.pull().unwrap();
                let push = Client::connect(server.port()).unwrap().push().unwrap();
                push.send("hello").unwrap();
                pull.recv().unwrap();
                assert_eq!(pull.status(), Ok(()));
                opens.endpoints();
                let _ = (push.close(SOON), pull.close(SOON));
            }),
            again(&running, move || {
                connects.connect(other).unwrap().disconnect(other).unwrap();
            }),
        ];

        for _ in 0..FORKS / EACH {
            let mut all = Some(Everything::open(&client, &requester, &finder));
            // Each child's copy ends there.
            let mut child = || Child::fork(|| all.take().unwrap().assert_dead_and_drop());
            for _ in 0..EACH / AT_ONCE {
                let children: [Child; AT_ONCE] = array::from_fn(|_| child());
                assert_eq!(children.map(Child::ends_well), [true; AT_ONCE]);
            }
        }
        running.store(false, Ordering::Relaxed);
        for thread in threads {
            thread.join().unwrap();
        }
        pull.stop();
        pulling.join().unwrap();
        replier.stop();
        replying.join().unwrap();
    });
}

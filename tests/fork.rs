//! Forks: a child's handles are dead and say so, and the parent goes on as if nothing was.

#![cfg(target_os = "linux")]
#![allow(unsafe_code)]

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};
use support::{
    SOON, beacon_port, blocked, deadline, deadline_after, echo, ends, inproc, marry, pairs, pause,
    pub_sub, push_pull, req_rep, until,
};
use zeroless::zre::{Discovery, Node};
use zeroless::{
    Channel, Client, Connections, Error, Handle, Message, Pending, Pull, Push, Replier, Requester,
    Server, Side,
};

/// How long a child may take: one that takes longer is stuck.
const LIMIT: Duration = Duration::from_secs(5);

/// A fork copies the locks that others hold, so no other test may run meanwhile.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock()
}

/// Does something in a forked child; true if it ended well, and in time.
fn in_child(work: impl FnOnce()) -> bool {
    // SAFETY: the child runs `work` and leaves. What it may meet there is a lock that another
    // thread held at the fork; it would hang, and be found below.
    match unsafe { libc::fork() } {
        -1 => panic!("fork: {}", std::io::Error::last_os_error()),
        0 => {
            let well = catch_unwind(AssertUnwindSafe(work)).is_ok();
            // SAFETY: leaves at once, without the parent's handlers at exit.
            unsafe { libc::_exit(if well { 0 } else { 1 }) }
        }
        child => {
            let (mut status, began) = (0, Instant::now());
            // SAFETY: status outlives the call, and the child is ours.
            while unsafe { libc::waitpid(child, &mut status, libc::WNOHANG) } == 0 {
                if began.elapsed() > LIMIT {
                    // SAFETY: the child has not been waited for, so the id is still its own.
                    unsafe { libc::kill(child, libc::SIGKILL) };
                }
                pause();
            }
            libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0
        }
    }
}

/// How many children are made in the hardest test, and how many of the same.
const FORKS: usize = 1000;
const EACH: usize = 10;

/// What every handle refuses in a child.
fn assert_dead<P: Side>(handle: &Handle<P>) {
    assert!(matches!(handle.stopper(), Err(Error::Forked)));
    assert!(matches!(handle.connections(), Err(Error::Forked)));
    assert_eq!(handle.wait_connected(1, SOON), Err(Error::Forked));
    handle.stop();
    assert_eq!(handle.clone().close(SOON), Err(Error::Forked));
}

#[test]
fn a_child_is_refused_by_every_call() {
    deadline(|| {
        let _alone = alone();
        let [(push, pull), _] = push_pull();
        let [(publisher, subscriber), _] = pub_sub();
        let [(requester, replier), _] = req_rep();
        let [(pair, _other), _] = pairs();
        publisher.wait_for_subscribers(1, SOON).unwrap();
        let _first = requester.start("hello").unwrap();
        let request = replier.recv().unwrap();
        let pending = requester.start("again").unwrap();
        let long = Duration::from_secs(600);
        let well = in_child(|| {
            assert_eq!(pull.recv(), Err(Error::Forked));
            assert_eq!(pull.try_recv(), Err(Error::Forked));
            assert_eq!(pull.recv_timeout(long), Err(Error::Forked));
            assert_eq!(pull.iter().count(), 0);
            assert_eq!(pull.status(), Err(Error::Forked));
            assert_eq!(subscriber.recv(), Err(Error::Forked));
            assert_eq!(subscriber.subscribe("a"), Err(Error::Forked));
            assert_eq!(subscriber.unsubscribe(""), Err(Error::Forked));
            assert_eq!(pair.recv(), Err(Error::Forked));
            assert_eq!(replier.recv().map(drop), Err(Error::Forked));
            assert_eq!(*push.try_send("a").unwrap_err().error(), Error::Forked);
            assert_eq!(
                *push.send_timeout("a", long).unwrap_err().error(),
                Error::Forked
            );
            assert_eq!(*push(&"a").unwrap_err().error(), Error::Forked);
            let unsent = push.send(("a", "b")).unwrap_err();
            assert_eq!(*unsent.error(), Error::Forked);
            assert_eq!(unsent.into_message(), ["a", "b"]);
            assert_eq!(*pair.send("a").unwrap_err().error(), Error::Forked);
            assert_eq!(*publisher.send("a").unwrap_err().error(), Error::Forked);
            assert_eq!(publisher.has_subscriber("a"), Err(Error::Forked));
            assert_eq!(publisher.wait_for_subscribers(1, long), Err(Error::Forked));
            assert_eq!(requester.request("a"), Err(Error::Forked));
            assert_eq!(requester.request_timeout("a", long), Err(Error::Forked));
            assert_eq!(*requester.start("a").unwrap_err().error(), Error::Forked);
            assert_eq!(pending.wait_timeout(long), Err(Error::Forked));
            assert_eq!(*request.reply("a").unwrap_err().error(), Error::Forked);
            assert_eq!(push.status(), Err(Error::Forked));
            assert_dead(&push);
            assert_dead(&publisher);
            assert_dead(&requester);
        });
        assert!(well);
    });
}

#[test]
fn a_child_drops_its_handles_and_the_parent_goes_on() {
    deadline(|| {
        let _alone = alone();
        let all = (push_pull(), pub_sub(), req_rep(), pairs());
        // Something is under way in each, and somebody waits.
        for (push, _) in &all.0 {
            push.send("before").unwrap();
        }
        let waits = all.0[0].1.clone();
        let waiting = blocked(move || [waits.recv().unwrap(), waits.recv().unwrap()]);
        let mut all = Some(all);
        assert!(in_child(|| drop(all.take())));
        let all = all.unwrap();
        all.0[0].0.send("after").unwrap();
        let [before, after] = waiting.join().unwrap();
        assert_eq!((before, after), ("before".into(), "after".into()));
        for (publisher, subscriber) in &all.1 {
            publisher.wait_for_subscribers(1, SOON).unwrap();
            publisher.send("after").unwrap();
            assert_eq!(subscriber.recv().unwrap(), "after");
        }
        for (requester, replier) in &all.2 {
            let pending = requester.start("after").unwrap();
            replier.recv().unwrap().reply("reply").unwrap();
            assert_eq!(pending.wait().unwrap(), "reply");
        }
        for (one, two) in &all.3 {
            one.send("after").unwrap();
            assert_eq!(two.recv().unwrap(), "after");
        }
    });
}

#[test]
fn a_child_makes_handles_of_its_own() {
    deadline(|| {
        let _alone = alone();
        let [(push, pull), _] = push_pull();
        let well = in_child(|| {
            let server = Server::bind(inproc()).unwrap();
            let pull = server.pull().unwrap();
            let push = Client::connect(server.endpoint()).unwrap().push().unwrap();
            let waiting = blocked(move || pull.recv().unwrap());
            push.send("in the child").unwrap();
            assert_eq!(waiting.join().unwrap(), "in the child");
            let server = Server::bind_local(0).unwrap();
            let pull = server.pull().unwrap();
            let push = Client::connect(server.port()).unwrap().push().unwrap();
            push.send("in the child").unwrap();
            assert_eq!(pull.recv().unwrap(), "in the child");
            push.wait_connected(1, SOON).unwrap();
        });
        assert!(well);
        push.send("in the parent").unwrap();
        assert_eq!(pull.recv().unwrap(), "in the parent");
    });
}

#[test]
fn a_child_pushes_to_its_parent_by_a_handle_of_its_own() {
    deadline(|| {
        let _alone = alone();
        let server = Server::bind_local(0).unwrap();
        let pull = server.pull().unwrap();
        let well = in_child(|| {
            let push = Client::connect(server.port()).unwrap().push().unwrap();
            push.send(process::id().to_string()).unwrap();
        });
        assert!(well);
        assert_ne!(pull.recv().unwrap(), process::id().to_string().as_str());
        until(|| pull.wait_connected(1, Duration::ZERO).is_err());
    });
}

#[test]
fn a_childs_node_is_dead() {
    deadline(|| {
        let _alone = alone();
        let node = Node::builder("parent").interface("127.0.0.1");
        let node = node.port(beacon_port()).start().unwrap();
        node.join("before").unwrap();
        let in_child_hands = node.clone();
        assert!(in_child(move || {
            let node = in_child_hands;
            assert_eq!(node.join("G"), Err(Error::Forked));
            assert_eq!(node.shout("G", "hello"), Err(Error::Forked));
            assert_eq!(node.recv(), Err(Error::Forked));
            assert_eq!(node.name(), "parent");
            // Its lock may be held for ever, by a thread that the child does not have.
            assert_eq!(node.own_groups(), [""; 0]);
            assert_eq!(node.dump(), "");
            node.stop();
        }));
        node.join("G").unwrap();
        assert_eq!(node.own_groups(), ["G", "before"]);
    });
}

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
    events: Connections,
    channel: Channel<Message>,
}

impl Everything {
    /// What others use meanwhile, and what is this one's alone.
    fn open(client: &Client, requester: &Requester, node: &Node) -> Everything {
        let server = Server::bind(inproc()).unwrap();
        let pull = server.pull().unwrap();
        let push = Client::connect(server.endpoint()).unwrap().push().unwrap();
        let discovery = node.discover("jobs");
        Everything {
            client: client.clone(),
            node: node.clone(),
            found: discovery.push().unwrap(),
            discovery,
            requester: requester.clone(),
            pending: requester.start("under way").unwrap(),
            events: push.connections().unwrap(),
            channel: Client::new().pull().unwrap().into_channel(1).unwrap(),
            server,
            push,
            pull,
        }
    }

    /// Sees that all of it is dead, and drops it.
    fn assert_dead_and_drop(self) {
        let forked = Err(Error::Forked);
        assert_eq!(self.client.endpoints(), []);
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
        assert_eq!(self.pending.wait_timeout(LIMIT).map(drop), forked);
        assert_eq!(self.node.recv().map(drop), forked);
        assert!(self.node.channel().recv().is_err());
        assert_eq!(self.node.shout("a", "b").map(drop), forked);
        assert_eq!(self.discovery.services().count(), 0);
        assert_eq!(self.discovery.wait_for(1, LIMIT * 100), forked);
        assert_eq!(self.discovery.push().map(drop), forked);
        let late = self.node.discover("jobs");
        assert_eq!(late.wait_for(1, LIMIT * 100), forked);
        assert_eq!(late.push().map(drop), forked);
        assert_eq!(self.events.recv_timeout(LIMIT * 100).map(drop), forked);
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
        let _alone = alone();
        let running = Arc::new(AtomicBool::new(true));
        let node = |name| Node::builder(name).interface("127.0.0.1");
        let port = beacon_port();
        let finder = node("finder").port(port).start().unwrap();
        let jobs = Server::bind(0).unwrap();
        let _jobs = jobs.pull().unwrap();
        let announcer = node("announcer").port(port).announce("jobs", &jobs);
        let _announcer = announcer.start().unwrap();
        finder
            .discover("jobs")
            .wait_for(1, LIMIT * 10)
            .expect("it is announced");

        let (server, client) = ends();
        let (replier, requester): (Replier, _) =
            (server.reply().unwrap(), client.request().unwrap());
        marry(&replier, &requester);
        let replying = echo(replier.clone());
        let (asks, starts) = (requester.clone(), requester.clone());
        let (discovers, opens, connects) = (finder.clone(), client.clone(), Client::new());
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
                let found = discovers.discover("jobs");
                found.services().for_each(drop);
                found.push().unwrap().send("a job").unwrap();
                discovers.dump();
            }),
            again(&running, move || {
                let server = Server::bind_local(0).unwrap();
                let pull = server.pull().unwrap();
                let push = Client::connect(server.port()).unwrap().push().unwrap();
                push.send("hello").unwrap();
                pull.recv().unwrap();
                opens.endpoints();
                assert_eq!(pull.status(), Ok(()));
            }),
            again(&running, move || {
                connects.connect(12345).unwrap().disconnect(12345).unwrap();
            }),
        ];

        for _ in 0..FORKS / EACH {
            let all = Everything::open(&client, &requester, &finder);
            let mut all = Some(all);
            for _ in 0..EACH {
                // The child's copy ends there.
                assert!(in_child(|| all.take().unwrap().assert_dead_and_drop()));
            }
        }
        running.store(false, Ordering::Relaxed);
        for thread in threads {
            thread.join().unwrap();
        }
        replier.stop();
        replying.join().unwrap();
    });
}

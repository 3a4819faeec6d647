//! An attack on a node, in the middle of which two honest ones find each other.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};
use zeroless::zre::{Event, Node};

use crate::elsewhere::{Elsewhere, Plan};
use crate::support::{SOON, beacon_port, pause, until};
use crate::usage::{Usage, files, forget_peak};

/// How long honest nodes may take to find each other.
const AT_ONCE: Duration = Duration::from_secs(2);

/// How many files a node may have more in the end: those of a peer that has come, and some.
const FILES_KEPT: usize = 8;

/// How many times to attack: a few, or as ZEROLESS_ATTACK says: a number, or `full`.
pub(crate) fn size(few: usize, full: usize) -> usize {
    match std::env::var("ZEROLESS_ATTACK").ok().as_deref() {
        None => few,
        Some("full") => full,
        Some(count) => count.parse().expect("a number, or full"),
    }
}

/// A node under attack, in a process of its own, and one here that it knows.
pub(crate) struct Siege {
    pub(crate) port: u16,
    pub(crate) alice: Elsewhere,
    pub(crate) carol: Node,
    before: Usage,
    deaf: bool,
    _alone: MutexGuard<'static, ()>,
}

/// An attack's peak cost to the node.
#[derive(Debug)]
pub(crate) struct Toll {
    pub(crate) files: usize,
    /// In kilobytes.
    pub(crate) memory: u64,
}

impl Siege {
    /// Two that know each other. One siege at a time: each needs the whole machine.
    pub(crate) fn new() -> Siege {
        static ALONE: Mutex<()> = Mutex::new(());
        let _alone = ALONE.lock();
        let port = beacon_port();
        let mut plan = Plan::new("alice", port);
        if std::env::var_os("ZEROLESS_ATTACK").is_none() {
            // So that unverified nodes are soon forgotten.
            plan.evasive = Duration::from_secs(1);
        }
        let mut alice = plan.start(LIMIT);
        let carol = honest("carol", port);
        meet(&alice, &carol);
        talk(&mut alice, &carol);
        forget_peak(alice.process());
        Siege {
            port,
            before: Usage::of(alice.process()),
            alice,
            carol,
            deaf: false,
            _alone,
        }
    }

    /// Nobody takes alice's events, from here until the attack is over.
    pub(crate) fn be_deaf(&mut self) {
        self.alice.tell("deaf");
        self.deaf = true;
    }

    /// Takes alice's events again, of which too many were missed.
    fn hear(&mut self) {
        self.alice.tell("hear");
        // Then there is room again.
        (0..1000).for_each(|_| drop(self.alice.line()));
        self.carol
            .whisper(self.alice.id, "hello")
            .expect("whispered");
        while !self.alice.line().starts_with("MISSED ") {}
    }

    /// Attacks so many times or more, each call one time or as many as it says; meanwhile a new
    /// node and alice find each other, and in the end all is as before.
    pub(crate) fn stand(
        &mut self,
        name: &str,
        count: usize,
        mut attack: impl FnMut() -> usize + Send,
    ) -> Toll {
        let (done, most) = (&AtomicUsize::new(0), &AtomicUsize::new(0));
        let over = &AtomicBool::new(false);
        let began = Instant::now();
        let (alice, port, deaf) = (&mut self.alice, self.port, self.deaf);
        let process = alice.process();
        let (bob, took) = thread::scope(|scope| {
            let attacker = scope.spawn(move || {
                while !over.load(SeqCst) {
                    done.fetch_add(attack(), SeqCst);
                }
            });
            scope.spawn(move || {
                while !over.load(SeqCst) {
                    most.fetch_max(files(process), SeqCst);
                    thread::park_timeout(Duration::from_millis(5));
                }
            });
            let _end = End(over);
            let wait = |count| {
                while done.load(SeqCst) < count {
                    assert!(!attacker.is_finished(), "no attack");
                    pause();
                }
            };
            // In the midst of it.
            wait(count / 3);
            let starts = Instant::now();
            let bob = honest("bob", port);
            match deaf {
                true => until(|| bob.peer(alice.id).is_some() && alice.peers().contains(&bob.id())),
                false => meet(alice, &bob),
            }
            let took = starts.elapsed();
            wait(count);
            (bob, took)
        });
        let (count, lasted) = (done.load(SeqCst), began.elapsed());
        until(|| files(process) <= self.before.files + FILES_KEPT);
        let after = Usage::of(process);
        let toll = Toll {
            files: most.load(SeqCst) - self.before.files,
            memory: after.peak.saturating_sub(self.before.memory),
        };
        println!(
            "{name}: {count} in {lasted:.1?}; honest nodes met in {took:.0?}; \
             {before:?}, most files {most:?}, {after:?}",
            before = self.before,
        );
        if deaf {
            self.hear();
        }
        for node in [&self.carol, &bob] {
            talk(&mut self.alice, node);
        }
        assert!(took < AT_ONCE, "{took:?} until they had found each other");
        toll
    }
}

/// No wait is longer, in the full size neither.
pub(crate) const LIMIT: Duration = Duration::from_secs(180);

/// Ends an attack when all that goes on beside it is over, or has failed.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}

pub(crate) fn honest(name: &str, port: u16) -> Node {
    let builder = Node::builder(name).interface("127.0.0.1").port(port);
    builder.start().expect("a node")
}

/// Waits until both have entered.
fn meet(alice: &Elsewhere, node: &Node) {
    let entered = |event| matches!(event, Event::Enter { peer } if peer.id() == alice.id);
    while !entered(node.recv_timeout(SOON).expect("alice")) {}
    while alice.line() != format!("ENTER {}", node.id()) {}
}

/// Both can whisper to each other, and neither of them ever was gone.
pub(crate) fn talk(alice: &mut Elsewhere, node: &Node) {
    node.whisper(alice.id, "hello").expect("whispered");
    let id = node.id();
    alice.says(&format!("WHISPER {id} hello"), &format!("EXIT {id}"));
    alice.whisper(id, "hello");
    loop {
        match node.recv_timeout(SOON).expect("a whisper") {
            Event::Whisper { peer, .. } if peer.id() == alice.id => return,
            Event::Exit { peer } if peer.id() == alice.id => panic!("alice is gone"),
            _ => {}
        }
    }
}

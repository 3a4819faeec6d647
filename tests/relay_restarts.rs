//! Relays under load while the peers of both sides are killed and started again: the messages passed on, dropped and lost
//! add up, and nothing is left over.
//!
//! `ZEROLESS_RELAY=600` has each of them run for so many seconds; it is three otherwise.

#[path = "support/process.rs"]
mod process;
mod support;
#[path = "support/usage.rs"]
mod usage;

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use process::{Process, again};
use support::{Folder, SOON, deadline_after, until};
use usage::Usage;
use zeroless::relay::{self, Relay, RunningRelay};
use zeroless::{Client, Server};

/// The variable by which a process is told which peer it is.
const PEER: &str = "ZEROLESS_RELAY_PEER";

/// How many peers each side has.
const PEERS: usize = 3;

/// The messages that a peer's queues hold at most, at both ends, and those that are on their way.
const QUEUES: u64 = 100_000;

fn seconds() -> u64 {
    let set = std::env::var("ZEROLESS_RELAY").ok();
    set.map_or(3, |seconds| seconds.parse().expect("a number"))
}

/// A number in a file, which outlives its process.
struct Count {
    file: File,
    count: u64,
}

impl Count {
    fn new(path: &Path) -> Count {
        let file = File::create(path).expect("a file");
        Count { file, count: 0 }
    }

    fn add(&mut self) {
        self.count += 1;
        let written = self.file.write_all_at(&self.count.to_le_bytes(), 0);
        written.expect("a number is written");
    }
}

/// The sum of the counts of all peers of this role.
fn total(folder: &Folder, role: &str) -> u64 {
    let files = fs::read_dir(folder.path()).expect("a folder");
    files
        .map(|file| file.expect("a file"))
        .filter(|file| file.file_name().to_string_lossy().starts_with(role))
        .map(|file| fs::read(file.path()).expect("a count"))
        .map(|bytes| bytes.try_into().map_or(0, u64::from_le_bytes))
        .sum()
}

/// Is a peer, if this process was started for that.
fn serve() -> bool {
    let Ok(plan) = std::env::var(PEER) else {
        return false;
    };
    let [role, port, path] = plan.split(' ').collect::<Vec<_>>()[..] else {
        panic!("a plan as it is written below");
    };
    let client = Client::connect(port.parse::<u16>().unwrap()).unwrap();
    let mut count = Count::new(Path::new(path));
    println!("\nready");
    match role {
        "push" => {
            let push = client.push().unwrap();
            loop {
                push.send(count.count.to_string()).unwrap();
                count.add();
            }
        }
        "pull" => client.pull().unwrap().iter().for_each(|_| count.add()),
        "reply" => {
            let replier = client.reply().unwrap();
            for request in &replier {
                let (message, reply) = request.split();
                count.add();
                reply.send(message).unwrap();
            }
        }
        "request" => {
            let requester = client.request_timeout(SOON).request().unwrap();
            loop {
                let number = count.count.to_string();
                let reply = requester
                    .request(&number)
                    .expect("each request is answered");
                assert!(reply == number.as_str() || reply == "too late", "{reply}");
                count.add();
            }
        }
        other => panic!("no role {other}"),
    }
    true
}

/// The peers of one role at one side of a relay.
struct Peers<'a> {
    role: &'static str,
    port: u16,
    folder: &'a Folder,
    test: &'static str,
    running: Vec<Process>,
    started: usize,
}

impl Peers<'_> {
    fn start(&mut self) {
        let file: PathBuf = self
            .folder
            .path()
            .join(format!("{}-{}", self.role, self.started));
        let plan = format!("{} {} {}", self.role, self.port, file.display());
        let limit = Duration::from_secs(60 + 2 * seconds());
        let process = Process::start(&mut again(self.test, PEER, plan), limit);
        process.prints("ready");
        self.started += 1;
        self.running.push(process);
    }

    /// Kills one, and starts another in its place.
    fn replace(&mut self, place: usize) {
        self.running.swap_remove(place % PEERS).kill();
        self.start();
    }
}

/// Numbers by chance, the same each time.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as usize
    }
}

/// The counts of the peers in the end.
struct Outcome {
    /// How many were started at the input, and at the output; all of them were killed.
    started: [u64; 2],
    counted: [u64; 2],
}

/// Has peers of these roles at the input and the output work, and kills them by chance. Those at the input end
/// first, so that those at the output get all that they can get.
fn run(
    test: &'static str,
    roles: [&'static str; 2],
    relay: &RunningRelay,
    servers: [&Server; 2],
) -> Outcome {
    let folder = Folder::new();
    let mut sides = [0, 1].map(|side| Peers {
        role: roles[side],
        port: servers[side].port(),
        folder: &folder,
        test,
        running: Vec::new(),
        started: 0,
    });
    for peers in &mut sides {
        (0..PEERS).for_each(|_| peers.start());
    }
    let own = std::process::id();
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let end = Instant::now() + Duration::from_secs(seconds());
    let third = Instant::now() + Duration::from_secs(seconds()) / 3;
    let mut settled: Option<Usage> = None;
    while Instant::now() < end {
        std::thread::park_timeout(Duration::from_millis(chance.next() as u64 % 500));
        let side = chance.next() % 2;
        sides[side].replace(chance.next());
        if Instant::now() > third && settled.is_none() {
            settled = Some(Usage::of(own));
        }
    }
    let settled = settled.unwrap_or(Usage::of(own));
    let started = [0, 1].map(|side| sides[side].started as u64);
    let [input, output] = sides;
    drop(input);
    // All that has come is on its way to those that are there: it takes a moment, and then nothing more.
    let mut before = u64::MAX;
    until(|| {
        std::thread::park_timeout(Duration::from_millis(200));
        let now = relay.counters().forward.messages + total(&folder, roles[1]);
        std::mem::replace(&mut before, now) == now
    });
    drop(output);
    for side in [relay.input(), relay.output()] {
        until(|| side.connections_now() == 0);
    }
    let after = Usage::of(own);
    println!(
        "{test}: {started:?} started, {settled:?}, {after:?}, {:?}",
        relay.counters()
    );
    assert!(relay.status().is_ok());
    assert!(after.files <= settled.files, "{settled:?}, {after:?}");
    assert!(after.threads <= settled.threads, "{settled:?}, {after:?}");
    // A queue keeps the memory that it has grown to.
    let most = settled.memory + settled.memory / 10 + 20_000;
    assert!(after.memory < most, "{settled:?}, {after:?}");
    Outcome {
        started,
        counted: roles.map(|role| total(&folder, role)),
    }
}

/// One test at a time: they look at the files and the memory of their process.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn servers() -> [Server; 2] {
    [(); 2].map(|()| Server::bind_local(0).unwrap())
}

fn limit() -> Duration {
    Duration::from_secs(60 + 2 * seconds())
}

#[test]
fn pushes_and_pulls_add_up_though_their_peers_are_killed() {
    if serve() {
        return;
    }
    let _alone = alone();
    deadline_after(limit(), || {
        let [input, output] = servers();
        let relay = Relay::new(relay::pull(&input), relay::push(&output));
        let relay = relay.start().unwrap();
        let test = "pushes_and_pulls_add_up_though_their_peers_are_killed";
        let outcome = run(test, ["push", "pull"], &relay, [&input, &output]);
        let counters = relay.counters();
        let [sent, received] = outcome.counted;
        let [lost_before, lost_behind] = [
            // A pusher that is killed may have sent one that it has not counted yet.
            (sent + outcome.started[0]).checked_sub(counters.forward.messages),
            counters.forward.messages.checked_sub(received),
        ];
        println!("{sent} sent, {received} received, {lost_before:?} and {lost_behind:?} lost");
        let lost_before = lost_before.expect("no more is passed on than was sent");
        let lost_behind = lost_behind.expect("no more is received than was passed on");
        assert!(received > 0 && counters.held <= 1);
        // Only those are lost that were on their way to or from a peer that was killed.
        assert!(lost_before <= QUEUES * outcome.started[0]);
        assert!(lost_behind <= QUEUES * outcome.started[1]);
    });
}

#[test]
fn each_request_is_answered_though_workers_and_clients_are_killed() {
    if serve() {
        return;
    }
    let _alone = alone();
    deadline_after(limit(), || {
        let [input, output] = servers();
        let relay = Relay::new(relay::reply(&input), relay::request(&output));
        let relay = relay.deadline(Duration::from_millis(200), |_| "too late");
        let relay = relay.start().unwrap();
        let test = "each_request_is_answered_though_workers_and_clients_are_killed";
        let outcome = run(test, ["request", "reply"], &relay, [&input, &output]);
        let counters = relay.counters();
        let [answered, served] = outcome.counted;
        println!("{answered} answered, {served} served");
        let (forward, backward) = (counters.forward, counters.backward);
        assert!(served <= forward.messages && served > 0);
        // Each request has its reply, or an error in its place; of one that came late, both.
        let ended = backward.messages + backward.dropped + counters.answered;
        assert!(ended >= forward.messages + forward.dropped);
        assert!(answered <= backward.messages + counters.answered);
        // A client that is killed leaves one answer behind, at most.
        let unread = backward.messages + counters.answered - answered;
        assert!(unread <= outcome.started[0]);
        assert!(counters.held == 0);
    });
}

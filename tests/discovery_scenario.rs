//! Servers start, are withdrawn and are killed, one after another, while a client pushes to
//! those that are there. It never has an address, and at last every message is accounted for.

#![cfg(feature = "zre")]

#[path = "support/process.rs"]
mod process;
mod support;

use std::collections::VecDeque;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, io, iter, thread};

use process::Process;
use support::{SOON, beacon_port, deadline_after, pause, until};
use zeroless::zre::{Builder, Node};
use zeroless::{ConnectionEvent, Message, Options, Push, Server};

/// How many messages are pushed, and how large they are.
const COUNT: usize = 100_000;
const SIZE: usize = 4096;

/// How many servers there are at a time, and how many leave, every other one without a goodbye.
const SERVERS: usize = 3;
const LEAVE: usize = 12;

/// How many messages are pushed flat out around each leave, so that the queues are not empty.
const BURST: usize = 6000;

/// How long a client may take to follow.
const FOLLOWED: Duration = Duration::from_secs(1);

const LIMIT: Duration = Duration::from_secs(90);

/// Tells a child that it is a server, and where it beacons.
const BEACON_PORT: &str = "ZEROLESS_TEST_BEACON_PORT";

#[test]
fn a_client_follows_servers_that_come_and_go() {
    match env::var(BEACON_PORT) {
        Ok(port) => serve(port.parse().unwrap()),
        Err(_) => deadline_after(LIMIT, scenario),
    }
}

fn node(port: u16) -> Builder {
    Node::builder("node").interface("127.0.0.1").port(port)
}

/// A server: tells the numbers that it receives, until it is told to withdraw.
fn serve(port: u16) {
    let server = Server::bind(0).unwrap();
    let pull = server.pull().unwrap();
    let announcement = node(port).announce("jobs", &server).start().unwrap();
    println!("\nannounced"); // on a line without the test harness's words
    let (stopping, mut events) = (pull.clone(), pull.connection_events().unwrap());
    thread::spawn(move || {
        io::stdin().lines().next();
        drop(announcement);
        println!("withdrawn");
        // Once the client has disconnected, all its messages have arrived.
        assert!(events.any(|event| matches!(event, ConnectionEvent::Disconnected { .. })));
        stopping.stop();
    });
    let tell = |message: Message| println!("got {}", message[0]);
    pull.iter().for_each(tell);
    pull.try_iter().for_each(tell);
}

/// Starts this test anew, as a server.
fn start(port: u16) -> Process {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([
        "--exact",
        "a_client_follows_servers_that_come_and_go",
        "--nocapture",
    ]);
    let server = Process::start(command.env(BEACON_PORT, port.to_string()), LIMIT);
    while server.line() != "announced" {}
    server
}

/// A server that has left: the messages that it received, and when it left.
struct Past {
    got: Vec<usize>,
    left: Instant,
    killed: bool,
}

/// The number that a server says it has got.
fn number(line: String) -> Option<usize> {
    line.strip_prefix("got ")?.parse().ok()
}

fn withdraw(mut server: Process) -> Past {
    server.tell("withdraw");
    let before = iter::from_fn(|| Some(server.line()).filter(|line| line != "withdrawn"));
    let mut got: Vec<usize> = before.filter_map(number).collect();
    let left = Instant::now();
    got.extend(server.finish().into_iter().filter_map(number));
    Past {
        got,
        left,
        killed: false,
    }
}

fn kill(server: Process) -> Past {
    let got = server.kill().into_iter().filter_map(number).collect();
    Past {
        got,
        left: Instant::now(),
        killed: true,
    }
}

/// How the client pushes: flat out up to a number, and then one a moment, so that it never
/// pauses while a server leaves.
#[derive(Default)]
struct Pace {
    flat_out: AtomicUsize,
    sent: AtomicUsize,
}

impl Pace {
    /// Pushes all messages, and tells when each was sent.
    fn push(&self, push: &Push) -> Vec<Instant> {
        let padding = vec![0; SIZE];
        let send = |number: usize| {
            if number >= self.flat_out.load(Ordering::Relaxed) {
                (0..4).for_each(|_| pause());
            }
            let now = Instant::now();
            push.send((number.to_string(), &padding)).unwrap();
            self.sent.store(number + 1, Ordering::Relaxed);
            now
        };
        (0..COUNT).map(send).collect()
    }

    /// Begins a burst, and waits until half of it is sent.
    fn burst(&self) {
        let sent = || self.sent.load(Ordering::Relaxed);
        let began = sent();
        assert!(began + BURST < COUNT, "nothing is left to be pushed");
        self.flat_out.store(began + BURST, Ordering::Relaxed);
        until(|| sent() >= began + BURST / 2);
    }
}

fn scenario() {
    let port = beacon_port();
    let jobs = node(port).start().unwrap().discover("jobs").unwrap();
    let push = jobs.push().unwrap();
    let mut servers: VecDeque<Process> = (0..SERVERS).map(|_| start(port)).collect();
    jobs.wait_for(SERVERS, SOON).unwrap();
    let pace = Arc::new(Pace::default());
    let pushing = thread::spawn({
        let pace = pace.clone();
        move || pace.push(&push)
    });
    let mut past = Vec::new();
    let ways: [fn(Process) -> Past; 2] = [withdraw, kill];
    for leave in ways.into_iter().cycle().take(LEAVE) {
        pace.burst();
        past.push(leave(servers.pop_front().unwrap()));
        until(|| jobs.services().count() < SERVERS);
        servers.push_back(start(port));
        jobs.wait_for(SERVERS, SOON).unwrap();
    }
    pace.flat_out.store(COUNT, Ordering::Relaxed);
    let sent = pushing.join().unwrap();
    past.extend(servers.into_iter().map(withdraw));
    account(&past, &sent);
}

/// Adds it all up: sent = received + lost at a kill.
fn account(past: &[Past], sent: &[Instant]) {
    let mut missing = vec![true; COUNT];
    for Past { got, left, .. } in past {
        assert!(!got.is_empty(), "a server that nobody has found");
        for &number in got {
            assert!(missing[number], "{number} came twice");
            missing[number] = false;
            let late = sent[number].saturating_duration_since(*left);
            assert!(late <= FOLLOWED, "{number} was sent {late:?} after the end");
        }
    }
    let mut missing: Vec<usize> = (0..COUNT).filter(|&number| missing[number]).collect();
    let mut lost = 0;
    for Past { got, left, .. } in past.iter().filter(|past| past.killed) {
        let before = missing.len();
        // Messages after the latest that the server reported, and before the client knew of its end. A later
        // owner of the port may get older ones, still queued for the server that died.
        let told = got.iter().max();
        missing.retain(|&number| Some(&number) <= told || sent[number] > *left + FOLLOWED);
        let count = before - missing.len();
        assert!(count <= most_on_the_way(), "{count} were lost at a kill");
        println!("{count} were lost at a kill");
        lost += count;
    }
    assert!(missing.is_empty(), "lost without a kill: {missing:?}");
    let received: usize = past.iter().map(|past| past.got.len()).sum();
    assert_eq!(received + lost, COUNT);
}

/// The messages that can be on their way to a server that is killed: queued by the client and by the
/// server, in a batch of each, in the kernel between them, and in the server's hands.
fn most_on_the_way() -> usize {
    let Options {
        send_queue,
        receive_queue,
        ..
    } = Options::default();
    let queues = (send_queue + receive_queue) as usize;
    let batches = 2 * (256 << 10);
    let kernel = kernel_buffer("tcp_wmem") + kernel_buffer("tcp_rmem");
    queues + (batches + kernel) / SIZE + 1
}

/// The size to which a buffer may grow; where that is not known, more than is usual.
fn kernel_buffer(name: &str) -> usize {
    let sizes = fs::read_to_string(format!("/proc/sys/net/ipv4/{name}")).unwrap_or_default();
    let most = sizes.split_whitespace().next_back();
    most.and_then(|size| size.parse().ok()).unwrap_or(32 << 20)
}

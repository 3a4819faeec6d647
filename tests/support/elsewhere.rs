//! A node in a process of its own, maybe in another network, that prints its events.
//!
//! For it a test starts its own program again, of which only the test in this file runs then.

#![allow(dead_code, reason = "each test uses its own part of this")]

use std::env;
use std::io::stdin;
use std::process::Command;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{never, select, unbounded};
use zeroless::zre::{Event, Node, Uuid};

use crate::process::Process;
use crate::support::{SOON, beacon_port, deadline};

/// The variable by which such a process gets the plan of its node.
const NODE: &str = "ZEROLESS_TEST_NODE";

/// The plan of a node.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) name: &'static str,
    /// Any that the node chooses itself, if it is empty.
    pub(crate) interface: &'static str,
    pub(crate) port: u16,
    pub(crate) interval: Duration,
    pub(crate) evasive: Duration,
    pub(crate) silent: Duration,
    pub(crate) expired: Duration,
    /// The network namespace that it is in.
    pub(crate) namespace: Option<String>,
}

/// A node that runs elsewhere.
pub(crate) struct Elsewhere {
    process: Process,
    pub(crate) id: Uuid,
    pub(crate) endpoint: String,
}

impl Plan {
    /// A node on loopback, with times as they are by default.
    pub(crate) fn new(name: &'static str, port: u16) -> Plan {
        Plan {
            name,
            interface: "127.0.0.1",
            port,
            interval: Duration::from_secs(1),
            evasive: Duration::from_secs(5),
            silent: Duration::from_secs(5),
            expired: Duration::from_secs(30),
            namespace: None,
        }
    }

    /// Starts it; no wait for it goes on once it is this old.
    pub(crate) fn start(&self, limit: Duration) -> Elsewhere {
        let own = env::current_exe().expect("a test knows where it is");
        let mut command = match &self.namespace {
            Some(namespace) => {
                let mut command = Command::new("ip");
                command.args(["netns", "exec", namespace]).arg(own);
                command
            }
            None => Command::new(own),
        };
        let times = [self.interval, self.evasive, self.silent, self.expired];
        let times = times.map(|time| time.as_millis().to_string()).join(" ");
        let plan = format!("{} {} {times} {}", self.name, self.port, self.interface);
        command
            .args(["elsewhere::nodes_of_two_processes_meet", "--exact"])
            .args(["--nocapture", "--test-threads=1"])
            .env(NODE, plan);
        let process = Process::start(&mut command, limit);
        let ready = loop {
            if let Some(ready) = process.line().strip_prefix("READY ") {
                break ready.to_owned();
            }
        };
        let (id, endpoint) = ready.split_once(' ').expect("its endpoint");
        Elsewhere {
            process,
            id: id.parse().expect("its identity"),
            endpoint: endpoint.to_owned(),
        }
    }
}

/// Is such a node until it is told to stop, if this process was started for that.
fn serve() -> bool {
    let Ok(plan) = env::var(NODE) else {
        return false;
    };
    // With RUST_LOG set, its log is shown when a test fails.
    env_logger::builder().format_timestamp_millis().init();
    let mut words = plan.split(' ');
    let mut word = || words.next().expect("a plan as it is written above");
    let builder = Node::builder(word()).port(word().parse().unwrap());
    let mut time = || Duration::from_millis(word().parse().unwrap());
    let mut builder = builder
        .interval(time())
        .evasive(time())
        .silent(time())
        .expired(time());
    let interface = word();
    if !interface.is_empty() {
        builder = builder.interface(interface);
    }
    let node = builder.start().expect("a node");
    println!("\nREADY {} {}", node.id(), node.endpoint());
    let (sender, commands) = unbounded();
    thread::spawn(move || {
        let lines = stdin().lines().map_while(Result::ok);
        lines.for_each(|line| drop(sender.send(line)));
    });
    let (heard, deaf) = (node.channel(), never());
    let mut events = heard;
    loop {
        select! {
            recv(events) -> event => tell(event.expect("it has not stopped")),
            recv(commands) -> command => {
                let command = command.unwrap_or_default();
                let (verb, rest) = command.split_once(' ').unwrap_or((&command, ""));
                match (verb, rest.split_once(' ')) {
                    ("deaf", _) => events = &deaf,
                    ("hear", _) => events = heard,
                    ("peers", _) => {
                        let ids = node.peers().iter().map(|it| it.id().to_string()).collect::<Vec<_>>();
                        println!("PEERS {}", ids.join(" "));
                    }
                    ("whisper", Some((id, words))) => {
                        if let Err(error) = node.whisper(id.parse().unwrap(), words) {
                            println!("FAILED {error}");
                        }
                    }
                    _ => return true,
                }
            }
        }
    }
}

/// Prints facts that others may want to know.
fn tell(event: Event) {
    match event {
        Event::Enter { peer } => println!("ENTER {}", peer.id()),
        Event::Exit { peer } => println!("EXIT {}", peer.id()),
        Event::Whisper { peer, message } => {
            println!("WHISPER {} {message}", peer.id());
        }
        Event::Missed { events } => println!("MISSED {events}"),
        _ => {}
    }
}

impl Elsewhere {
    /// The next thing that it tells.
    pub(crate) fn line(&self) -> String {
        self.process.line()
    }

    /// Waits until it tells that, without having told this other thing before.
    #[track_caller]
    pub(crate) fn says(&self, words: &str, not: &str) {
        loop {
            let line = self.line();
            if line == words {
                return;
            }
            assert_ne!(line, not, "instead of: {words}");
        }
    }

    /// Has it do something: `deaf` takes no events any more, `hear` does again.
    pub(crate) fn tell(&mut self, command: &str) {
        self.process.tell(command);
    }

    /// The peers that are here for it. Events that it prints before that are lost.
    pub(crate) fn peers(&mut self) -> Vec<Uuid> {
        self.process.tell("peers");
        loop {
            if let Some(peers) = self.line().strip_prefix("PEERS ") {
                let ids = peers.split_whitespace();
                return ids.map(|id| id.parse().expect("an identity")).collect();
            }
        }
    }

    pub(crate) fn whisper(&mut self, to: Uuid, words: &str) {
        self.process.tell(&format!("whisper {to} {words}"));
    }

    /// The id of its process.
    pub(crate) fn process(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("{} logged: {}", self.id, self.process.said());
        }
    }
}

#[test]
fn nodes_of_two_processes_meet() {
    if serve() {
        return;
    }
    deadline(|| {
        let port = beacon_port();
        let mut bob = Plan::new("bob", port).start(SOON);
        let alice = Node::builder("alice").interface("127.0.0.1").port(port);
        let alice = alice.start().unwrap();
        bob.says(&format!("ENTER {}", alice.id()), "");
        assert_eq!(bob.peers(), [alice.id()]);
        let event = alice.recv_timeout(SOON).unwrap();
        assert_eq!(event.peer().unwrap().id(), bob.id);
        bob.whisper(alice.id(), "hello");
        match alice.recv_timeout(SOON).unwrap() {
            Event::Whisper { message, .. } => assert_eq!(message, "hello"),
            other => panic!("{other:?}"),
        }
    });
}

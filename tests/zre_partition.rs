//! Nodes that a cut of the network parts give each other up, and meet again after it.
//!
//! `ZEROLESS_PARTITIONS=20` cuts so often, and once for as long as peers are waited for by
//! default, as `cargo xtask partition` does.

#![cfg(all(target_os = "linux", feature = "zre"))]

#[path = "support/elsewhere.rs"]
mod elsewhere;
#[path = "support/networks.rs"]
mod networks;
#[path = "support/process.rs"]
mod process;
mod support;
#[path = "support/usage.rs"]
mod usage;

use std::time::{Duration, Instant};

use elsewhere::{Elsewhere, Plan};
use networks::{Networks, with_networks};
use support::{beacon_port, deadline_after, until};
use usage::Usage;
use zeroless::Libzmq;

/// No wait of these tests is longer.
const LIMIT: Duration = Duration::from_secs(240);

/// How long two take to find each other again.
const AGAIN: Duration = Duration::from_secs(2);

/// How often the network is cut, if it is said.
fn partitions() -> Option<u32> {
    let set = std::env::var("ZEROLESS_PARTITIONS").ok()?;
    Some(set.parse().expect("a number"))
}

/// A node that gives peers up soon.
fn impatient(name: &'static str, port: u16) -> Plan {
    Plan {
        interval: Duration::from_millis(250),
        evasive: Duration::from_millis(500),
        silent: Duration::from_millis(500),
        expired: Duration::from_secs(5),
        ..Plan::new(name, port)
    }
}

/// Two on different hosts, that know each other.
fn two(networks: &Networks, plan: impl Fn(&'static str, u16) -> Plan) -> [Elsewhere; 2] {
    let port = beacon_port();
    let start = |name, host: usize| {
        let plan = Plan {
            interface: "",
            namespace: Some(networks.hosts[host].clone()),
            ..plan(name, port)
        };
        plan.start(LIMIT)
    };
    let nodes = [start("alice", 0), start("bob", 1)];
    all_say(&nodes, "ENTER", Instant::now());
    nodes
}

/// Both say that about the other next; how long that took since then.
fn all_say(nodes: &[Elsewhere; 2], what: &str, since: Instant) -> Duration {
    let [alice, bob] = nodes;
    assert_eq!(alice.line(), format!("{what} {}", bob.id));
    assert_eq!(bob.line(), format!("{what} {}", alice.id));
    since.elapsed()
}

/// Both can whisper to each other.
fn talk([alice, bob]: &mut [Elsewhere; 2]) {
    alice.whisper(bob.id, "hello");
    assert_eq!(bob.line(), format!("WHISPER {} hello", alice.id));
    bob.whisper(alice.id, "hello");
    assert_eq!(alice.line(), format!("WHISPER {} hello", bob.id));
}

/// Cuts the network until both have given the other up, and mends it.
fn cut(networks: &Networks, nodes: &mut [Elsewhere; 2], expired: Duration) {
    let since = Instant::now();
    networks.part();
    let gone = all_say(nodes, "EXIT", since);
    let since = Instant::now();
    networks.heal();
    let back = all_say(nodes, "ENTER", since);
    println!("gone in {gone:.2?}, back in {back:.2?}");
    assert!(gone <= expired + Duration::from_secs(1), "{gone:?}");
    assert!(back <= AGAIN, "{back:?}");
    talk(nodes);
}

#[test]
fn a_parted_node_exits_and_enters_again() {
    with_networks("a_parted_node_exits_and_enters_again", |networks| {
        deadline_after(LIMIT, move || {
            let mut nodes = two(&networks, impatient);
            let expired = impatient("", 0).expired;
            cut(&networks, &mut nodes, expired);
            let usage = |node: &Elsewhere| Usage::of(node.process());
            let before = [usage(&nodes[0]), usage(&nodes[1])];
            for _ in 1..partitions().unwrap_or(5) {
                cut(&networks, &mut nodes, expired);
            }
            for (node, before) in nodes.iter_mut().zip(before) {
                assert_eq!(node.peers().len(), 1);
                // zmq-sys's libzmq has no keep-alive, and does not notice cut connections.
                if zeroless::capabilities().unwrap().libzmq != Libzmq::ZmqSys {
                    until(|| usage(node).files <= before.files);
                }
                let after = usage(node);
                println!("{before:?}, {after:?}");
                assert_eq!(after.threads, before.threads);
            }
        });
    });
}

#[test]
fn a_parted_node_is_waited_for_by_default() {
    with_networks("a_parted_node_is_waited_for_by_default", |networks| {
        deadline_after(LIMIT, move || {
            let mut nodes = two(&networks, Plan::new);
            if partitions().is_some() {
                return cut(&networks, &mut nodes, Plan::new("", 0).expired);
            }
            // A message sent meanwhile arrives later, and nobody exits.
            networks.part();
            let [alice, bob] = &mut nodes;
            alice.whisper(bob.id, "are you there?");
            std::thread::park_timeout(Duration::from_secs(1));
            networks.heal();
            assert_eq!(bob.line(), format!("WHISPER {} are you there?", alice.id));
            talk(&mut nodes);
        });
    });
}

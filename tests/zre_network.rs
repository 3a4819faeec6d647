//! Nodes stay together when the network under them changes.

#![cfg(all(target_os = "linux", feature = "zre"))]

#[path = "support/elsewhere.rs"]
mod elsewhere;
#[path = "support/networks.rs"]
mod networks;
#[path = "support/process.rs"]
mod process;
mod support;

use std::time::{Duration, Instant};

use elsewhere::{Elsewhere, Plan};
use networks::{Networks, with_networks};
use support::{beacon_port, deadline_after};

/// No wait of these tests is longer.
const LIMIT: Duration = Duration::from_secs(60);

const EXPIRED: Duration = Duration::from_secs(5);

/// How long two take at most to find each other again, once they can.
const AGAIN: Duration = EXPIRED.saturating_add(Duration::from_secs(2));

fn start(networks: &Networks, name: &'static str, host: usize, port: u16) -> Elsewhere {
    let plan = Plan {
        interface: "",
        interval: Duration::from_millis(250),
        evasive: Duration::from_millis(500),
        silent: Duration::from_millis(500),
        expired: EXPIRED,
        namespace: Some(networks.hosts[host].clone()),
        ..Plan::new(name, port)
    };
    plan.start(LIMIT)
}

/// Two that know each other.
fn two(networks: &Networks) -> [Elsewhere; 2] {
    let port = beacon_port();
    let nodes = [0, 1].map(|host| start(networks, ["alice", "bob"][host], host, port));
    all_say(&nodes, "ENTER");
    nodes
}

/// Both say that about the other, maybe after other things.
fn all_say([alice, bob]: &[Elsewhere; 2], what: &str) {
    alice.says(&format!("{what} {}", bob.id), "");
    bob.says(&format!("{what} {}", alice.id), "");
}

/// Both find each other in time, and can whisper to each other.
fn meet(nodes: &mut [Elsewhere; 2], since: Instant) {
    all_say(nodes, "ENTER");
    let took = since.elapsed();
    println!("met in {took:.2?}");
    assert!(took <= AGAIN, "{took:?}");
    let [alice, bob] = nodes;
    alice.whisper(bob.id, "hello");
    bob.says(&format!("WHISPER {} hello", alice.id), "");
    bob.whisper(alice.id, "hello");
    alice.says(&format!("WHISPER {} hello", bob.id), "");
}

/// Makes each fact a test.
macro_rules! facts {
    ($($fact:ident: $check:ident;)*) => {$(
        #[test]
        fn $fact() {
            with_networks(stringify!($fact), |networks| {
                deadline_after(LIMIT, move || $check(&networks));
            });
        }
    )*};
}

facts! {
    who_was_unplugged_enters_again: unplugged;
    who_has_another_address_enters_again: moved;
    who_starts_before_the_network_is_up_finds_others_after: early;
}

fn unplugged(networks: &Networks) {
    let mut nodes = two(networks);
    networks.ip(1, "link set eth0 down");
    all_say(&nodes, "EXIT");
    let since = Instant::now();
    networks.ip(1, "link set eth0 up");
    meet(&mut nodes, since);
}

fn moved(networks: &Networks) {
    let mut nodes = two(networks);
    let since = Instant::now();
    networks.ip(1, "address del 10.77.0.2/24 dev eth0");
    networks.ip(1, "address add 10.77.0.3/24 broadcast + dev eth0");
    meet(&mut nodes, since);
}

fn early(networks: &Networks) {
    let port = beacon_port();
    networks.ip(1, "address del 10.77.0.2/24 dev eth0");
    networks.ip(1, "link set eth0 down");
    let mut nodes = [0, 1].map(|host| start(networks, ["alice", "bob"][host], host, port));
    let since = Instant::now();
    networks.ip(1, "link set eth0 up");
    networks.ip(1, "address add 10.77.0.2/24 broadcast + dev eth0");
    meet(&mut nodes, since);
}

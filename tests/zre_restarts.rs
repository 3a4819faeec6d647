//! Nodes that end and come again where they were.

#![cfg(feature = "zre")]

mod support;

use std::process;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use support::{SOON, beacon_port, deadline_after};
use zeroless::Server;
use zeroless::zre::{Builder, Event, Node, Uuid};

const LIMIT: Duration = Duration::from_secs(60);

/// A tcp endpoint that is free, and stays so between two nodes: its port is below those that systems give to whom asks for
/// any. Processes of tests begin at different ones.
fn endpoint() -> String {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let begin = process::id() % 1000 * 10;
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = 15_000 + (begin + u32::from(number)) % 10_000;
        let endpoint = format!("tcp://127.0.0.1:{port}");
        if Server::bind(&endpoint).is_ok() {
            return endpoint;
        }
    }
}

/// Waits until a node is told that this one has entered; nobody but the one before may leave.
#[track_caller]
fn assert_enters(node: &Node, new: Uuid, before: Option<Uuid>) {
    let until = Instant::now() + SOON;
    while let Some(left) = until.checked_duration_since(Instant::now()) {
        match node.recv_timeout(left) {
            Ok(Event::Enter { peer }) if peer.id() == new => return,
            Ok(Event::Exit { peer }) => assert_eq!(Some(peer.id()), before),
            Ok(_) => {}
            Err(error) => panic!("{new} does not enter: {error}"),
        }
    }
    panic!("{new} does not enter");
}

/// Waits until a node hears these words of another, and is told of no other end than that of the
/// one before.
#[track_caller]
fn assert_hears(node: &Node, words: &str, before: Option<Uuid>) {
    loop {
        match node.recv_timeout(SOON) {
            Ok(Event::Whisper { message, .. }) if message == words => return,
            Ok(Event::Exit { peer }) => assert_eq!(Some(peer.id()), before),
            Ok(_) => {}
            Err(error) => panic!("`{words}` is not heard: {error}"),
        }
    }
}

/// One node stays; another ends and is started anew, again and again, and each time they talk.
#[track_caller]
fn assert_they_meet_again(stays: &Node, start: impl Fn() -> Node) {
    let mut before = None;
    for round in 0..5 {
        let comes = start();
        assert_enters(stays, comes.id(), before);
        assert_enters(&comes, stays.id(), None);
        for number in 0..3 {
            let words = format!("{round} {number}");
            comes.whisper(stays.id(), &*words).unwrap();
            assert_hears(stays, &words, before);
            stays.whisper(comes.id(), &*words).unwrap();
            assert_hears(&comes, &words, None);
        }
        before = Some(comes.id());
    }
}

#[test]
fn a_node_that_comes_again_at_the_same_endpoint_enters_once() {
    deadline_after(LIMIT, || {
        let (port, endpoint) = (beacon_port(), endpoint());
        let node = |name| Node::builder(name).interface("127.0.0.1").port(port);
        let alice = node("alice").start().unwrap();
        assert_they_meet_again(&alice, || node("bob").endpoint(&*endpoint).start().unwrap());
    });
}

#[test]
fn a_gossip_hub_that_comes_again_is_let_in_once() {
    deadline_after(LIMIT, || {
        let (inbox, gossip) = (endpoint(), endpoint());
        let node = |name| -> Builder { Node::builder(name).interface("127.0.0.1") };
        let alice = node("alice").gossip_connect(&*gossip).start().unwrap();
        assert_they_meet_again(&alice, || {
            let hub = node("hub").endpoint(&*inbox).gossip_bind(&*gossip);
            hub.start().unwrap()
        });
    });
}

#[test]
fn a_port_is_free_when_drop_returns() {
    deadline_after(LIMIT, || {
        let (port, endpoint) = (beacon_port(), endpoint());
        let node = |name| Node::builder(name).interface("127.0.0.1").port(port);
        let _alice = node("alice").start().unwrap();
        for _ in 0..20 {
            drop(node("bob").endpoint(&*endpoint).start().unwrap());
        }
    });
}

#[test]
fn the_ports_of_a_gossip_hub_are_free_when_stop_returns() {
    deadline_after(LIMIT, || {
        let (inbox, gossip) = (endpoint(), endpoint());
        let node = |name| -> Builder { Node::builder(name).interface("127.0.0.1") };
        let _alice = node("alice").gossip_connect(&*gossip).start().unwrap();
        for _ in 0..20 {
            let hub = node("hub").endpoint(&*inbox).gossip_bind(&*gossip);
            hub.start().unwrap().stop();
        }
    });
}

//! Nodes that find each other by gossip, where there is no broadcast.

#![cfg(feature = "zre")]

mod support;

use std::time::Duration;

use support::{SOON, deadline, until};
use zeroless::zre::{Builder, Event, Node};
use zeroless::{Endpoint, Error, Server};

fn node(name: &str) -> Builder {
    Node::builder(name).interface("127.0.0.1")
}

/// A node that others connect to, and where.
fn hub() -> (Node, Endpoint) {
    let hub = node("hub")
        .gossip_bind("tcp://127.0.0.1:0")
        .start()
        .unwrap();
    let endpoint = hub.gossip_endpoints()[0].clone();
    (hub, endpoint)
}

/// Waits until a node has seen these enter, in any order.
#[track_caller]
fn assert_enter<const N: usize>(node: &Node, names: [&str; N]) {
    let mut entered: Vec<String> = Vec::new();
    while entered.len() < N {
        match node.recv_timeout(SOON) {
            Ok(Event::Enter { peer }) => entered.push(peer.name().to_owned()),
            other => panic!("{entered:?}, and then {other:?}"),
        }
    }
    entered.sort();
    assert_eq!(entered, names);
}

#[test]
fn nodes_that_connect_to_one_find_it_and_each_other() {
    deadline(|| {
        let (hub, endpoint) = hub();
        let alice = node("alice").gossip_connect(&endpoint).start().unwrap();
        let bob = node("bob").gossip_connect(&endpoint).start().unwrap();
        assert_enter(&hub, ["alice", "bob"]);
        assert_enter(&alice, ["bob", "hub"]);
        assert_enter(&bob, ["alice", "hub"]);
        alice.whisper(bob.id(), "hello").unwrap();
        let event = bob.recv_timeout(SOON).unwrap();
        assert!(matches!(event, Event::Whisper { peer, .. } if peer.id() == alice.id()));
    });
}

#[test]
fn those_in_a_chain_find_each_other() {
    deadline(|| {
        let (one, first) = hub();
        let two = node("two").gossip_bind("tcp://127.0.0.1:0");
        let two = two.gossip_connect(&first).start().unwrap();
        let second = two.gossip_endpoints()[0].clone();
        let three = node("three").gossip_connect(&second).start().unwrap();
        assert_enter(&one, ["three", "two"]);
        assert_enter(&two, ["hub", "three"]);
        assert_enter(&three, ["hub", "two"]);
    });
}

#[test]
fn a_node_that_connects_first_finds_one_that_comes_later() {
    deadline(|| {
        let port = Server::bind_local(0).unwrap().port();
        let endpoint = format!("tcp://127.0.0.1:{port}");
        let alice = node("alice").gossip_connect(&endpoint).start().unwrap();
        let hub = node("hub").gossip_bind(&endpoint).start().unwrap();
        assert_enter(&alice, ["hub"]);
        assert_enter(&hub, ["alice"]);
        drop(hub);
        let event = alice.recv_timeout(SOON).unwrap();
        assert!(matches!(event, Event::Exit { peer } if peer.name() == "hub"));
        // Another takes its place; nobody tells alice but the question whether it knows her.
        let mut new = Err(Error::WouldBlock);
        until(|| {
            // libzmq gives the port up some time after the socket was closed.
            new = node("new hub").gossip_bind(&endpoint).start();
            new.is_ok()
        });
        let hub = new.unwrap();
        assert_enter(&alice, ["new hub"]);
        assert_enter(&hub, ["alice"]);
    });
}

#[test]
fn a_goodbye_reaches_all() {
    deadline(|| {
        let (hub, endpoint) = hub();
        let alice = node("alice").gossip_connect(&endpoint).start().unwrap();
        let bob = node("bob").gossip_connect(&endpoint).start().unwrap();
        assert_enter(&hub, ["alice", "bob"]);
        assert_enter(&bob, ["alice", "hub"]);
        drop(alice);
        for node in [&hub, &bob] {
            let event = node.recv_timeout(SOON).unwrap();
            assert!(matches!(event, Event::Exit { peer } if peer.name() == "alice"));
        }
        // Nobody is told of her any more.
        let carol = node("carol").gossip_connect(&endpoint).start().unwrap();
        assert_enter(&carol, ["bob", "hub"]);
        assert!(carol.recv_timeout(Duration::from_millis(500)).is_err());
    });
}

#[test]
fn one_that_tells_a_name_is_looked_up() {
    deadline(|| {
        let (hub, endpoint) = hub();
        let port = Server::bind_local(0).unwrap().port();
        let alice = node("alice")
            .endpoint(("127.0.0.1", port))
            .advertised_endpoint(("localhost", port))
            .gossip_connect(&endpoint)
            .start()
            .unwrap();
        assert_eq!(alice.endpoint(), *format!("tcp://localhost:{port}"));
        assert_enter(&hub, ["alice"]);
        assert_enter(&alice, ["hub"]);
    });
}

#[test]
fn nonsense_disturbs_nobody() {
    deadline(|| {
        let (hub, endpoint) = hub();
        let context = zmq::Context::new();
        let strange = context.socket(zmq::DEALER).unwrap();
        strange.connect(&endpoint.to_string()).unwrap();
        for frame in [
            &b""[..],
            b"\xaa",
            b"\xaa\xa0\x02\x01\xff",
            b"\xaa\xa0\x02\x01\x01a\xff\xff\xff\xff",
            b"\xaa\xa0\x09\x01",
            b"\xaa\xa0\x02\x01\x01a\x00\x00\x00\x01b\x00\x00\x00\x00",
        ] {
            strange.send(frame, 0).unwrap();
        }
        // The last was a tuple, from a client that has not said hello.
        assert_eq!(strange.recv_bytes(0).unwrap(), b"\xaa\xa0\x05\x01");
        strange.send_multipart(["a", "b", "c"], 0).unwrap();
        let alice = node("alice").gossip_connect(&endpoint).start().unwrap();
        assert_enter(&hub, ["alice"]);
        assert_enter(&alice, ["hub"]);
    });
}

#[test]
fn nodes_that_beacon_are_not_heard() {
    deadline(|| {
        let port = support::beacon_port();
        let beacons = node("beacons").port(port).start().unwrap();
        let gossips = node("gossips").port(port).gossip_bind(0).start().unwrap();
        let another = node("another").port(port).start().unwrap();
        assert_enter(&beacons, ["another"]);
        until(|| another.peers().len() == 1);
        assert!(gossips.peers().is_empty());
    });
}

#[test]
fn two_inboxes_are_refused() {
    let refused = node("alice").endpoint(["tcp://127.0.0.1:0", "tcp://127.0.0.1:1"]);
    let error = refused.start().unwrap_err();
    assert!(matches!(error, Error::InvalidEndpoint { .. }), "{error}");
    let refused = node("alice").endpoint("ipc:///tmp/alice").start();
    assert!(refused.unwrap_err().to_string().contains("tcp"));
}

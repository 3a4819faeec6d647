//! Nodes find each other, and talk.

#![cfg(feature = "zre")]

mod support;

use std::time::{Duration, Instant};

use support::{assert_timeout, beacon_port};
use zeroless::zre::{self, Builder, Event, Node, Peer};
use zeroless::{Error, Frames};

const PATIENCE: Duration = Duration::from_secs(20);

/// A node on loopback, alone with those of the same port.
fn node(name: &str, port: u16) -> Builder {
    Node::builder(name).interface("127.0.0.1").port(port)
}

/// The first event that this makes something of.
fn expect<T>(node: &Node, mut wanted: impl FnMut(Event) -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let event = node.recv_timeout(left).expect("the event that is expected");
        if let Some(found) = wanted(event) {
            return found;
        }
    }
}

fn expect_enter(node: &Node) -> Peer {
    expect(node, |event| match event {
        Event::Enter { peer } => Some(peer),
        _ => None,
    })
}

fn expect_exit(node: &Node) -> Peer {
    expect(node, |event| match event {
        Event::Exit { peer } => Some(peer),
        _ => None,
    })
}

fn expect_join(node: &Node) -> (Peer, String) {
    expect(node, |event| match event {
        Event::Join { peer, group } => Some((peer, group)),
        _ => None,
    })
}

#[test]
fn two_nodes_enter_with_names_and_headers() {
    let port = beacon_port();
    let alice = node("alice", port)
        .header("X-LANG", "Rust")
        .start()
        .unwrap();
    let bob = node("bob", port).start().unwrap();
    let (of_bob, of_alice) = (expect_enter(&alice), expect_enter(&bob));
    assert_eq!((of_bob.name(), of_bob.id()), ("bob", bob.id()));
    assert_eq!((of_alice.name(), of_alice.id()), ("alice", alice.id()));
    assert_eq!(of_alice.header("X-LANG"), Some("Rust"));
    assert_eq!(*of_alice.endpoint(), alice.endpoint());
    assert_eq!(bob.peers(), std::slice::from_ref(&of_alice));
    assert_eq!(bob.peer(alice.id()), Some(of_alice));
}

#[test]
fn groups_are_told_before_and_after_the_encounter() {
    let port = beacon_port();
    let alice = node("alice", port).start().unwrap();
    alice.join("early").unwrap();
    let bob = node("bob", port).start().unwrap();
    let (peer, group) = expect_join(&bob);
    assert_eq!((peer.id(), &group[..]), (alice.id(), "early"));
    expect_enter(&alice);
    alice.join("late").unwrap();
    assert_eq!(expect_join(&bob).1, "late");
    assert_eq!(bob.groups_of(alice.id()), ["early", "late"]);
    assert_eq!(bob.peer_groups(), ["early", "late"]);
    assert_eq!(alice.own_groups(), ["early", "late"]);
    assert_eq!(bob.peers_in("late").len(), 1);
    alice.leave("early").unwrap();
    let left = expect(&bob, |event| match event {
        Event::Leave { group, .. } => Some(group),
        _ => None,
    });
    assert_eq!(left, "early");
    assert_eq!(bob.peer_groups(), ["late"]);
}

#[test]
fn whispers_reach_one_and_shouts_those_in_the_group() {
    let port = beacon_port();
    let alice = node("alice", port).start().unwrap();
    let bob = node("bob", port).start().unwrap();
    let carol = node("carol", port).start().unwrap();
    bob.join("G").unwrap();
    carol.join("G").unwrap();
    for _ in 0..2 {
        assert_eq!(expect_join(&alice).1, "G");
    }
    alice.whisper(bob.id(), ("id", vec![0u8; 1000])).unwrap();
    let (peer, message) = expect(&bob, |event| match event {
        Event::Whisper { peer, message } => Some((peer, message)),
        _ => None,
    });
    assert_eq!(peer.name(), "alice");
    assert_eq!(message, ("id", vec![0u8; 1000]).into_message().unwrap());
    assert_eq!(alice.shout("G", "hello").unwrap(), 2);
    for node in [&bob, &carol] {
        let (group, message) = expect(node, |event| match event {
            Event::Shout { group, message, .. } => Some((group, message)),
            Event::Whisper { .. } => panic!("a whisper for another"),
            _ => None,
        });
        assert_eq!(group, "G");
        assert_eq!(message, "hello");
    }
    assert_eq!(alice.shout("nobody's", "hello").unwrap(), 0);
}

#[test]
fn a_node_that_is_dropped_says_goodbye() {
    let port = beacon_port();
    let alice = node("alice", port).start().unwrap();
    let bob = node("bob", port).start().unwrap();
    expect_enter(&alice);
    expect_enter(&bob);
    let id = alice.id();
    alice.whisper(bob.id(), "last words").unwrap();
    drop(alice);
    let words = expect(&bob, |event| match event {
        Event::Whisper { message, .. } => Some(message),
        Event::Exit { .. } => panic!("its messages before are lost"),
        _ => None,
    });
    assert_eq!(words, "last words");
    assert_eq!(expect_exit(&bob).id(), id);
    assert!(bob.peers().is_empty());
    let error = bob.whisper(id, "hello").unwrap_err();
    assert!(matches!(error.error(), Error::NoPeer { .. }), "{error}");
}

#[test]
fn a_node_that_comes_again_enters_again() {
    let port = beacon_port();
    let alice = node("alice", port).start().unwrap();
    for _ in 0..3 {
        let bob = node("bob", port).start().unwrap();
        assert_eq!(expect_enter(&alice).id(), bob.id());
        bob.stop();
        assert_eq!(expect_exit(&alice).id(), bob.id());
    }
}

#[test]
fn stop_ends_a_loop() {
    let node = node("alone", beacon_port()).start().unwrap();
    let events = node.events();
    let loops = std::thread::spawn(move || events.last());
    node.stop();
    assert_eq!(loops.join().unwrap(), Some(Event::Stop));
    assert_eq!(node.recv(), Err(Error::Stopped));
    assert_eq!(node.join("G"), Err(Error::Stopped));
    assert_eq!(node.shout("G", "hello"), Err(Error::Stopped));
}

#[test]
fn many_messages_arrive_in_order() {
    const COUNT: u32 = 200_000;
    let port = beacon_port();
    let alice = node("alice", port).start().unwrap();
    let bob = node("bob", port).start().unwrap();
    bob.join("G").unwrap();
    expect_join(&alice);
    let shouts = std::thread::spawn(move || {
        for n in 0..COUNT {
            alice.shout("G", n.to_be_bytes()).unwrap();
        }
        alice
    });
    for n in 0..COUNT {
        let message = expect(&bob, |event| match event {
            Event::Shout { message, .. } => Some(message),
            Event::Missed { events } => panic!("{events} were missed"),
            Event::Exit { .. } => panic!("it was given up"),
            _ => None,
        });
        assert_eq!(message.as_bytes(), n.to_be_bytes());
    }
    shouts.join().unwrap();
}

#[test]
fn impossible_options_are_refused() {
    let refused = |builder: Builder| builder.start().unwrap_err();
    let nowhere = refused(Node::builder("x").interface("nowhere0"));
    let nowhere = nowhere.downcast_ref();
    assert!(matches!(nowhere, Some(zre::Error::NoInterface { .. })));
    let port = beacon_port();
    for builder in [
        node(&"x".repeat(256), port),
        node("x", port).header("k".repeat(256), ""),
        node("x", 0),
        node("x", port).event_queue(0),
        node("x", port).expired(Duration::ZERO),
        node("x", port).interval(Duration::MAX),
        node("x", port).header("key", "v".repeat(600_000)),
    ] {
        assert!(matches!(refused(builder), Error::InvalidOption { .. }));
    }
    let alone = node("alone", port).start().unwrap();
    assert!(matches!(
        alone.join(&"g".repeat(256)),
        Err(Error::InvalidOption { .. })
    ));
    (0..1024).for_each(|n| alone.join(&n.to_string()).unwrap());
    assert!(matches!(
        alone.join("one too many"),
        Err(Error::InvalidOption { .. })
    ));
    alone.join("7").unwrap(); // it is in it already
}

#[test]
fn one_that_advertises_a_name_is_found_by_its_beacons_and_stays() {
    let port = beacon_port();
    let alice = node("alice", port).advertised_endpoint(("localhost", 9999));
    let alice = alice.start().unwrap();
    let bob = node("bob", port).start().unwrap();
    let peer = expect_enter(&bob);
    expect_enter(&alice);
    assert_ne!(*peer.endpoint(), alice.endpoint(), "it is where it beacons");
    // More beacons come, and none of them is a goodbye.
    let later = bob.recv_timeout(Duration::from_millis(2500));
    assert_timeout(later);
}

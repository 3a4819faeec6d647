//! Malformed or dishonest messages to a node disturb no other.

#![cfg(feature = "zre")]

mod support;
#[path = "support/zre.rs"]
mod wire;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use support::{SOON, beacon_port, deadline, until};
use wire::{PING_OK, hello, identity, packet};
use zeroless::zre::{Builder, Event, Node, Uuid};

/// Longer than a beacon's interval, and than giving up a peer after a false goodbye.
const A_WHILE: Duration = Duration::from_millis(1500);

fn node(name: &str, port: u16) -> Builder {
    Node::builder(name).interface("127.0.0.1").port(port)
}

/// Two that know each other.
fn two(port: u16) -> (Node, Node) {
    let alice = node("alice", port).start().unwrap();
    let bob = node("bob", port).start().unwrap();
    for node in [&alice, &bob] {
        let event = node.recv_timeout(SOON).unwrap();
        assert!(matches!(event, Event::Enter { .. }));
    }
    (alice, bob)
}

/// Sends frames to a node under this identity; they are delivered on return.
fn say<const N: usize>(identity: &[u8], node: &Node, frames: [&[u8]; N]) {
    let context = zmq::Context::new();
    let socket = context.socket(zmq::DEALER).unwrap();
    socket.set_identity(identity).unwrap();
    socket.connect(&node.endpoint().to_string()).unwrap();
    for frame in frames {
        socket.send(frame, 0).unwrap();
    }
}

/// A connection identity that no node knows.
const STRANGER: [u8; 17] = [1; 17];

/// Nothing happens to bob, in alice's eyes, and they still talk.
fn are_undisturbed(alice: &Node, bob: &Node) {
    let until = Instant::now() + A_WHILE;
    let before = bob.id();
    while let Some(left) = until.checked_duration_since(Instant::now()) {
        match alice.recv_timeout(left) {
            Ok(Event::Exit { peer } | Event::Evasive { peer }) if peer.id() == before => {
                panic!("bob is gone")
            }
            Ok(_) => {}
            Err(error) => assert!(error.is_timeout()),
        }
    }
    bob.whisper(alice.id(), "hello").unwrap();
    let words = std::iter::repeat_with(|| alice.recv_timeout(SOON).unwrap())
        .find(|event| matches!(event, Event::Whisper { .. }));
    assert_eq!(words.unwrap().peer().unwrap().id(), before);
}

#[test]
fn malformed_messages_are_ignored() {
    deadline(|| {
        let port = beacon_port();
        let (alice, bob) = two(port);
        let whole = hello("tcp://127.0.0.1:1");
        let mut wrong: Vec<Vec<u8>> = (0..whole.len()).map(|len| whole[..len].to_vec()).collect();
        let with = |place: usize, bytes: &[u8]| {
            let mut frame = whole.clone();
            frame[place..place + bytes.len()].copy_from_slice(bytes);
            frame
        };
        wrong.extend([
            with(0, &[0xaa, 0xa0]),
            with(2, &[0]),
            with(2, &[255]),
            with(3, &[1]),
            with(4, &[0, 2]),
            with(4, &[0, 0]),
            with(6, &[255]),
            with(24, &[255; 4]),
            with(28, &[255; 6]),
            vec![0; 100_000],
        ]);
        for endpoint in [
            "",
            "tcp://",
            "tcp://*:*",
            "tcp://0.0.0.0:1",
            "tcp://127.0.0.1:0",
            "tcp://nobody:1",
            "tcp://[::]:1",
            "tcp://224.0.0.1:1",
            "tcp://255.255.255.255:1",
            "ipc:///tmp/x",
            "inproc://x",
            "tcp://127.0.0.1:99999",
            "udp://127.0.0.1:1",
            "tcp://127.0.0.1:1;tcp://127.0.0.1:2",
        ] {
            wrong.push(hello(endpoint));
        }
        for (number, frame) in wrong.iter().enumerate() {
            let join = b"\xaa\xa1\x04\x02\x00\x02\x01G\x07";
            let cut = b"\xaa\xa1\x04\x02\x00\x03\xff";
            let identity = identity(Uuid::from([number as u8; 16]));
            say(&identity, &alice, [&frame[..], join, cut]);
        }
        for name in [&b"x"[..], &[1; 16], &[1; 18], &[2; 17], &[255; 255]] {
            say(name, &alice, [&whole[..]]);
        }
        are_undisturbed(&alice, &bob);
        assert_eq!(alice.peers().len(), 1, "{:?}", alice.peers());
        // Control: sent the same way, valid messages are accepted.
        let mall = identity(Uuid::from([0; 16]));
        say(&mall, &alice, [&whole[..], &packet(PING_OK, 2, b"")]);
        until(|| alice.peers().iter().any(|peer| peer.name() == "mall"));
        let carol = node("carol", port).start().unwrap();
        let entered: BTreeSet<Uuid> = carol
            .events()
            .filter_map(|event| match event {
                Event::Enter { peer } => Some(peer.id()),
                _ => None,
            })
            .take(2)
            .collect();
        assert_eq!(entered, [alice.id(), bob.id()].into());
    });
}

#[test]
fn a_stranger_with_the_identity_of_another_cannot_keep_it_away() {
    deadline(|| {
        let (alice, bob) = two(beacon_port());
        say(&identity(bob.id()), &alice, [b"nonsense"]);
        let next = || alice.recv_timeout(SOON).unwrap();
        let mut events = std::iter::repeat_with(next);
        assert!(matches!(events.next(), Some(Event::Exit { .. })));
        assert!(matches!(events.next(), Some(Event::Enter { .. })));
        until(|| bob.whisper(alice.id(), "hello").is_ok());
        assert!(events.any(|event| matches!(event, Event::Whisper { .. })));
    });
}

#[test]
fn a_stranger_that_claims_the_endpoint_of_another_does_not_replace_it() {
    deadline(|| {
        let (alice, bob) = two(beacon_port());
        let endpoint = bob.endpoint().to_string();
        for spelling in [&endpoint, &endpoint.replace("1:", "1:0")] {
            say(&STRANGER, &alice, [&hello(spelling)[..]]);
        }
        are_undisturbed(&alice, &bob);
        are_undisturbed(&bob, &alice);
    });
}

#[test]
fn a_stranger_that_claims_our_own_endpoint_or_identity_is_ignored() {
    deadline(|| {
        let (alice, bob) = two(beacon_port());
        say(
            &STRANGER,
            &alice,
            [&hello(&alice.endpoint().to_string())[..]],
        );
        let own = identity(alice.id());
        say(&own, &alice, [&hello("tcp://127.0.0.1:1")[..]]);
        are_undisturbed(&alice, &bob);
        assert_eq!(alice.peers().len(), 1, "{:?}", alice.peers());
    });
}

#[test]
fn a_stranger_that_says_another_is_elsewhere_cannot_keep_it_away() {
    deadline(|| {
        let (alice, bob) = two(beacon_port());
        say(
            &identity(bob.id()),
            &alice,
            [&hello("tcp://127.0.0.1:1")[..]],
        );
        let came_back = |event: &Event| match event {
            Event::Enter { peer } => *peer.endpoint() == bob.endpoint(),
            _ => false,
        };
        let began = Instant::now();
        assert!(alice.events().any(|event| came_back(&event)));
        // The next beacon but one tells, long before a peer that does not answer is given up.
        assert!(began.elapsed() < Duration::from_secs(4));
        are_undisturbed(&alice, &bob);
    });
}

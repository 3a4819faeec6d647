//! Frames that are too large: refused where they are sent, and told where they are not taken.

#![cfg(feature = "zre")]

mod support;
#[path = "support/warnings.rs"]
mod warnings;

use support::{SOON, beacon_port, deadline, until};
use warnings::warnings;
use zeroless::Error;
use zeroless::zre::{Builder, Event, Node};

const MIB: usize = 1 << 20;

fn node(name: &str, port: u16) -> Builder {
    Node::builder(name).interface("127.0.0.1").port(port)
}

/// Starts two nodes that know each other.
fn two(alice: Builder, bob: Builder) -> (Node, Node) {
    let (alice, bob) = (alice.start().unwrap(), bob.start().unwrap());
    until(|| !alice.peers().is_empty() && !bob.peers().is_empty());
    (alice, bob)
}

#[track_caller]
fn assert_hears(node: &Node, bytes: usize) {
    loop {
        match node.recv_timeout(SOON).unwrap() {
            Event::Whisper { message, .. } | Event::Shout { message, .. } => {
                return assert_eq!(message.as_bytes().len(), bytes);
            }
            Event::Exit { .. } => panic!("it is gone"),
            _ => {}
        }
    }
}

#[test]
fn a_frame_that_no_peer_would_take_is_refused_and_given_back() {
    deadline(|| {
        let port = beacon_port();
        let (alice, bob) = two(node("alice", port), node("bob", port));
        bob.join("G").unwrap();
        until(|| !alice.peers_in("G").is_empty());
        let refused = Error::FrameTooLarge {
            size: 16 * MIB as u64 + 1,
            max: 16 * MIB as u64,
        };
        let frame = vec![7u8; 16 * MIB + 1];
        let error = alice.whisper(bob.id(), ("small", frame)).unwrap_err();
        assert_eq!(*error.error(), refused);
        let message = error.into_message();
        assert_eq!(message.frame_count(), 2);
        assert_eq!(alice.shout("G", message), Err(refused));
        alice.whisper(bob.id(), vec![7u8; 16 * MIB]).unwrap();
        assert_hears(&bob, 16 * MIB);
    });
}

#[test]
fn larger_frames_can_be_allowed() {
    deadline(|| {
        let port = beacon_port();
        let large = |name| node(name, port).max_frame(32 * MIB as u64);
        let (alice, bob) = two(large("alice"), large("bob"));
        bob.join("G").unwrap();
        until(|| !alice.peers_in("G").is_empty());
        alice.shout("G", vec![7u8; 20 * MIB]).unwrap();
        assert_hears(&bob, 20 * MIB);
    });
}

#[test]
fn a_frame_that_is_not_taken_is_told() {
    deadline(|| {
        let told = warnings("max_frame");
        let port = beacon_port();
        let small = node("alice", port).max_frame(MIB as u64);
        let (alice, bob) = two(small, node("bob", port));
        bob.whisper(alice.id(), vec![7u8; 2 * MIB]).unwrap();
        // The next message shows that one is lost.
        until(|| {
            let _ = bob.whisper(alice.id(), "after");
            let words = ["alice", "bob", "lost"];
            let mut lines = told().into_iter();
            lines.any(|line| words.iter().all(|word| line.contains(word)))
        });
        // They come together again.
        until(|| bob.whisper(alice.id(), "again").is_ok());
    });
}

#[test]
fn the_hello_of_a_node_finds_room() {
    let refused = node("x", beacon_port()).max_frame(MIB as u64 - 1).start();
    assert!(matches!(
        refused.unwrap_err(),
        Error::InvalidOption {
            option: "max_frame",
            ..
        }
    ));
}

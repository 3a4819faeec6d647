//! A node in an event loop: its file descriptor can be read while there are events.

#![cfg(all(feature = "zre", target_os = "linux"))]

#[path = "support/poll.rs"]
mod poll;
mod support;

use std::os::fd::AsRawFd;
use std::thread;
use std::time::Duration;

use poll::{Edges, is_readable, wait_readable};
use support::{SOON, beacon_port, deadline, deadline_after, until};
use zeroless::zre::{Event, Node};
use zeroless::{Error, Frames};

fn node(name: &str, port: u16) -> Node {
    let node = Node::builder(name).interface("127.0.0.1").port(port);
    node.start().unwrap()
}

/// Takes events as they come, one for each time that it can be read, until this one.
#[track_caller]
fn poll_until(node: &Node, is_last: impl Fn(&Event) -> bool) {
    loop {
        assert!(wait_readable(node, SOON), "nothing can be read");
        match node.try_recv() {
            Ok(event) if is_last(&event) => return,
            Ok(_) | Err(Error::WouldBlock) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn a_node_is_readable_from_an_event_to_the_last() {
    deadline(|| {
        let port = beacon_port();
        let bob = node("bob", port);
        assert_eq!(bob.as_raw_fd(), bob.clone().as_raw_fd());
        until(|| bob.try_recv().is_err() && !is_readable(&bob));
        let alice = node("alice", port);
        let hear = |frames: &str| {
            let wanted = frames.to_owned().into_message().unwrap();
            poll_until(
                &bob,
                |event| matches!(event, Event::Whisper { message, .. } if *message == wanted),
            );
        };
        poll_until(&bob, |event| matches!(event, Event::Enter { .. }));
        until(|| !alice.peers().is_empty());
        alice.whisper(bob.id(), "one").unwrap();
        alice.whisper(bob.id(), "two").unwrap();
        hear("one");
        hear("two");
        until(|| bob.try_recv().is_err() && !is_readable(&bob));
        bob.stop();
        poll_until(&bob, |event| matches!(event, Event::Stop));
        assert_eq!(bob.try_recv(), Err(Error::Stopped));
        assert!(is_readable(&bob));
    });
}

#[test]
fn loops_and_threads_that_take_events_at_once_miss_none() {
    const WHISPERS: usize = 5000;
    deadline_after(6 * SOON, || {
        let port = beacon_port();
        let (alice, bob) = (node("alice", port), node("bob", port));
        until(|| !alice.peers().is_empty() && !bob.peers().is_empty());
        let edges = Edges::new();
        edges.add(&bob);
        let is_whisper = |event: &Event| matches!(event, Event::Whisper { .. });
        let heard: usize = thread::scope(|scope| {
            let by_change = scope.spawn(|| {
                let mut heard = 0;
                loop {
                    assert!(edges.wait(2 * SOON), "silent");
                    loop {
                        match bob.try_recv() {
                            Ok(event) => heard += usize::from(is_whisper(&event)),
                            Err(Error::Stopped) => return heard,
                            Err(_) => break,
                        }
                    }
                }
            });
            let by_thread = scope.spawn(|| bob.events().filter(is_whisper).count());
            let in_time = scope.spawn(|| {
                let mut heard = 0;
                loop {
                    match bob.recv_timeout(Duration::from_micros(50)) {
                        Ok(event) => heard += usize::from(is_whisper(&event)),
                        Err(Error::Stopped) => return heard,
                        Err(error) => assert!(error.is_timeout()),
                    }
                }
            });
            for number in 0..WHISPERS {
                alice.whisper(bob.id(), number.to_string()).unwrap();
            }
            // Its goodbye comes after all that it has said.
            let id = alice.id();
            alice.stop();
            until(|| bob.peer(id).is_none());
            bob.stop();
            [by_change, by_thread, in_time]
                .map(|it| it.join().unwrap())
                .iter()
                .sum()
        });
        assert_eq!(heard, WHISPERS);
    });
}

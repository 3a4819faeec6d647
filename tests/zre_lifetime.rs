//! The end of a node: its messages are delivered, it says goodbye, and nothing hangs.

#![cfg(feature = "zre")]

#[path = "support/process.rs"]
mod process;
mod support;

use std::process::Command;
use std::thread;

use process::Process;
use support::{SOON, beacon_port, deadline, until};
use zeroless::zre::{Event, Node};

/// In a process of these tests: the port of its beacons.
const PORT: &str = "ZEROLESS_TEST_PORT";

const SHOUTS: usize = 300;

fn node(name: &str, port: u16) -> Node {
    let node = Node::builder(name).interface("127.0.0.1").port(port);
    node.start().unwrap()
}

/// Shouts, once somebody is there to hear it.
fn shout(node: &Node) {
    node.join("G").unwrap();
    until(|| !node.peers_in("G").is_empty());
    for number in 0..SHOUTS {
        assert_eq!(node.shout("G", number.to_string()), Ok(1));
    }
}

/// All that was shouted comes, and then a goodbye.
#[track_caller]
fn assert_hears_all(node: &Node) {
    let mut heard = 0;
    loop {
        match node.recv_timeout(SOON) {
            Ok(Event::Shout { message, .. }) => {
                assert_eq!(message, heard.to_string());
                heard += 1;
            }
            Ok(Event::Exit { .. }) => break,
            Ok(_) => {}
            Err(error) => panic!("{heard} of {SHOUTS} shouts, and then {error}"),
        }
    }
    assert_eq!(heard, SHOUTS);
}

/// A node in a process of its own, whose events a thread takes without an end.
fn shout_and_return(port: &str) {
    let node = node("shouts", port.parse().unwrap());
    let events = node.events();
    thread::spawn(move || events.for_each(drop));
    shout(&node);
}

#[test]
fn the_last_message_arrives_though_a_thread_takes_events_when_main_returns() {
    if let Ok(port) = std::env::var(PORT) {
        return shout_and_return(&port);
    }
    deadline(|| {
        let port = beacon_port();
        let listens = node("listens", port);
        listens.join("G").unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        let name = "the_last_message_arrives_though_a_thread_takes_events_when_main_returns";
        command.args(["--exact", name, "--nocapture", "--test-threads=1"]);
        let shouts = Process::start(command.env(PORT, port.to_string()), SOON);
        assert_hears_all(&listens);
        shouts.finish();
    });
}

#[test]
fn an_event_stream_does_not_keep_a_node_alive_and_comes_to_an_end() {
    deadline(|| {
        let port = beacon_port();
        let (listens, shouts) = (node("listens", port), node("shouts", port));
        listens.join("G").unwrap();
        let (events, channel) = (shouts.events(), shouts.channel().clone());
        let iterates = thread::spawn(move || events.last());
        shout(&shouts);
        drop(shouts);
        assert_hears_all(&listens);
        assert_eq!(iterates.join().unwrap(), Some(Event::Stop));
        assert!(channel.iter().count() == 0);
    });
}

#[test]
fn a_clone_that_waits_for_an_event_is_a_handle() {
    deadline(|| {
        let port = beacon_port();
        let waits = node("waits", port);
        let clone = waits.clone();
        let entered = support::blocked(move || clone.recv());
        drop(waits);
        let other = node("other", port);
        let event = entered.join().unwrap().unwrap();
        assert_eq!(event.peer().unwrap().id(), other.id());
    });
}

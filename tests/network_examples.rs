//! The examples that find each other, each on a host of its own: they keep their promises, and warn of
//! nothing.

#![cfg(feature = "zre")]

#[path = "support/networks.rs"]
mod networks;
#[path = "support/process.rs"]
mod process;

use std::process::Command;
use std::time::Duration;

use networks::{Networks, with_networks};
use process::{Process, path_of};

const LIMIT: Duration = Duration::from_secs(60);

/// An example on one of the hosts.
fn example(networks: &Networks, host: usize, name: &str, argument: &str) -> Process {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", &networks.hosts[host]]);
    command.arg(path_of(name)).arg(argument);
    Process::start_quiet(&mut command, LIMIT)
}

#[test]
fn discovery_hands_out_jobs_to_a_worker_on_another_host() {
    with_networks("discovery_hands_out_jobs", |networks| {
        let server = example(&networks, 0, "discovery_server", "");
        assert!(
            example(&networks, 1, "discovery_client", "20")
                .finish()
                .is_empty()
        );
        for number in 1..=20 {
            assert_eq!(server.line(), format!("job {number}"));
        }
    });
}

#[test]
fn relay_brings_questions_to_workers_that_come_and_go() {
    with_networks("relay_brings_questions_to_workers", |networks| {
        let broker = example(&networks, 0, "relay_broker", "");
        let ann = example(&networks, 1, "relay_worker", "Ann");
        let ask = || example(&networks, 1, "relay_client", "").finish();
        let by = |name: &str| ["Msg1", "Msg2", "Msg3"].map(|it| format!("{it} by {name}"));
        assert_eq!(ask(), by("Ann"));
        broker.logs("Ctrl-C stops it");
        ann.logs("Ctrl-C stops it");
        ann.interrupt();
        assert_eq!(ann.finish(), ["Msg1", "Msg2", "Msg3"]);
        let _bob = example(&networks, 1, "relay_worker", "Bob");
        assert_eq!(ask(), by("Bob"));
        broker.interrupt();
        assert_eq!(broker.finish(), ["6 requests"]);
    });
}

#[test]
fn chats_hear_each_other_to_the_last_word() {
    with_networks("chats_hear_each_other", |networks| {
        let ann = example(&networks, 0, "chat", "Ann");
        let mut bob = example(&networks, 1, "chat", "Bob");
        assert_eq!(ann.line(), "* Bob is here");
        assert_eq!(bob.line(), "* Ann is here");
        for number in 0..300 {
            bob.tell(&number.to_string());
        }
        bob.finish();
        for number in 0..300 {
            assert_eq!(ann.line(), format!("Bob: {number}"));
        }
        assert_eq!(ann.line(), "* Bob has left");
        ann.finish();
    });
}

//! Hosts by name: with several addresses, with other addresses than before, and without any yet.

#![cfg(target_os = "linux")]

#[path = "support/alone.rs"]
mod alone;
mod support;

use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use alone::{alone, set_hosts};
use log::{LevelFilter, Log, Metadata, Record};
use support::{SOON, deadline, until};
use zeroless::{Client, ConnectionEvent, Endpoint, Error, Options, Refusal, Server};

const BOTH: &str = "127.0.0.1 both\n::1 both\n127.0.0.1 localhost\n";

/// A port that is free at both addresses: nobody else is in this network.
fn free_port() -> u16 {
    Server::bind(("both", 0)).unwrap().port()
}

#[test]
fn a_server_of_a_name_is_at_all_its_addresses() {
    alone(
        "a_server_of_a_name_is_at_all_its_addresses",
        "",
        BOTH,
        || {
            deadline(|| {
                let server = Server::bind(("both", 0)).unwrap();
                let port = server.port();
                let endpoints: Vec<String> =
                    server.endpoints().iter().map(|e| e.to_string()).collect();
                assert_eq!(
                    endpoints,
                    [
                        format!("tcp://127.0.0.1:{port}"),
                        format!("tcp://[::1]:{port}")
                    ]
                );
                let pull = server.pull().unwrap();
                for at in endpoints {
                    let push = Client::connect(&at).unwrap().push().unwrap();
                    push.send(&at).unwrap();
                    assert_eq!(pull.recv_timeout(SOON).unwrap(), at.as_str());
                }
            });
        },
    );
}

#[test]
fn a_name_of_which_one_address_is_taken_is_in_use() {
    alone(
        "a_name_of_which_one_address_is_taken_is_in_use",
        "",
        BOTH,
        || {
            for taken in ["127.0.0.1:0", "[::1]:0"] {
                let other = TcpListener::bind(taken).unwrap();
                let address = other.local_addr().unwrap();
                let refused = Server::bind(("both", address.port())).unwrap_err();
                let endpoint = format!("tcp://{address}").parse().unwrap();
                assert_eq!(refused, Error::AddressInUse { endpoint });
                // Nothing of it is kept.
                drop(other);
                Server::bind(("both", address.port())).unwrap();
            }
        },
    );
}

#[test]
fn an_address_that_the_machine_has_not_does_not_keep_a_name_from_being_bound() {
    let hosts = "127.0.0.1 both\nfd00::77 both\n";
    alone(
        "an_address_that_the_machine_has_not_does_not_keep_a_name_from_being_bound",
        "",
        hosts,
        || {
            let server = Server::bind(("both", 0)).unwrap();
            assert_eq!(server.endpoints().len(), 1);
        },
    );
}

#[test]
fn a_client_of_a_name_tries_the_other_family() {
    alone(
        "a_client_of_a_name_tries_the_other_family",
        "",
        BOTH,
        || {
            deadline(|| {
                for at in ["tcp://[::1]:0", "tcp://127.0.0.1:0"] {
                    let server = Server::bind(at).unwrap();
                    let pull = server.pull().unwrap();
                    let client = Client::connect(("both", server.port())).unwrap();
                    let push = client.push().unwrap();
                    push.send("first").unwrap();
                    assert_eq!(pull.recv_timeout(SOON).unwrap(), "first");
                }
            });
        },
    );
}

#[test]
fn a_server_that_comes_later_at_the_other_family_is_found() {
    alone(
        "a_server_that_comes_later_at_the_other_family_is_found",
        "",
        BOTH,
        || {
            deadline(|| {
                let port = free_port();
                let client = Client::connect(("both", port)).unwrap();
                let push = client.push().unwrap();
                let mut events = push.connection_events().unwrap();
                let retrying = |event| matches!(event, ConnectionEvent::Retrying { .. });
                assert!(events.any(retrying));
                let server = Server::bind(format!("tcp://[::1]:{port}")).unwrap();
                let pull = server.pull().unwrap();
                push.wait_connected(1, SOON).unwrap();
                push.send("hello").unwrap();
                assert_eq!(pull.recv_timeout(SOON).unwrap(), "hello");
            });
        },
    );
}

#[test]
fn a_name_that_changes_its_family_is_followed_and_nothing_lost() {
    alone(
        "a_name_that_changes_its_family_is_followed_and_nothing_lost",
        "",
        "127.0.0.1 moves\n::1 both\n127.0.0.1 both\n",
        || {
            deadline(|| {
                let port = free_port();
                let client = Client::connect(("moves", port)).unwrap();
                let push = client.push().unwrap();
                let events = push.connection_events().unwrap();
                for at in ["127.0.0.1", "::1", "127.0.0.1"] {
                    // Messages sent before it moved come first.
                    push.send(at).unwrap();
                    set_hosts(&format!("{at} moves\n"));
                    let server = Server::bind((at, port)).unwrap();
                    let pull = server.pull().unwrap();
                    assert_eq!(pull.recv_timeout(SOON).unwrap(), at);
                    drop((pull, server));
                    let endpoint: Endpoint = format!("tcp://moves:{port}").parse().unwrap();
                    let is_down = |event| match event {
                        ConnectionEvent::Disconnected { endpoint: at, .. } => at == endpoint,
                        _ => false,
                    };
                    while !is_down(events.recv_timeout(SOON).unwrap()) {}
                }
            });
        },
    );
}

#[test]
fn a_name_that_does_not_resolve_yet_is_waited_for() {
    alone(
        "a_name_that_does_not_resolve_yet_is_waited_for",
        "",
        BOTH,
        || {
            deadline(|| {
                let port = free_port();
                let options = Options::default()
                    .wait_for_name(true)
                    .reconnect_max(Duration::from_millis(200));
                let client = Client::new().options(options);
                let client = client.connect(("later", port)).unwrap();
                let push = client.push().unwrap();
                let endpoint: Endpoint = format!("tcp://later:{port}").parse().unwrap();
                match push.status() {
                    Err(Error::Refused {
                        endpoint: refused,
                        refusal: refusal @ Refusal::HostNotFound { .. },
                    }) => {
                        assert_eq!(refused, endpoint);
                        let text = refusal.to_string();
                        assert!(text.contains("does not resolve yet"), "{text}");
                    }
                    other => panic!("{other:?}"),
                }
                assert!(push.try_send("nobody").is_err());
                let mut retries = push.connection_events().unwrap();
                let not_found = |event| match event {
                    ConnectionEvent::Retrying { refusal, .. } => {
                        refusal.is_some_and(|it| matches!(it, Refusal::HostNotFound { .. }))
                    }
                    _ => false,
                };
                assert!(retries.any(not_found));
                set_hosts("::1 later\n127.0.0.1 later\n");
                let events = push.connection_events().unwrap();
                for at in ["127.0.0.1", "::1"] {
                    let server = Server::bind((at, port)).unwrap();
                    let pull = server.pull().unwrap();
                    push.wait_connected(1, SOON).unwrap();
                    until(|| push.status().is_ok());
                    push.send("at last").unwrap();
                    assert_eq!(pull.recv_timeout(SOON).unwrap(), "at last");
                    drop((pull, server));
                    let is_down = |event| match event {
                        ConnectionEvent::Disconnected { endpoint: at, .. } => at == endpoint,
                        _ => false,
                    };
                    while !is_down(events.recv_timeout(SOON).unwrap()) {}
                }
                client.disconnect(("later", port)).unwrap();
            });
        },
    );
}

#[test]
fn a_name_that_is_waited_for_can_be_disconnected() {
    alone(
        "a_name_that_is_waited_for_can_be_disconnected",
        "",
        BOTH,
        || {
            deadline(|| {
                let client = Client::new().options(Options::default().wait_for_name(true));
                let client = client.connect("never:5555").unwrap();
                let push = client.push().unwrap();
                until(|| push.status().is_err());
                client.disconnect("never:5555").unwrap();
                assert!(push.status().is_ok());
                // Without the option it is an error at once.
                let refused = Client::connect("never:5555").unwrap_err();
                assert!(matches!(refused, Error::HostNotFound { .. }), "{refused}");
            });
        },
    );
}

/// Counts the lines that tell that an address family answers.
static ANSWERS: Answers = Answers(AtomicUsize::new(0));

struct Answers(AtomicUsize);

impl Log for Answers {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let tells = record.args().to_string().contains("answers by");
        self.0.fetch_add(tells.into(), Ordering::Relaxed);
    }

    fn flush(&self) {}
}

/// The only port that the system takes for the end that connects.
const ONE_PORT: &str = "echo 40000 40000 >/proc/sys/net/ipv4/ip_local_port_range";

#[test]
fn a_family_does_not_answer_by_a_connection_with_itself() {
    alone(
        "a_family_does_not_answer_by_a_connection_with_itself",
        ONE_PORT,
        BOTH,
        || {
            deadline(|| {
                log::set_logger(&ANSWERS).unwrap();
                log::set_max_level(LevelFilter::Info);
                for _ in 0..3 {
                    let client = Client::connect(("both", 40000)).unwrap();
                    let _push = client.push().unwrap();
                    assert_eq!(ANSWERS.0.load(Ordering::Relaxed), 0);
                }
            });
        },
    );
}

/// Panics over all that is told of looking names up.
struct Panics;

impl Log for Panics {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, _: &Record<'_>) {
        let looks_up = thread::current().name() == Some("zeroless-lookup");
        assert!(!looks_up, "the logger panics on purpose");
    }

    fn flush(&self) {}
}

#[test]
fn a_name_is_waited_for_though_the_logger_panics() {
    alone(
        "a_name_is_waited_for_though_the_logger_panics",
        "",
        BOTH,
        || {
            deadline(|| {
                log::set_logger(&Panics).unwrap();
                log::set_max_level(LevelFilter::Debug);
                let server = Server::bind(("both", 0)).unwrap();
                let pull = server.pull().unwrap();
                let client = Client::new().options(Options::default().wait_for_name(true));
                let client = client.connect(("later", server.port())).unwrap();
                let push = client.push().unwrap();
                // It is looked up in vain for some time.
                thread::park_timeout(Duration::from_millis(300));
                set_hosts("127.0.0.1 later\n");
                push.send("at last").unwrap();
                assert_eq!(pull.recv_timeout(SOON).unwrap(), "at last");
            });
        },
    );
}

//! Options: each is set in one way, and one that a pattern does not use is refused.

mod support;

use std::time::Duration;

use support::inproc;
use zeroless::{Client, Error, Options, Server};

#[track_caller]
fn assert_refused<T>(outcome: Result<T, Error>, named: &str, words: &str) {
    match outcome.map(drop) {
        Err(error @ Error::InvalidOption { option, .. }) => {
            assert_eq!(option, named);
            assert!(error.to_string().contains(words), "{error}");
        }
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn an_option_that_a_pattern_does_not_use_is_refused() {
    let server = || Server::bind(inproc()).unwrap();
    let second = Duration::from_secs(1);
    assert_refused(
        server().send_timeout(second).pull(),
        "send_timeout",
        "pull does not use it",
    );
    assert_refused(
        server().receive_queue(7).push(),
        "receive_queue",
        "it receives nothing",
    );
    assert_refused(
        server().peer_info(true).push(),
        "peer_info",
        "it receives nothing",
    );
    assert_refused(
        server().wait_for_slow(true).push(),
        "wait_for_slow",
        "no subscribers",
    );
    assert_refused(
        server().request_retries(1).reply(),
        "request_retries",
        "sends no requests",
    );
    assert_refused(
        server().spin(second).subscribe(""),
        "spin",
        "sleeps at once",
    );
    let immediate = Options::default().immediate(true);
    assert_refused(
        server().options(immediate).push(),
        "immediate",
        "connects to nobody",
    );
    assert_refused(
        Client::new().linger(second).pull(),
        "linger",
        "sends nothing",
    );
}

#[test]
fn a_server_that_was_refused_is_still_free() {
    let server = Server::bind(inproc()).unwrap().send_queue(7);
    assert!(server.pull().is_err());
    server.push().unwrap();
}

#[test]
fn the_default_of_an_option_is_refused_by_no_pattern() {
    let usual = Options::default();
    let server = Server::bind(inproc())
        .unwrap()
        .send_queue(usual.send_queue)
        .request_timeout(usual.request_timeout)
        .send_timeout(None)
        .linger(usual.linger);
    server.pull().unwrap();
}

#[test]
fn options_are_set_one_by_one_or_as_a_whole() {
    let second = Duration::from_secs(1);
    let whole = Options::default().send_queue(7).linger(second);
    let client = Client::new().receive_queue(3).options(whole);
    // Options that were set before are forgotten, and those set after it count.
    client.push().unwrap();
    let client = client.receive_queue(3);
    assert_refused(client.push(), "receive_queue", "push");
    client.pair().unwrap();
}

//! Clients whose servers are found by a name.
#![cfg(all(feature = "rpc", feature = "zre"))]

#[path = "support/calls.rs"]
mod calls;
mod support;

use std::time::Duration;

use calls::Scripted;
use serde::{Deserialize, Serialize};
use support::{SOON, beacon_port, blocked, deadline, until};
use zeroless::rpc::{self, CallError};
use zeroless::security::{Password, Plain};
use zeroless::zre::{BoundService, Builder, Node};
use zeroless::{Error, Server};

#[derive(Serialize, Deserialize)]
struct Add {
    a: i64,
    b: i64,
}
rpc::command!(Add -> i64);

const ADD: Add = Add { a: 1, b: 2 };

fn node(port: u16) -> Builder {
    Node::builder("node").interface("127.0.0.1").port(port)
}

/// A server, and the node that announces it.
fn announced(port: u16) -> (Scripted, Node) {
    let server = Scripted::of(Server::bind(0).unwrap());
    let service = BoundService::new("rpc", [server.endpoint()]);
    let node = node(port).announce("math", &service).start().unwrap();
    (server, node)
}

fn client(finder: &Node) -> rpc::Client {
    let math = finder.discover("math").unwrap();
    rpc::Client::from(math).timeout(Duration::from_secs(3600))
}

#[test]
fn servers_are_found_by_their_name_and_left_when_they_leave() {
    deadline(|| {
        let port = beacon_port();
        let finder = node(port).start().unwrap();
        let client = client(&finder);
        let own = client.clone();
        let calling = blocked(move || own.call(&ADD));
        let (first, first_node) = announced(port);
        first.next().reply(3);
        assert_eq!(calling.join().unwrap(), Ok(3));
        assert_eq!(client.endpoints().len(), 1);

        let (second, _second_node) = announced(port);
        client.wait_connected(2, SOON).unwrap();
        drop(first_node);
        until(|| client.endpoints().len() == 1);
        for _ in 0..4 {
            let add = client.start(&ADD).unwrap();
            second.next().reply(3);
            assert_eq!(add.wait(), Ok(3));
        }
        assert!(first.try_next().is_none());
    });
}

#[test]
fn a_call_at_a_server_that_leaves_still_has_its_reply() {
    deadline(|| {
        let port = beacon_port();
        let finder = node(port).start().unwrap();
        let client = client(&finder);
        let (server, announcer) = announced(port);
        let add = client.start(&ADD).unwrap();
        let asked = server.next();
        drop(announcer);
        until(|| client.endpoints().is_empty());
        asked.reply(3);
        assert_eq!(add.wait(), Ok(3));
    });
}

#[test]
fn without_a_server_of_the_name_a_call_is_not_sent() {
    deadline(|| {
        let finder = node(beacon_port()).start().unwrap();
        let client = client(&finder);
        let outcome = client.call_timeout(&ADD, Duration::from_millis(30));
        assert!(matches!(outcome, Err(CallError::NotSent { reason, .. }) if reason.is_timeout()));
        assert!(client.all(&ADD).is_empty());
    });
}

#[test]
fn a_password_is_not_sent_to_whoever_announces_a_server() {
    deadline(|| {
        let finder = node(beacon_port()).start().unwrap();
        let ann = Plain::user("ann", Password::new("secret").unwrap());
        let client = client(&finder).security(ann);
        let Err(CallError::NotSent { reason, .. }) = client.call(&ADD) else {
            panic!("it is refused");
        };
        let option = "security";
        assert!(matches!(reason, Error::InvalidOption { option: it, .. } if it == option));
    });
}

#[test]
fn a_server_of_calls_is_announced_and_found_by_its_name() {
    deadline(|| {
        let port = beacon_port();
        let finder = node(port).start().unwrap();
        let client = client(&finder);
        let add = |add: Add| Ok(add.a + add.b);
        let server = rpc::Server::bind(0).unwrap().serve(add).start().unwrap();
        let announcer = node(port).announce("math", &server).start().unwrap();
        assert_eq!(client.call(&ADD), Ok(3));

        drop(announcer);
        until(|| client.endpoints().is_empty());
        server.stop().unwrap();
    });
}

//! The endpoint of a node's inbox, and the endpoint that others are told.

#![cfg(feature = "zre")]

mod support;

use support::{SOON, beacon_port, deadline};
use zeroless::zre::{Builder, Event, Node};
use zeroless::{Endpoint, Error};

fn node(name: &str, port: u16) -> Builder {
    Node::builder(name).port(port)
}

/// The endpoint of the only one that enters.
#[track_caller]
fn enters(node: &Node) -> Endpoint {
    loop {
        if let Event::Enter { peer } = node.recv_timeout(SOON).unwrap() {
            return peer.endpoint().clone();
        }
    }
}

#[track_caller]
fn assert_refused(builder: Builder) {
    let error = builder.start().unwrap_err();
    assert!(matches!(error, Error::InvalidEndpoint { .. }), "{error}");
    assert!(error.to_string().contains("gossip"), "{error}");
}

#[test]
fn an_inbox_where_beacons_do_not_come_from_is_refused() {
    let port = beacon_port();
    for endpoint in ["tcp://[::1]:*", "tcp://127.0.0.2:*"] {
        let node = || node("alice", port).endpoint(endpoint);
        assert_refused(node());
        assert_refused(node().interface("127.0.0.1"));
    }
}

#[test]
fn an_inbox_of_ipv6_is_told_by_gossip() {
    deadline(|| {
        let hub = node("hub", 1).endpoint("tcp://[::1]:*");
        let hub = hub.gossip_bind("tcp://127.0.0.1:*").start().unwrap();
        assert!(hub.endpoint().to_string().starts_with("tcp://[::1]:"));
        let alice = node("alice", 1).interface("127.0.0.1");
        let alice = alice.gossip_connect(hub.gossip_endpoints());
        let alice = alice.start().unwrap();
        assert_eq!(enters(&alice), hub.endpoint());
        assert_eq!(enters(&hub), alice.endpoint());
    });
}

#[test]
fn a_node_beacons_on_the_interface_that_its_inbox_is_on() {
    deadline(|| {
        let port = beacon_port();
        let bob = node("bob", port).interface("127.0.0.1").start().unwrap();
        for host in ["127.0.0.1", "localhost"] {
            let alice = node("alice", port).endpoint((host, 0)).start().unwrap();
            assert_eq!(enters(&bob), alice.endpoint());
            assert_eq!(enters(&alice), bob.endpoint());
        }
    });
}

#[test]
fn an_inbox_everywhere_is_found_where_beacons_come_from() {
    deadline(|| {
        let port = beacon_port();
        let bob = node("bob", port).interface("127.0.0.1").start().unwrap();
        for everywhere in ["tcp://*:*", "tcp://[::]:*"] {
            let alice = node("alice", port).interface("127.0.0.1");
            let alice = alice.endpoint(everywhere).start().unwrap();
            assert_eq!(enters(&bob), alice.endpoint());
            assert_eq!(enters(&alice), bob.endpoint());
        }
    });
}

#[test]
fn a_port_on_an_interface_by_name_is_told_as_it_is() {
    deadline(|| {
        let hub = node("hub", 1).endpoint("tcp://lo:*");
        let hub = hub.gossip_bind("tcp://lo:*").start().unwrap();
        for told in [hub.endpoint(), hub.gossip_endpoints()[0].clone()] {
            assert!(told.to_string().starts_with("tcp://127.0.0.1:"), "{told}");
            assert_ne!(told.port(), Some(0));
        }
        let alice = node("alice", 1).interface("127.0.0.1");
        let alice = alice.gossip_connect(hub.gossip_endpoints());
        let alice = alice.start().unwrap();
        assert_eq!(enters(&alice), hub.endpoint());
    });
}

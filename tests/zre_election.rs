//! The leader of a group.

#![cfg(feature = "zre")]

mod support;

use std::time::Duration;

use support::{SOON, beacon_port, deadline};
use zeroless::Error;
use zeroless::zre::{Builder, Event, Node, Uuid};

fn node(name: &str, port: u16) -> Builder {
    let node = Node::builder(name).interface("127.0.0.1").port(port);
    node.interval(Duration::from_millis(100))
}

fn contestant(name: &str, port: u16) -> Node {
    let node = node(name, port).contest("G").start().unwrap();
    node.join("G").unwrap();
    node
}

/// The next leader of "G" that a node is told of.
fn leader(node: &Node) -> Uuid {
    loop {
        if let Event::Leader { peer, group } = node.recv_timeout(SOON).unwrap() {
            assert_eq!(group, "G");
            return peer.map_or(node.id(), |peer| peer.id());
        }
    }
}

#[test]
fn all_are_told_one_leader_and_its_successor() {
    deadline(|| {
        let port = beacon_port();
        let mut nodes: Vec<Node> = ["a", "b", "c"].map(|name| contestant(name, port)).into();
        let listener = node("listener", port).start().unwrap();
        listener.join("G").unwrap();
        nodes.sort_by_key(Node::id);
        // Some may have been alone for long enough to lead meanwhile.
        let settled = |node: &Node, expected: Uuid| while leader(node) != expected {};
        while nodes.len() > 1 {
            let first = nodes[0].id();
            nodes.iter().for_each(|node| settled(node, first));
            settled(&listener, first);
            assert_eq!(listener.leader("G"), Some(first));
            assert!(nodes[0].dump().contains("and leads it"));
            nodes.remove(0);
        }
        settled(&nodes[0], nodes[0].id());
        assert_eq!(nodes[0].leader("other"), None);
        nodes[0].leave("G").unwrap();
        assert_eq!(nodes[0].leader("G"), None);
    });
}

#[test]
fn a_group_with_more_than_a_line_is_refused() {
    let error = node("alice", 1).contest("a\nb").start().unwrap_err();
    assert!(matches!(error, Error::InvalidOption { option, .. } if option == "contest"));
}

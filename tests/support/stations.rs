//! Stations and nodes on loopback.

#![allow(dead_code, reason = "each test uses its own part of this")]

use std::time::Duration;

use zeroless::station::{Builder, Node};

/// How long a node may take until it is known: a station that has just started waits 5 s for those that were there before.
pub(crate) const KNOWN: Duration = Duration::from_secs(25);

/// A station on a free port of loopback.
pub(crate) fn station(id: &str) -> Node {
    let station = Node::builder(id).bind("tcp://127.0.0.1:0");
    station.start().expect("a station")
}

/// A node behind a station, to be started.
pub(crate) fn behind(station: &Node, id: &str) -> Builder {
    Node::builder(id).upstream(station.endpoints())
}

/// A node behind a station, which is known there.
pub(crate) fn known_behind(station: &Node, id: &str) -> Node {
    let node = behind(station, id).start().expect("a node");
    node.wait_registered(KNOWN).expect("it is known");
    node
}

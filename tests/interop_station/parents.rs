//! Stations above our node, and ours at every place of a path.

use serde_json::json;
use zeroless::station::{Builder, End, Message, Node};

use crate::children::{Got, is_received, next, start, station};
use crate::peer::{LIMIT, Peer};
use crate::program::with_python;
use std::sync::mpsc::Receiver;

/// Our node below a station of this id.
fn below(id: &str, station: &str, port: u16) -> (Node, Receiver<Got>) {
    start(builder(id, station, port))
}

fn builder(id: &str, station: &str, port: u16) -> Builder {
    Node::builder(id)
        .upstream(("127.0.0.1", port))
        .autopilot(station)
}

#[test]
fn our_node_below_a_station_is_confirmed_and_confirms() {
    with_python(
        "parents::our_node_below_a_station_is_confirmed_and_confirms",
        || {
            let mut s1 = Peer::station("s1", None);
            let (n1, got) = below("n1", "s1", s1.port);
            is_received(&n1, "s1", "for itself");
            assert_eq!(s1.got(), json!("for itself"));
            let ticket = n1.send_up("GOT", &json!({"up": 1})).expect("it is taken");
            assert_eq!(ticket.end_timeout(LIMIT).expect("an end"), End::Received);
            assert_eq!(s1.got(), json!({"up": 1}));
            s1.tell("send", &json!({"to": "n1", "key": "K", "value": [1]}));
            let first = next(&got);
            assert_eq!((&first.from[..], &first.value), ("s1", &json!([1])));
            s1.is_confirmed();
            // Another node of its.
            let mut n2 = Peer::node("n2", "s1", s1.port);
            n2.tell(
                "send",
                &json!({"to": "n1", "key": "K", "value": 2, "repeat": true}),
            );
            assert_eq!(next(&got).from, "n2");
            n2.is_confirmed();
            is_received(&n1, "n2", &json!(3));
            assert_eq!(n2.got(), json!(3));
        },
    );
}

#[test]
fn our_node_beside_a_node_with_a_router_is_confirmed_and_confirms() {
    with_python(
        "parents::our_node_beside_a_node_with_a_router_is_confirmed_and_confirms",
        || {
            let (above, _) = station("a");
            let mut node = Peer::router("na", "a", above.port());
            let (us, got) = below("d", "na", node.port);
            is_received(&us, "na", &json!([1]));
            assert_eq!(node.got(), json!([1]));
            node.tell(
                "send",
                &json!({"to": "d", "key": "K", "value": 5, "repeat": true}),
            );
            assert_eq!(next(&got).value, json!(5));
            node.is_confirmed();
        },
    );
}

#[test]
fn ours_above_and_below_a_station_reach_each_other() {
    with_python(
        "parents::ours_above_and_below_a_station_reach_each_other",
        || {
            let (top, at_top) = station("T");
            let s1 = Peer::station("s1", Some(("T", top.port())));
            let (n1, at_n1) = below("n1", "s1", s1.port);
            let up = n1.send("T", "K", &json!("up")).expect("it is taken");
            assert_eq!(next(&at_top).from, "n1");
            assert_eq!(up.end_timeout(LIMIT).expect("an end"), End::Received);
            let down = top.send("n1", "K", &json!("down")).expect("it is taken");
            assert_eq!(next(&at_n1).value, json!("down"));
            assert_eq!(down.end_timeout(LIMIT).expect("an end"), End::Received);
            // A node of its below ours.
            let mut n2 = Peer::node("n2", "n1", n1.port());
            n2.tell(
                "send",
                &json!({"to": "s1", "key": "GOT", "value": 1, "repeat": true}),
            );
            assert_eq!(s1.got(), json!(1));
            n2.is_confirmed();
        },
    );
}

/// The places of the path n1 → s1 → s2 → s3 → n3, from the end: each station is below the next.
const PATH: [&str; 5] = ["n3", "s3", "s2", "s1", "n1"];

#[test]
fn ours_stands_at_each_place_of_a_path() {
    with_python("parents::ours_stands_at_each_place_of_a_path", || {
        for ours in PATH {
            is_passed(ours);
        }
    });
}

/// A message by the whole path is handled once; and confirmed if ours, near its end, has told us of it.
fn is_passed(ours: &str) {
    let mut us = None;
    let mut theirs = std::collections::HashMap::new();
    let mut ports = std::collections::HashMap::new();
    for name in ["s3", "s2", "s1", "n3", "n1"] {
        let above = match name {
            "s1" => Some("s2"),
            "s2" | "n3" => Some("s3"),
            "n1" => Some("s1"),
            _ => None,
        };
        let above = above.map(|above| (above, ports[above]));
        if name == ours {
            let started = start(match above {
                Some((above, port)) => builder(name, above, port),
                None => Node::builder(name),
            });
            ports.insert(name, started.0.port());
            us = Some(started);
            continue;
        }
        let peer = match (name, above) {
            ("n1" | "n3", Some((above, port))) => Peer::node(name, above, port),
            _ => Peer::station(name, above),
        };
        ports.insert(name, peer.port);
        theirs.insert(name, peer);
    }
    let (us, got) = us.expect("it is one of these");
    // A station knows who is below it once that has said something.
    if let Some(n3) = theirs.get_mut("n3") {
        n3.tell("send", &json!({"to": "s3", "key": "K"}));
    }
    let key = if ours == "n3" { "K" } else { "GOT" };
    for number in 0..2 {
        match theirs.get_mut("n1") {
            Some(n1) => {
                let to = ["s1", "s2", "s3", "n3"];
                n1.tell(
                    "send",
                    &json!({"to": to, "key": key, "value": number, "repeat": true}),
                );
            }
            None => {
                let message = Message::builder("n3", key).value(&number);
                let message = message.hop("s1").hop("s2").hop("s3").timeout(LIMIT);
                us.send_message(message).expect("it is taken");
            }
        }
    }
    let value = |_| match theirs.get("n3") {
        Some(n3) => n3.got(),
        None => next(&got).value,
    };
    // Its handlers run side by side.
    let mut values: Vec<String> = (0..2).map(value).map(|value| value.to_string()).collect();
    values.sort();
    assert_eq!(values, ["0", "1"], "with ours as {ours}");
    if ours == "s2" {
        theirs.get_mut("n1").expect("it is theirs").is_confirmed();
    }
}

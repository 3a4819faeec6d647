//! Net_Nodes and Stations below our node.

use std::sync::mpsc::{Receiver, channel};

use serde_json::{Value, json};
use zeroless::station::{Array, Builder, Bytes, End, Json, Message, Node, Text};

use crate::peer::{LIMIT, Peer};
use crate::program::with_python;

/// A message that a handler of ours got.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) from: String,
    pub(crate) value: Value,
    headers: Vec<(String, String)>,
}

/// Our node, as a station, and what comes to it with the key K.
pub(crate) fn station(id: &str) -> (Node, Receiver<Got>) {
    start(Node::builder(id))
}

fn station_below(id: &str, above: &Node) -> (Node, Receiver<Got>) {
    start(Node::builder(id).upstream(above.endpoints()))
}

pub(crate) fn start(builder: Builder) -> (Node, Receiver<Got>) {
    let (sender, got) = channel();
    let node = builder
        .bind("tcp://127.0.0.1:0")
        .timeout(LIMIT)
        .listen("K", move |value: Value, message: &Message| {
            let headers = message.headers();
            let headers = headers.map(|(key, value)| (key.to_owned(), value.to_owned()));
            let got = Got {
                from: message.from().to_owned(),
                value,
                headers: headers.collect(),
            };
            let _ = sender.send(got);
        })
        .start()
        .expect("a station");
    (node, got)
}

pub(crate) fn next(got: &Receiver<Got>) -> Got {
    got.recv_timeout(LIMIT).expect("a message")
}

#[track_caller]
pub(crate) fn is_received(node: &Node, to: &str, value: impl zeroless::station::IntoBody) {
    let ticket = node.send(to, "GOT", value).expect("it is taken");
    assert_eq!(ticket.end_timeout(LIMIT).expect("an end"), End::Received);
}

#[test]
fn a_node_below_ours_is_confirmed_and_confirms() {
    with_python(
        "children::a_node_below_ours_is_confirmed_and_confirms",
        || {
            let (us, got) = station("a");
            let mut node = Peer::node("b", "a", us.port());
            let value = json!({"f": 1e22, "t": [1, null, "Grüße 😀"]});
            node.tell("send", &json!({"key": "K", "value": value, "repeat": true, "flags": {"NOLOG": true, "run": "17"}}));
            let first = next(&got);
            assert_eq!((&first.from[..], &first.value), ("b", &value));
            let has = |key: &str, value: &str| {
                first.headers.contains(&(key.to_owned(), value.to_owned()))
            };
            assert!(
                has("NOLOG", "true") && has("run", "17"),
                "{:?}",
                first.headers
            );
            assert!(first.headers.iter().any(|(key, _)| key == "timestamp"));
            node.is_confirmed();

            is_received(&us, "b", &value);
            assert_eq!(node.got(), value);
            is_received(&us, "b", Json(&value));
            assert_eq!(node.got(), value);
            is_received(&us, "b", Text("text"));
            assert_eq!(node.got(), json!("text"));
            is_received(&us, "b", ());
            assert_eq!(node.got(), Value::Null);
            // It has no bytes: they are an array.
            is_received(&us, "b", Bytes(vec![1, 2, 255]));
            assert_eq!(
                node.got(),
                json!({"dtype": "uint8", "shape": [3], "items": [1, 2, 255]})
            );
            is_received(&us, "b", Array::new("<i2", [2, 1], vec![1, 0, 2, 0]));
            assert_eq!(
                node.got(),
                json!({"dtype": "int16", "shape": [2, 1], "items": [[1], [2]]})
            );
        },
    );
}

#[test]
fn a_node_below_ours_and_nodes_of_ours_reach_each_other() {
    with_python(
        "children::a_node_below_ours_and_nodes_of_ours_reach_each_other",
        || {
            let (us, _) = station("a");
            let (camera, got) = station_below("rig1.camera", &us);
            let mut node = Peer::node("b", "a", us.port());
            let value = json!([1, "x"]);
            node.tell(
                "send",
                &json!({"to": "rig1.camera", "key": "K", "value": value, "repeat": true}),
            );
            let first = next(&got);
            assert_eq!((&first.from[..], &first.value), ("b", &value));
            node.is_confirmed();
            is_received(&camera, "b", &value);
            assert_eq!(node.got(), value);
            // Nodes of its among themselves, by way of ours.
            let mut other = Peer::node("c", "rig1.camera", camera.port());
            other.tell(
                "send",
                &json!({"to": "b", "key": "GOT", "value": 7, "repeat": true}),
            );
            assert_eq!(node.got(), json!(7));
            other.is_confirmed();
            node.tell("send", &json!({"to": "c", "key": "GOT", "value": {"dtype": "float32", "shape": [2]}, "repeat": true}));
            assert_eq!(
                other.got(),
                json!({"dtype": "float32", "shape": [2], "items": [0.0, 1.0]})
            );
            node.is_confirmed();
            node.tell("send", &json!({"to": "c", "key": "GOT", "value": {"dtype": "int16", "shape": [9]}, "blosc": true}));
            assert_eq!(other.got()["shape"], json!([9]));
        },
    );
}

#[test]
fn a_station_below_ours_and_who_is_behind_it_are_confirmed_and_confirm() {
    with_python(
        "children::a_station_below_ours_and_who_is_behind_it_are_confirmed_and_confirm",
        || {
            let (us, got) = station("T");
            let mut s1 = Peer::station("s1", Some(("T", us.port())));
            let mut n1 = Peer::node("n1", "s1", s1.port);
            s1.tell("push", &json!({"key": "K", "value": [1]}));
            assert_eq!(next(&got).from, "s1");
            s1.is_confirmed();
            is_received(&us, "s1", "for itself");
            assert_eq!(s1.got(), json!("for itself"));
            n1.tell("send", &json!({"to": "T", "key": "K", "repeat": true}));
            assert_eq!(next(&got).from, "n1");
            n1.is_confirmed();
            is_received(&us, "n1", "down");
            assert_eq!(n1.got(), json!("down"));
        },
    );
}

#[test]
fn streams_to_ours_are_their_items() {
    with_python("children::streams_to_ours_are_their_items", || {
        let (us, got) = station("a");
        let mut node = Peer::node("b", "a", us.port());
        let items: Vec<Value> = (0..6).map(|at| json!({"at": at})).collect();
        node.tell(
            "stream",
            &json!({"id": "st", "key": "K", "min_size": 3, "items": items}),
        );
        // Its last batch it keeps, if that is not full.
        for item in &items[..3] {
            let got = next(&got);
            assert_eq!((&got.from[..], &got.value), ("b_st", item));
            assert!(
                got.headers
                    .contains(&("continuous".to_owned(), "true".to_owned()))
            );
        }
    });
}

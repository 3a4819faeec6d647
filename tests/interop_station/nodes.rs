//! Net_Nodes below us, and beside us.

use serde_json::{Value, json};
use zeroless::station::testing::{End, array, batch, frames, message, read_array};

use crate::peer::{Above, Below, Peer, confirms};
use crate::program::with_python;

/// A node of its below our station `a`.
fn node() -> (Below, Peer) {
    let us = Below::bind("a");
    let mut node = Peer::node("b", "a", us.port);
    node.tell("send", &json!({"key": "HERE"}));
    let (peer, here) = us.read();
    assert_eq!(
        (&peer[..], &here.recipient[..], &here.key[..]),
        ("b", "a", "HERE")
    );
    assert!(here.confirmation.is_none());
    (us, node)
}

#[test]
fn messages_of_a_node_are_read_and_confirmed_both_ways() {
    with_python(
        "nodes::messages_of_a_node_are_read_and_confirmed_both_ways",
        || {
            let (us, mut node) = node();
            let value = json!({"f": 1e22, "t": [1, null, "Grüße 😀"]});
            node.tell("send", &json!({"key": "K", "value": value, "repeat": true}));
            let (peer, read) = us.read();
            assert_eq!(
                read.values,
                [r#"{"f": 1e+22, "t": [1, null, "Gr\u00fc\u00dfe \ud83d\ude00"]}"#]
            );
            let confirmation = read.confirmation.expect("it is wanted");
            us.send(&peer, End::Node, &[], "b", confirmation);
            node.is_confirmed();

            us.send(
                "b",
                End::Node,
                &[],
                "b",
                message(0, "b", "a", "GOT", &read.values[0]),
            );
            assert_eq!(node.got(), value);
            let (_, confirmation) = us.read();
            confirms(&confirmation, "a_0");
            // To another, and by a path.
            node.tell("send", &json!({"to": "c", "key": "K"}));
            assert_eq!(us.read().1.recipient, "c");
            node.tell("send", &json!({"to": ["a", "s2", "s3", "n"], "key": "K"}));
            let (_, read) = us.read();
            assert_eq!(
                (&read.recipient[..], read.path),
                ("n", vec!["s2".to_owned(), "s3".to_owned()])
            );
        },
    );
}

#[test]
fn arrays_are_understood_both_ways() {
    with_python("nodes::arrays_are_understood_both_ways", || {
        let (us, mut node) = node();
        let types = [
            ("bool", 1),
            ("int8", 1),
            ("uint8", 1),
            ("int16", 2),
            ("uint16", 2),
            ("int32", 4),
            ("uint32", 4),
            ("int64", 8),
            ("uint64", 8),
            ("float16", 2),
            ("float32", 4),
            ("float64", 8),
            (">i2", 2),
            ("<U3", 12),
            ("|S4", 4),
            ("datetime64[ms]", 8),
        ];
        let shapes: [&[u32]; 5] = [&[], &[3], &[4, 5], &[0, 3], &[2, 1, 400]];
        let mut number = 0;
        for (dtype, size) in types {
            for shape in shapes {
                // From us: it is shown what it has.
                let items = shape.iter().product::<u32>();
                let bytes = vec![0; items as usize * size];
                let json = array(dtype, shape, bytes);
                us.send(
                    "b",
                    End::Node,
                    &[],
                    "b",
                    message(number, "b", "a", "GOT", &json),
                );
                let got = node.got();
                assert_eq!(
                    (&got["dtype"], &got["shape"]),
                    (&json!(dtype), &json!(shape))
                );
                confirms(&us.read().1, &format!("a_{number}"));
                number += 1;
                if dtype.starts_with("datetime") {
                    continue;
                }
                // And from it: counted from 0.
                node.tell(
                    "send",
                    &json!({"key": "K", "value": {"dtype": dtype, "shape": shape}}),
                );
                let (_, read) = us.read();
                let (theirs, at, bytes) = read_array(&read.values[0]).expect("it is plain");
                assert_eq!((&theirs[..], &at[..]), (dtype, shape));
                if dtype == "uint16" {
                    let counted = (0..items).flat_map(|item| (item as u16).to_le_bytes());
                    assert_eq!(bytes, counted.collect::<Vec<_>>());
                }
            }
        }
        // Items that are not all alike.
        let bytes = [1.5_f64, -0.25].map(f64::to_le_bytes).concat();
        let value = format!(r#"{{"t": 1, "arr": [{}]}}"#, array("float64", &[2], bytes));
        us.send(
            "b",
            End::Node,
            &[],
            "b",
            message(number, "b", "a", "GOT", &value),
        );
        let expected = json!({"dtype": "float64", "shape": [2], "items": [1.5, -0.25]});
        assert_eq!(node.got(), json!({"t": 1, "arr": [expected]}));
        // What is packed stays closed.
        node.tell(
            "send",
            &json!({"key": "K", "value": {"dtype": "int16", "shape": [9]}, "blosc": true}),
        );
        confirms(&us.read().1, &format!("a_{number}"));
        assert_eq!(read_array(&us.read().1.values[0]), None);
    });
}

#[test]
fn streams_are_understood_both_ways() {
    with_python("nodes::streams_are_understood_both_ways", || {
        let (us, mut node) = node();
        let items: Vec<Value> = (0..6).map(|at| json!({"at": at})).collect();
        node.tell(
            "stream",
            &json!({"id": "st", "key": "DATA", "min_size": 3, "items": items}),
        );
        let (peer, read) = us.read();
        assert_eq!(
            (&peer[..], &read.sender[..], &read.key[..]),
            ("b_st", "b_st", "STREAM")
        );
        // What is left over it keeps, until there is more.
        assert!(read.values.len() >= 3);
        for (read, sent) in read.values.iter().zip(&items) {
            let read: Value = serde_json::from_str(read).expect("JSON");
            assert_eq!(&read, sent);
        }

        us.send(
            "b",
            End::Node,
            &[],
            "b",
            batch(0, "b", "a_st", "GOT", &["1", "[2]", "\"x\""]),
        );
        let mut got = [node.got(), node.got(), node.got()].map(|item| item.to_string());
        // Its handlers run side by side.
        got.sort();
        assert_eq!(got, ["\"x\"", "1", "[2]"]);
        // It was not stalled by that.
        us.send(
            "b",
            End::Node,
            &[],
            "b",
            message(1, "b", "a", "GOT", "null"),
        );
        assert_eq!(node.got(), Value::Null);
    });
}

#[test]
fn a_node_with_a_router_takes_us_for_a_node_and_the_other_way_round() {
    with_python(
        "nodes::a_node_with_a_router_takes_us_for_a_node_and_the_other_way_round",
        || {
            let above = Below::bind("a");
            let mut node = Peer::router("na", "a", above.port);
            let us = Above::connect("d", node.port);
            us.send(frames(
                End::Above("na"),
                &[],
                "na",
                message(0, "na", "d", "GOT", "[1]"),
            ));
            assert_eq!(node.got(), json!([1]));
            confirms(&us.read(), "d_0");
            node.tell(
                "send",
                &json!({"to": "d", "key": "K", "value": 5, "repeat": true}),
            );
            let read = us.read();
            assert_eq!(
                (&read.recipient[..], &read.values[..]),
                ("d", &["5".to_owned()][..])
            );
            let confirmation = read.confirmation.expect("it is wanted");
            us.send(frames(End::Above("na"), &[], "na", confirmation));
            node.is_confirmed();

            // Its upstream is a node with a router, and that is us.
            node.tell("send", &json!({"key": "K", "repeat": true}));
            let (peer, read) = above.read();
            above.send(
                &peer,
                End::Peer("na"),
                &[],
                "na",
                read.confirmation.expect("it is wanted"),
            );
            node.is_confirmed();
        },
    );
}

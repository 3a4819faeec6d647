//! Arrays and streams, to a Net_Node and from it.

use std::time::Duration;

use serde_json::{Value, json};
use zeroless::station::{Array, Node, Opaque};

use crate::children::is_received;
use crate::peer::{LIMIT, Peer};
use crate::program::with_python;

/// Its types, as it calls them, as `dtype.str` has them, and the size of an item.
const TYPES: [(&str, &str, usize); 16] = [
    ("bool", "|b1", 1),
    ("int8", "|i1", 1),
    ("uint8", "|u1", 1),
    ("int16", "<i2", 2),
    ("uint16", "<u2", 2),
    ("int32", "<i4", 4),
    ("uint32", "<u4", 4),
    ("int64", "<i8", 8),
    ("uint64", "<u8", 8),
    ("float16", "<f2", 2),
    ("float32", "<f4", 4),
    ("float64", "<f8", 8),
    (">i2", ">i2", 2),
    ("<U3", "<U3", 12),
    ("|S4", "|S4", 4),
    ("datetime64[ms]", "<M8[ms]", 8),
];

const SHAPES: [&[u32]; 5] = [&[], &[3], &[4, 5], &[0, 3], &[2, 1, 400]];

fn station() -> Node {
    let station = Node::builder("a").bind("tcp://127.0.0.1:0").timeout(LIMIT);
    station.start().expect("a station")
}

/// A Net_Node below it that is known there.
fn node(us: &Node) -> Peer {
    let mut node = Peer::node("b", "a", us.port());
    node.tell("send", &json!({"key": "HERE"}));
    node
}

#[test]
fn arrays_are_understood_both_ways() {
    with_python("arrays::arrays_are_understood_both_ways", || {
        let us = station();
        let messages = us.messages();
        let mut node = node(&us);
        drop(messages.recv_timeout(LIMIT).expect("it is there"));
        for (name, dtype, size) in TYPES {
            for shape in SHAPES {
                // From us: it is shown what it has.
                let items = shape.iter().product::<u32>();
                is_received(
                    &us,
                    "b",
                    Array::new(dtype, shape, vec![0; items as usize * size]),
                );
                let got = node.got();
                assert_eq!(
                    (&got["dtype"], &got["shape"]),
                    (&json!(name), &json!(shape))
                );
                if name.starts_with("datetime") {
                    continue;
                }
                // And from it: counted from 0.
                let value = json!({"dtype": name, "shape": shape});
                node.tell("send", &json!({"key": "K", "value": value}));
                let message = messages.recv_timeout(LIMIT).expect("an array");
                let array = message.array().expect("it is plain");
                assert_eq!((&array.dtype[..], &array.dims[..]), (dtype, shape));
                if name == "uint16" {
                    let counted = (0..items).flat_map(|item| (item as u16).to_le_bytes());
                    assert_eq!(array.bytes, counted.collect::<Vec<_>>());
                }
            }
        }
    });
}

#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Reading {
    t: u32,
    arr: Array,
}

#[test]
fn arrays_are_parts_of_values_and_packed_ones_stay_closed() {
    with_python(
        "arrays::arrays_are_parts_of_values_and_packed_ones_stay_closed",
        || {
            let us = station();
            let messages = us.messages();
            let mut node = node(&us);
            drop(messages.recv_timeout(LIMIT).expect("it is there"));
            // Items that are not all alike.
            let bytes = [1.5_f64, -0.25].map(f64::to_le_bytes).concat();
            let arr = Array::new("<f8", [2], bytes);
            is_received(&us, "b", &Reading { t: 1, arr });
            let expected = json!({"dtype": "float64", "shape": [2], "items": [1.5, -0.25]});
            assert_eq!(node.got(), json!({"t": 1, "arr": expected}));
            let value = json!({"t": 2, "arr": {"dtype": "uint8", "shape": [2]}});
            node.tell("send", &json!({"key": "K", "value": value}));
            let read = messages.recv_timeout(LIMIT).expect("a message").value();
            let arr = Array::new("|u1", [2], vec![0, 1]);
            assert_eq!(read.ok(), Some(Reading { t: 2, arr }));

            let value = json!({"dtype": "int16", "shape": [9]});
            node.tell("send", &json!({"key": "K", "value": value, "blosc": true}));
            let message = messages.recv_timeout(LIMIT).expect("a message");
            assert!(message.array().is_err());
            let refused = message
                .value::<Array>()
                .expect_err("it is packed")
                .to_string();
            assert!(refused.contains("can be read as `Opaque`"), "{refused}");
            let opaque: Opaque = message.value().expect("it is packed");
            assert_eq!((&opaque.dtype[..], &opaque.dims[..]), ("int16", &[9][..]));
        },
    );
}

#[test]
fn a_stream_of_ours_comes_whole() {
    with_python("arrays::a_stream_of_ours_comes_whole", || {
        let us = station();
        let messages = us.messages();
        let node = node(&us);
        drop(messages.recv_timeout(LIMIT).expect("it is there"));
        let stream = us
            .stream("b", "GOT")
            .max_delay(Duration::from_millis(1))
            .start()
            .expect("a stream");
        for item in 0..100 {
            stream.send(&json!({"item": item})).expect("it is taken");
        }
        stream.flush(LIMIT).expect("all has come");
        // Its handlers run side by side.
        let mut got: Vec<u64> = (0..100)
            .map(|_| node.got()["item"].as_u64().expect("a number"))
            .collect();
        got.sort_unstable();
        assert_eq!(got, (0..100).collect::<Vec<u64>>());
        is_received(&us, "b", ());
        assert_eq!(node.got(), Value::Null);
    });
}

//! The programs of docs/from-autopilot.md compile, word for word, and run.

#![cfg(feature = "station")]

#[path = "support/documented.rs"]
mod documented;
mod support;

use documented::assert_compiled;
use serde::{Deserialize, Serialize};
use support::deadline;
use zeroless::station::{Array, Message, Node};

#[derive(Debug, Serialize, Deserialize)]
struct Params {
    trials: u32,
}

/// The programs as they stand there, compiled and not run: they have fixed ports.
#[allow(dead_code)]
mod programs {
    use super::*;

    fn save(_: &str, _: super::Data) {}

    fn start(_: Params) {}

    #[rustfmt::skip]
    fn station() -> Result<(), Box<dyn std::error::Error>> {
        use super::Data;
        let station = Node::builder("rig1")
            .bind(5560)
            .listen("DATA", |data: Data, message: &Message| save(message.from(), data))
            .start()?;
        station.status()?;
        Ok(())
    }

    #[rustfmt::skip]
    fn node() -> Result<(), Box<dyn std::error::Error>> {
        let frame = Array::new("|u1", [2, 2], vec![0; 4]);
        #[derive(Serialize, Deserialize)]
        struct Data { trial: u32, frame: Array }

        let node = Node::builder("task")
            .upstream(5560)
            .listen("START", |params: Params, _: &Message| start(params))
            .start()?;
        node.send("rig1", "DATA", &Data { trial: 3, frame })?.wait()?;
        Ok(())
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Data {
    trial: u32,
    frame: Array,
}

#[test]
fn the_programs_of_the_document_are_those_that_are_compiled_here() {
    let document = include_str!("../docs/from-autopilot.md");
    let count = assert_compiled(document, include_str!("from_autopilot.rs"));
    assert_eq!(count, 2);
}

#[test]
fn arrays_are_parts_of_values_between_ours_too() {
    deadline(|| {
        let node = Node::builder("rig1").bind("tcp://127.0.0.1:0");
        let node = node.start().unwrap();
        let (sender, got) = std::sync::mpsc::channel();
        node.listen("DATA", move |data: Data, _: &Message| {
            let _ = sender.send(data);
        })
        .unwrap();
        let data = || Data {
            trial: 3,
            frame: Array::new("|u1", [2, 2], vec![0; 4]),
        };
        node.send("rig1", "DATA", &data()).unwrap().wait().unwrap();
        assert_eq!(got.recv().unwrap(), data());
    });
}

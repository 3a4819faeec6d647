//! A station, and behind it a Net_Node of autopilot: node.py, in another terminal.
//!
//! cargo run --features station --example station_python [PORT]; and python examples/station_python/node.py PORT

use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroless::station::{Array, Node};

#[derive(Debug, Serialize, Deserialize)]
struct Trial {
    number: u32,
    frame: Array,
}

fn main() -> Result<(), zeroless::Error> {
    let port = std::env::args()
        .nth(1)
        .map_or(5560, |port| port.parse().expect("a port"));
    let rig = Node::builder("rig1").bind(port).start()?;
    println!("ready on port {}", rig.port());
    let trials = rig.messages();
    rig.wait_for("task", Duration::from_secs(600))?;
    let ticket = rig.send("task", "START", &3)?;
    ticket.wait()?;
    for message in trials.filter(|message| message.key() == "TRIAL").take(3) {
        let trial: Trial = message.value()?;
        let (dtype, dims) = (&trial.frame.dtype, &trial.frame.dims);
        println!(
            "{}: trial {}, a frame of {dtype} {dims:?}",
            message.from(),
            trial.number
        );
    }
    rig.send("task", "STOP", ())?;
    Ok(())
}

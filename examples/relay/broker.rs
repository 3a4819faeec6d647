//! A broker between clients and workers, which find it by name and need not know of each other; until it is stopped.
//!
//! Run it anywhere on the network, and any number of `relay_worker` and `relay_client`.

#[path = "../common/mod.rs"]
mod common;

use std::error::Error;
use std::time::Duration;

use zeroless::relay::{self, Relay};
use zeroless::zre::Node;
use zeroless::{Frame, Server};

/// The reply to a request that no worker has answered in time.
fn too_late(request: &[Frame]) -> (Frame, &'static str) {
    (request[0].clone(), "nobody has answered")
}

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let (clients, workers) = (Server::bind(0)?, Server::bind(0)?);
    let relay = Relay::new(relay::reply(&clients), relay::request(&workers))
        .deadline(Duration::from_secs(10), too_late)
        .start()?;
    // Requesters find the one, and repliers the other.
    let _node = Node::builder("broker")
        .announce("questions", &clients)
        .announce("questions", &workers)
        .start()?;
    common::stop_on_ctrl_c(relay.stopper()?)?;
    relay.wait()?;
    println!("{} requests", relay.counters().forward.messages);
    Ok(())
}

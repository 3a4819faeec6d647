//! Publishes three messages under the topic `sh`, once somebody subscribes to it.

#[path = "../common/mod.rs"]
mod common;

use std::error::Error;
use std::time::Duration;

use zeroless::Server;

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let publish = Server::bind(common::port(12345))?.publish()?.topic("sh");
    // Nobody would get messages that are published before.
    publish.wait_for_subscribers(1, Duration::from_secs(60))?;
    for message in ["Msg1", "Msg2", "Msg3"] {
        publish.send(message)?;
    }
    Ok(())
}

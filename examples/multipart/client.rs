//! Pushes three messages of two frames: an id and a body.

#[path = "../common/mod.rs"]
mod common;

use std::error::Error;

use zeroless::Client;

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let push = Client::connect(common::port(12345))?.push()?;
    for message in [("1", "Msg1"), ("2", "Msg2"), ("3", "Msg3")] {
        push.send(message)?;
    }
    Ok(())
}

//! Pushes three messages to the server.

#[path = "../common/mod.rs"]
mod common;

use std::error::Error;

use zeroless::Client;

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let push = Client::connect(common::port(12345))?.push()?;
    for message in ["Msg1", "Msg2", "Msg3"] {
        push.send(message)?;
    }
    // Queued messages are delivered before the program ends.
    Ok(())
}

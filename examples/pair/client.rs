//! Talks to the other end of the pair, and prints what it says.

#[path = "../common/mod.rs"]
mod common;

use std::error::Error;

use zeroless::Client;

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let pair = Client::connect(common::port(12345))?.pair()?;
    for message in ["Msg1", "Msg2", "Msg3"] {
        pair.send(message)?;
        println!("{}", pair.recv()?);
    }
    Ok(())
}

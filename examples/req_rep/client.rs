//! Asks the server three times, and prints its replies.

#[path = "../common/mod.rs"]
mod common;

use std::error::Error;

use zeroless::Client;

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let requester = Client::connect(common::port(12345))?.request()?;
    for message in ["Msg1", "Msg2", "Msg3"] {
        let reply = requester.request(message)?;
        println!("{reply}");
    }
    Ok(())
}

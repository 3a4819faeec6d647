//! Pulls messages from all clients, and prints them, until it is stopped.

#[path = "../common/mod.rs"]
mod common;

use std::error::Error;

use zeroless::Server;

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let pull = Server::bind(common::port(12345))?.pull()?;
    common::stop_on_ctrl_c(pull.stopper()?)?;
    for message in pull {
        println!("{message}");
    }
    Ok(())
}

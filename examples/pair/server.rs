//! Sends back what the other end of the pair says, until it is stopped.

#[path = "../common/mod.rs"]
mod common;

use std::error::Error;

use zeroless::Server;

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let pair = Server::bind(common::port(12345))?.pair()?;
    common::stop_on_ctrl_c(pair.stopper()?)?;
    for message in &pair {
        println!("{message}");
        pair.send(message)?;
    }
    Ok(())
}

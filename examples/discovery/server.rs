//! A worker that nobody needs the address of: it announces itself, and prints the jobs that it pulls.
//!
//! Run any number of them, on any machine of the network, and stop them as you like.

#[path = "../common/mod.rs"]
mod common;

use std::error::Error;

use zeroless::{Server, zre};

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let server = Server::bind(0)?; // any free port
    let pull = server.pull()?;
    let _announcement = zre::announce("jobs", &server)?; // until it is dropped
    common::stop_on_ctrl_c(pull.stopper()?)?;
    for job in pull {
        println!("{job}");
    }
    Ok(())
}

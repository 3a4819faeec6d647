//! Replies to each request with the request itself, until it is stopped.

#[path = "../common/mod.rs"]
mod common;

use std::error::Error;

use zeroless::Server;

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let replier = Server::bind(common::port(12345))?.reply()?;
    common::stop_on_ctrl_c(replier.stopper()?)?;
    for request in replier {
        println!("{request}");
        let (message, reply) = request.split();
        reply.send(message)?;
    }
    Ok(())
}

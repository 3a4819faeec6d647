//! A server that ends well: Ctrl-C stops it, and each request that it has by then is replied to.

#[path = "common/mod.rs"]
mod common;

use std::error::Error;
use std::time::Duration;

use zeroless::{Request, Server};

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let replier = Server::bind(common::port(12345))?.reply()?;
    common::stop_on_ctrl_c(replier.stopper()?)?;

    for request in &replier {
        reply_to(request);
    }
    // A stop ends the calls that wait. All others go on.
    for request in replier.try_iter() {
        reply_to(request);
    }
    replier.close(Duration::from_secs(5))?;
    println!("all replies are delivered");
    Ok(())
}

fn reply_to(request: Request) {
    let answer = format!("{request} to you, too");
    // The client may have gone: no reason for the server to end.
    if let Err(unsent) = request.reply(answer) {
        eprintln!("{unsent}");
    }
}

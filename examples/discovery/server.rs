//! A worker that nobody needs the address of: it announces itself, and prints what it pulls.
//!
//! Run any number of them, on any machine of the network, and stop them as you like.

use zeroless::{Server, zre};

fn main() -> zeroless::Result<()> {
    env_logger::init();
    let server = Server::bind(0)?; // any free port
    let pull = server.pull()?;
    let _announcement = zre::announce("jobs", &server)?; // until it is dropped
    for job in pull {
        println!("{job}");
    }
    Ok(())
}

//! Pulls messages from all who push, and prints them, until it is stopped.

use std::error::Error;

use zeroless::Server;

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let port: u16 = std::env::args()
        .nth(1)
        .map_or(Ok(12345), |port| port.parse())?;

    for message in Server::bind(port)?.pull()? {
        println!("{message}");
    }
    Ok(())
}

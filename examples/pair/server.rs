//! Sends back what the other end of the pair says, until it is stopped.

use std::error::Error;

use zeroless::Server;

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let port: u16 = std::env::args()
        .nth(1)
        .map_or(Ok(12345), |port| port.parse())?;

    let pair = Server::bind(port)?.pair()?;
    for message in &pair {
        println!("{message}");
        pair.send(message)?;
    }
    Ok(())
}

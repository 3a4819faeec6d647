//! Pulls messages of two frames, and prints them, until it is stopped.

use std::error::Error;

use zeroless::Server;

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let port: u16 = std::env::args()
        .nth(1)
        .map_or(Ok(12345), |port| port.parse())?;

    let pull = Server::bind(port)?.pull()?;
    for [id, body] in pull.parts() {
        println!("{id} - {body}");
    }
    Ok(())
}

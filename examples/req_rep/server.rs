//! Replies to each request with the request itself, until it is stopped.

use std::error::Error;

use zeroless::Server;

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let port: u16 = std::env::args()
        .nth(1)
        .map_or(Ok(12345), |port| port.parse())?;

    for request in Server::bind(port)?.reply()? {
        println!("{request}");
        let (message, reply) = request.split();
        reply.send(message)?;
    }
    Ok(())
}

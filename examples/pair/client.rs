//! Talks to the other end of the pair, and prints what it says.

use std::error::Error;

use zeroless::Client;

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let port: u16 = std::env::args()
        .nth(1)
        .map_or(Ok(12345), |port| port.parse())?;

    let pair = Client::connect(port)?.pair()?;
    for message in ["Msg1", "Msg2", "Msg3"] {
        pair.send(message)?;
        println!("{}", pair.recv()?);
    }
    Ok(())
}

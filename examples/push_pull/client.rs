//! Pushes three messages to the server.

use std::error::Error;

use zeroless::Client;

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let port: u16 = std::env::args()
        .nth(1)
        .map_or(Ok(12345), |port| port.parse())?;

    let push = Client::connect(port)?.push()?;
    for message in ["Msg1", "Msg2", "Msg3"] {
        push.send(message)?;
    }
    // What was sent is delivered before the program ends.
    Ok(())
}

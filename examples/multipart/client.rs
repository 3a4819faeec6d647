//! Pushes three messages of two frames: an id and a body.

use std::error::Error;

use zeroless::Client;

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let port: u16 = std::env::args()
        .nth(1)
        .map_or(Ok(12345), |port| port.parse())?;

    let push = Client::connect(port)?.push()?;
    for message in [("1", "Msg1"), ("2", "Msg2"), ("3", "Msg3")] {
        push.send(message)?;
    }
    Ok(())
}

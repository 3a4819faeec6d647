//! Publishes three messages under the topic `sh`, once somebody subscribes to it.

use std::error::Error;
use std::time::Duration;

use zeroless::Server;

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let port: u16 = std::env::args()
        .nth(1)
        .map_or(Ok(12345), |port| port.parse())?;

    let publish = Server::bind(port)?.publish()?.topic("sh");
    // Nobody would get what is published before.
    publish.wait_for_subscribers(1, Duration::from_secs(60))?;
    for message in ["Msg1", "Msg2", "Msg3"] {
        publish.send(message)?;
    }
    Ok(())
}

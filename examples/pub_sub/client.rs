//! Subscribes to the topic `sh`, and prints what is published, until it is stopped.

use std::error::Error;

use zeroless::Client;

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let port: u16 = std::env::args()
        .nth(1)
        .map_or(Ok(12345), |port| port.parse())?;

    let subscriber = Client::connect(port)?.subscribe("sh")?;
    for [topic, message] in subscriber.parts() {
        println!("{topic} - {message}");
    }
    Ok(())
}

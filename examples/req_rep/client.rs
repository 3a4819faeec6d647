//! Asks the server three times, and prints its replies.

use std::error::Error;

use zeroless::Client;

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let port: u16 = std::env::args()
        .nth(1)
        .map_or(Ok(12345), |port| port.parse())?;

    let requester = Client::connect(port)?.request()?;
    for message in ["Msg1", "Msg2", "Msg3"] {
        let reply = requester.request(message)?;
        println!("{reply}");
    }
    Ok(())
}

//! Asks the broker three times, and prints the answers.

use std::error::Error;
use std::time::Duration;

use zeroless::Client;

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let port: u16 = std::env::args()
        .nth(1)
        .map_or(Ok(12345), |port| port.parse())?;

    // A worker that dies takes its job with it, so the request is repeated.
    let requester = Client::connect(port)?
        .request_timeout(Duration::from_secs(10))
        .request_retries(2)
        .request()?;
    for message in ["Msg1", "Msg2", "Msg3"] {
        println!("{}", requester.request(message)?);
    }
    Ok(())
}

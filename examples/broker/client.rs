//! Asks the broker three times, and prints the answers.

#[path = "../common/mod.rs"]
mod common;

use std::error::Error;
use std::time::Duration;

use zeroless::Client;

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    // A worker that dies takes its job with it, so the request is repeated.
    let requester = Client::connect(common::port(12345))?
        .request_timeout(Duration::from_secs(10))
        .request_retries(2)
        .request()?;
    for message in ["Msg1", "Msg2", "Msg3"] {
        println!("{}", requester.request(message)?);
    }
    Ok(())
}

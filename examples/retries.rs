//! A request that survives a server's restart: it is sent again each second, and given up after ten.

#[path = "common/mod.rs"]
mod common;

use std::time::Duration;

use zeroless::Client;

fn main() -> zeroless::Result<()> {
    env_logger::init();
    let requester = Client::connect(common::port(12345))?
        .request_timeout(Duration::from_secs(1))
        .request_retries(9)
        .request()?;
    match requester.request("Msg1") {
        Ok(reply) => println!("{reply}"),
        // The error says what the call waited for, and the reason, if it is known.
        Err(error) => println!("no reply: {error}"),
    }
    Ok(())
}

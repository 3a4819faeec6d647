//! A timer beside a loop: prints each message, and each second how many there were.

#[path = "common/mod.rs"]
mod common;

use std::error::Error;
use std::time::{Duration, Instant};

use zeroless::Server;

const EVERY: Duration = Duration::from_secs(1);

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let pull = Server::bind(common::port(12345))?.pull()?;
    common::stop_on_ctrl_c(pull.stopper()?)?;

    let (mut count, mut due) = (0, Instant::now() + EVERY);
    loop {
        match pull.recv_deadline(due) {
            Ok(message) => {
                println!("{message}");
                count += 1;
            }
            Err(error) if error.is_timeout() => {
                println!("{count} messages so far");
                due += EVERY;
            }
            Err(zeroless::Error::Stopped) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

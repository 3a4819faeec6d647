//! Asks the broker that it finds three times, and prints the answers.

use std::error::Error;
use std::time::Duration;

use zeroless::zre;

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let requester = zre::discover("questions")?
        .request_timeout(Duration::from_secs(20))
        .request()?;
    for message in ["Msg1", "Msg2", "Msg3"] {
        println!("{}", requester.request(message)?);
    }
    Ok(())
}

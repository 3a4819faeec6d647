//! Works for the broker, under the name that it is given, until it is stopped.

#[path = "../common/mod.rs"]
mod common;

use std::error::Error;

use zeroless::Client;

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let name = common::argument(1, "a name", "worker".to_owned());
    let port: u16 = common::argument(2, "a port, 0 to 65535", 12346);
    let dealer = Client::connect(port)?.identity(&name[..]).dealer()?;
    common::stop_on_ctrl_c(dealer.stopper()?)?;
    dealer.send("ready")?;
    for mut job in &dealer {
        // The frames before the request are the way back to the client.
        let last = job.frame_count() - 1;
        println!("{}", job[last]);
        job[last] = format!("{} by {name}", job[last]).into();
        dealer.send(job)?;
    }
    Ok(())
}

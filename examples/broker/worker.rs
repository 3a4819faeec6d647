//! Works for the broker, under the name that it is given, until it is stopped.

use std::error::Error;

use zeroless::Client;

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_else(|| "worker".to_owned());
    let port: u16 = arguments.next().map_or(Ok(12346), |port| port.parse())?;

    let dealer = Client::connect(port)?.identity(&name[..]).dealer()?;
    dealer.send("ready")?;
    for mut job in &dealer {
        // The frames before the request are the way back to whoever has asked.
        let last = job.frame_count() - 1;
        println!("{}", job[last]);
        job[last] = format!("{} by {name}", job[last]).into();
        dealer.send(job)?;
    }
    Ok(())
}

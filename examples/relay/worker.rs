//! Works for the broker that it finds, under the name that it is given, until it is stopped.

#[path = "../common/mod.rs"]
mod common;

use std::error::Error;

use zeroless::zre;

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let name = common::argument(1, "a name", "worker".to_owned());
    let replier = zre::discover("questions")?.reply()?;
    common::stop_on_ctrl_c(replier.stopper()?)?;
    replier.serve(|question| {
        println!("{question}");
        format!("{question} by {name}")
    })?;
    Ok(())
}

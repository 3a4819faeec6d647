//! Pushes jobs to the workers that are there, which may come and go: ten, or as many as are asked
//! for.

#[path = "../common/mod.rs"]
mod common;

use std::error::Error;

use zeroless::zre;

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let jobs: u32 = common::argument(1, "a number of jobs", 10);

    let push = zre::discover("jobs")?.push()?;
    for number in 1..=jobs {
        push.send(format!("job {number}"))?; // waits until there is a worker
    }
    Ok(())
}

//! Subscribes to the topic `sh`, and prints its messages, until it is stopped.

#[path = "../common/mod.rs"]
mod common;

use std::error::Error;

use zeroless::Client;

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let subscriber = Client::connect(common::port(12345))?.subscribe("sh")?;
    common::stop_on_ctrl_c(subscriber.stopper()?)?;
    for [topic, message] in subscriber.parts() {
        println!("{topic} - {message}");
    }
    Ok(())
}

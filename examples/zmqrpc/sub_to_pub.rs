//! pyzmqrpc3's `ZmqProxySub2Pub`: what is published there goes on to subscribers here.
//!
//! `zmqrpc_sub_to_pub PUBLISHER-PORT PORT`

#[path = "ports.rs"]
mod ports;

use std::error::Error;

use zeroless::relay::{self, Relay};
use zeroless::{Client, Server};

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let [publisher, port] = ports::ports()?;
    let input = relay::subscribe(Client::connect(publisher)?);
    let output = relay::publish(Server::bind(port)?);
    Ok(Relay::new(input, output).start()?.wait()?)
}

//! pyzmqrpc3's `ZmqProxyRep2Pub`: what is requested here is acknowledged, and published there.
//!
//! `zmqrpc_rep_to_pub PORT PUBLISHING-PORT`

#[path = "ports.rs"]
mod ports;

use std::error::Error;

use zeroless::Server;
use zeroless::relay::{self, Relay};
use zeroless::rpc::zmqrpc::Reply;

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let [port, publishing] = ports::ports()?;
    let input = relay::reply(Server::bind(port)?).acknowledge(Reply::ok().to_bytes());
    let output = relay::publish(Server::bind(publishing)?);
    Ok(Relay::new(input, output).start()?.wait()?)
}

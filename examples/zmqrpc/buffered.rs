//! pyzmqrpc3's `ZmqBufferedProxyRep2Req`: what is requested here is acknowledged at once, and kept until the server there
//! takes it.
//!
//! `zmqrpc_buffered PORT SERVER-PORT`

#[path = "ports.rs"]
mod ports;

use std::error::Error;

use zeroless::relay::{self, Buffer, Relay};
use zeroless::rpc::zmqrpc::Reply;
use zeroless::{Client, Server};

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let [port, server] = ports::ports()?;
    let input = relay::reply(Server::bind(port)?).acknowledge(Reply::ok().to_bytes());
    let output = relay::request(Client::connect(server)?);
    let relay = Relay::new(input, output).buffered(Buffer::new(100_000, 64 << 20));
    Ok(relay.start()?.wait()?)
}

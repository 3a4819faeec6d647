//! pyzmqrpc3's `ZmqProxySub2Req`: what is published there goes on as requests, without the heartbeats, which would end
//! the service of pyzmqrpc3's servers.
//!
//! `zmqrpc_sub_to_req PUBLISHER-PORT SERVER-PORT`

#[path = "ports.rs"]
mod ports;

use std::error::Error;

use zeroless::Client;
use zeroless::relay::{self, Relay, Verdict};
use zeroless::rpc::zmqrpc;

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let [publisher, server] = ports::ports()?;
    let input = relay::subscribe(Client::connect(publisher)?);
    let output = relay::request(Client::connect(server)?);
    let relay = Relay::new(input, output).filter(|frames| match zmqrpc::is_heartbeat(frames) {
        true => Verdict::Drop,
        false => Verdict::Pass,
    });
    Ok(relay.start()?.wait()?)
}

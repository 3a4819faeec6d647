//! pyzmqrpc3's `ZmqProxyRep2Req`: what is requested here goes on to a server there, and its reply comes back, or an error
//! after a minute.
//!
//! `zmqrpc_rep_to_req PORT SERVER-PORT`

#[path = "ports.rs"]
mod ports;

use std::error::Error;
use std::time::Duration;

use zeroless::relay::{self, Relay, Verdict};
use zeroless::rpc::zmqrpc::{self, Reply};
use zeroless::{Client, Server};

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let [port, server] = ports::ports()?;
    let input = relay::reply(Server::bind(port)?);
    let output = relay::request(Client::connect(server)?);
    let relay = Relay::new(input, output)
        // A heartbeat is no request: it would end the service of pyzmqrpc3's servers.
        .filter(|frames| match zmqrpc::is_heartbeat(frames) {
            true => Verdict::Answer(Reply::ok().to_bytes()[..].into()),
            false => Verdict::Pass,
        })
        .deadline(Duration::from_secs(60), |_| {
            Reply::proxy_failed().to_bytes()
        });
    Ok(relay.start()?.wait()?)
}

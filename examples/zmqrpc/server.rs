//! A server for clients of pyzmqrpc3 and of ours: `ZmqRpcServer`, until a client sends `ShutdownServer`.
//!
//! `zmqrpc_server PORT`

#[path = "ports.rs"]
mod ports;

use std::error::Error;

use serde::{Deserialize, Serialize};
use zeroless::rpc::{self, zmqrpc};

#[derive(Serialize, Deserialize)]
struct SimpleCommand {
    param1: String,
    param2: String,
}
rpc::command!(SimpleCommand -> String);

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let [port] = ports::ports()?;
    let server = zmqrpc::Server::bind(port)?
        .serve_as("SimpleService", |command: SimpleCommand| {
            Ok(format!("{} and {}", command.param1, command.param2))
        })
        .allow_shutdown(true)
        .start()?;
    println!("bound to {}", server.port());
    Ok(server.wait()?)
}

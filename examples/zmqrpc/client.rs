//! A client of servers of pyzmqrpc3 and of ours: `ZmqRpcClient`, which ends the server in the end.
//!
//! `zmqrpc_client PORT`

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
    let client = zmqrpc::Client::connect(port)?;
    let (param1, param2) = ("value1".to_owned(), "value2".to_owned());
    println!("{}", client.call(&SimpleCommand { param1, param2 })?);
    client.call(&zmqrpc::ShutdownServer)?;
    Ok(())
}

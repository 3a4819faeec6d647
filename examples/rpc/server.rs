//! Serves the commands of the example client. Ctrl-C stops it, and calls that are being run are finished.
//!
//!     rpc_server [PORT]

#[path = "../common/mod.rs"]
mod common;

use std::error::Error;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use zeroless::rpc::{self, Call, Failure};

#[derive(Serialize, Deserialize)]
struct Add {
    a: i64,
    b: i64,
}
rpc::command!(Add -> i64);

#[derive(Serialize, Deserialize)]
struct Divide {
    a: i64,
    by: i64,
}
rpc::command!(idempotent Divide -> i64);

fn divide(Divide { a, by }: Divide, call: &Call) -> Result<i64, Failure> {
    println!("{}: {a} / {by}", call.name());
    a.checked_div(by)
        .ok_or_else(|| Failure::new("not by 0, please"))
}

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let server = rpc::Server::bind(common::port(30000))?
        .serve(|add: Add| Ok(add.a + add.b))
        .serve(divide)
        .start()?;
    let server = Arc::new(server);
    let stopping = server.clone();
    common::on_ctrl_c(move || drop(stopping.stop()))?;
    server.wait()?;
    server.stop()?; // it waits for the calls that are being run
    println!("all calls are answered");
    Ok(())
}

//! Calls the example server, and prints its replies and its errors.
//!
//!     rpc_client [PORT]

#[path = "../common/mod.rs"]
mod common;

use std::error::Error;

use serde::{Deserialize, Serialize};
use zeroless::rpc::{self, CallError};

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

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let client = rpc::Client::connect(common::port(30000))?;
    println!("1 + 2 = {}", client.call(&Add { a: 1, b: 2 })?);

    let calls = (1..=3).map(|by| client.start(&Divide { a: 6, by }));
    let calls = calls.collect::<Result<Vec<_>, _>>()?; // three calls under way
    for call in calls {
        println!("6 / … = {}", call.wait()?);
    }

    match client.call(&Divide { a: 1, by: 0 }) {
        Err(CallError::Service(failure)) => println!("1 / 0: {failure}"),
        other => println!("1 / 0: {other:?}"),
    }
    Ok(())
}

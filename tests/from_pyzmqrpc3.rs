//! The programs of docs/from-pyzmqrpc3.md compile and run, word for word.

#![cfg(feature = "zmqrpc")]

#[path = "support/documented.rs"]
mod documented;
mod support;

use std::time::Duration;

use documented::assert_compiled;
use serde::{Deserialize, Serialize};
use support::deadline;
use zeroless::rpc::{self, zmqrpc};

/// The programs as they stand there, compiled and not run: they have fixed ports.
#[allow(dead_code)]
mod programs {
    use super::*;

    #[rustfmt::skip]
    fn server() -> Result<(), Box<dyn std::error::Error>> {
        #[derive(Serialize, Deserialize)]
        struct Add { a: i64, b: i64 }
        rpc::command!(Add -> i64);

        let server = zmqrpc::Server::bind(30000)?.serve_as("AddService", |add: Add| Ok(add.a + add.b));
        server.run()?;
        Ok(())
    }

    #[rustfmt::skip]
    fn client() -> Result<(), Box<dyn std::error::Error>> {
        use super::Add;

        let client = zmqrpc::Client::connect(30000)?;
        let sum = client.call_timeout(&Add { a: 1, b: 2 }, Duration::from_secs(60))?;
        let _: i64 = sum;
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
struct Add {
    a: i64,
    b: i64,
}
rpc::command!(Add -> i64);

#[test]
fn the_programs_of_the_table_are_those_that_are_compiled_here() {
    let document = include_str!("../docs/from-pyzmqrpc3.md");
    let count = assert_compiled(document, include_str!("from_pyzmqrpc3.rs"));
    assert_eq!(count, 2);
}

#[test]
fn they_call_each_other() {
    deadline(|| {
        let server = zmqrpc::Server::bind(0).unwrap();
        let server = server.serve_as("AddService", |add: Add| Ok(add.a + add.b));
        let server = server.start().unwrap();
        let client = zmqrpc::Client::connect(server.port()).unwrap();
        let sum = client.call_timeout(&Add { a: 1, b: 2 }, Duration::from_secs(10));
        assert_eq!(sum.unwrap(), 3);
    });
}

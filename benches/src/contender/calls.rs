//! zeroless's calls: typed, with deadlines, and a server with the default workers.

use std::collections::VecDeque;
use std::hint::black_box;

use serde::{Deserialize, Serialize};
use zeroless::rpc;

use super::Contender;
use crate::job::Job;
use crate::meter::Meter;

pub struct Calls;

/// The call of all contenders.
#[derive(Serialize, Deserialize)]
struct Add {
    a: i64,
    b: i64,
}
rpc::command!(Add -> i64);

impl Contender for Calls {
    fn name(&self) -> &'static str {
        "zeroless rpc"
    }

    fn request(&self, job: &Job, meter: &mut Meter) {
        let client = rpc::Client::connect(&job.endpoint[..]).unwrap();
        let add = Add { a: 1, b: 2 };
        if job.in_flight == 1 {
            while meter.more() {
                black_box(client.call(&add).unwrap());
            }
            return;
        }
        let mut under_way = VecDeque::new();
        while meter.more() {
            under_way.push_back(client.start(&add).unwrap());
            if under_way.len() == job.in_flight {
                black_box(under_way.pop_front().unwrap().wait().unwrap());
            }
        }
    }

    fn reply(&self, job: &Job, ready: &mut dyn FnMut(&str)) {
        let server = rpc::Server::bind(&job.endpoint[..]).unwrap();
        let server = server.serve(|add: Add| Ok(add.a + add.b)).start().unwrap();
        ready(&format!("tcp://127.0.0.1:{}", server.port()));
        server.wait().unwrap();
    }
}

//! tarpc over tcp with bincode, on both runtimes of tokio.

use std::cell::RefCell;
use std::hint::black_box;

use futures_util::future::{join_all, ready as at_once};
use futures_util::stream::StreamExt;
use tarpc::client::Config;
use tarpc::context::{self, Context};
use tarpc::serde_transport::tcp;
use tarpc::server::{BaseChannel, Channel};
use tarpc::tokio_serde::formats::Bincode;
use tokio::runtime::{Builder, Runtime};

use super::Contender;
use crate::job::Job;
use crate::meter::Meter;

/// All in one thread.
pub struct TarpcOneThread;

/// With as many threads as there are cores.
pub struct TarpcThreads;

#[tarpc::service]
trait Add {
    async fn add(a: i64, b: i64) -> i64;
}

#[derive(Clone)]
struct Adder;

impl Add for Adder {
    async fn add(self, _: Context, a: i64, b: i64) -> i64 {
        a + b
    }
}

impl Contender for TarpcOneThread {
    fn name(&self) -> &'static str {
        "tarpc, one thread"
    }

    fn request(&self, job: &Job, meter: &mut Meter) {
        request(&runtime(Builder::new_current_thread()), job, meter);
    }

    fn reply(&self, _job: &Job, ready: &mut dyn FnMut(&str)) {
        reply(&runtime(Builder::new_current_thread()), ready);
    }
}

impl Contender for TarpcThreads {
    fn name(&self) -> &'static str {
        "tarpc, threads"
    }

    fn request(&self, job: &Job, meter: &mut Meter) {
        request(&runtime(Builder::new_multi_thread()), job, meter);
    }

    fn reply(&self, _job: &Job, ready: &mut dyn FnMut(&str)) {
        reply(&runtime(Builder::new_multi_thread()), ready);
    }
}

fn runtime(mut builder: Builder) -> Runtime {
    builder.enable_all().build().unwrap()
}

fn request(runtime: &Runtime, job: &Job, meter: &mut Meter) {
    let address = job.endpoint.strip_prefix("tcp://").expect("an address");
    let meter = RefCell::new(meter);
    runtime.block_on(async {
        let transport = tcp::connect(address, Bincode::default).await.unwrap();
        let client = AddClient::new(Config::default(), transport).spawn();
        let calls = (0..job.in_flight).map(async |_| {
            while more(&meter) {
                black_box(client.add(context::current(), 1, 2).await.unwrap());
            }
        });
        join_all(calls).await;
    });
}

/// Nobody holds the meter while it waits.
fn more(meter: &RefCell<&mut Meter>) -> bool {
    meter.borrow_mut().more()
}

fn reply(runtime: &Runtime, ready: &mut dyn FnMut(&str)) {
    runtime.block_on(async {
        let listening = tcp::listen("127.0.0.1:0", Bincode::default).await.unwrap();
        ready(&format!("tcp://{}", listening.local_addr()));
        let connections = listening.filter_map(|connection| at_once(connection.ok()));
        connections
            .map(BaseChannel::with_defaults)
            .for_each_concurrent(None, |channel| {
                let calls = channel.execute(Adder.serve());
                calls.for_each(async |call| drop(tokio::spawn(call)))
            })
            .await;
    });
}

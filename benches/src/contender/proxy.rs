//! libzmq's own proxy, in a process of its own.

use super::Contender;
use super::bare::{bound, connected};
use crate::job::Job;

/// With libzmq's default options.
pub struct Proxy;

/// With the batch size that zeroless's streams have.
pub struct ProxyBatched;

const BATCH: u32 = 256 << 10;

impl Contender for Proxy {
    fn name(&self) -> &'static str {
        "zmq_proxy"
    }

    fn relay(&self, job: &Job, ready: &mut dyn FnMut(&str)) {
        let [input, output] = match &job.pattern[..] {
            "push" => [zmq::PULL, zmq::PUSH],
            "publish" => [zmq::XSUB, zmq::XPUB],
            "request" => [zmq::ROUTER, zmq::DEALER],
            other => panic!("no relay for {other}"),
        };
        let output = connected(job, output);
        let own = job.clone().endpoint(Job::default().endpoint);
        let input = bound(&own, input, ready);
        zmq::proxy(&input, &output).unwrap();
    }
}

impl Contender for ProxyBatched {
    fn name(&self) -> &'static str {
        "zmq_proxy with our batch"
    }

    fn is_there(&self) -> bool {
        ::zeroless::capabilities().is_ok_and(|it| it.batch)
    }

    fn relay(&self, job: &Job, ready: &mut dyn FnMut(&str)) {
        Proxy.relay(&job.clone().batch(BATCH), ready);
    }
}

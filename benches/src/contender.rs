//! The contenders: the same few loops, written as a user of each library would.

pub mod autopilot;
pub mod bare;
pub mod batched;
pub mod calls;
pub mod dealer;
mod keep;
pub mod key_pair;
mod mesh;
pub mod mosquitto;
mod node;
pub mod omq;
pub mod other;
pub mod proxy;
pub mod pyre;
pub mod python;
pub mod python_calls;
pub mod pyzmq;
mod relay;
pub mod station;
pub mod tarpc;
pub mod tcp;
pub mod usual;
pub mod zeroless;
pub mod zmqrs;

use std::env;
use std::process::Command;

use crate::job::Job;
use crate::meter::Meter;

/// One way to use ZeroMQ.
///
/// The loops go on as long as the meter says, which is asked once a message. Messages are
/// borrowed from a buffer, as where a program fills one buffer again and again.
pub trait Contender: Sync {
    fn name(&self) -> &'static str;

    /// Whether it can be run here.
    fn is_there(&self) -> bool {
        true
    }

    /// Connects, and pushes.
    fn push(&self, _job: &Job, _meter: &mut Meter) {
        panic!("{} does not push", self.name());
    }

    /// Binds, tells the endpoint, and pulls.
    fn pull(&self, _job: &Job, _ready: &mut dyn FnMut(&str), _meter: &mut Meter) {
        panic!("{} does not pull", self.name());
    }

    /// Connects, and sends requests whose replies it waits for.
    fn request(&self, _job: &Job, _meter: &mut Meter) {
        panic!("{} does not request", self.name());
    }

    /// Binds, tells the endpoint, and sends each request back as its reply, for ever.
    fn reply(&self, _job: &Job, _ready: &mut dyn FnMut(&str)) {
        panic!("{} does not reply", self.name());
    }

    /// Binds, tells the endpoint, and passes on all that comes to the endpoint of the job, for ever.
    fn relay(&self, _job: &Job, _ready: &mut dyn FnMut(&str)) {
        panic!("{} does not relay", self.name());
    }

    /// Starts a node of ZRE, and tells when it began to, and when it met its peer.
    fn meet(&self, _job: &Job) {
        panic!("{} has no nodes", self.name());
    }

    /// Starts a node that is in a group, says so, and hears the shouts there; tells how many
    /// messages came, and how many of those before the last did not.
    fn hear(&self, _job: &Job, _ready: &mut dyn FnMut(&str), _meter: &mut Meter) {
        panic!("{} has no nodes", self.name());
    }

    /// Starts a node, and shouts into the group as soon as somebody is in it.
    fn shout(&self, _job: &Job, _meter: &mut Meter) {
        panic!("{} has no nodes", self.name());
    }

    /// Starts many nodes when told to, and tells when it began, when all had met, and the
    /// costs: bytes, files and threads.
    fn mesh(&self, _job: &Job, _ready: &mut dyn FnMut(&str)) {
        panic!("{} has no nodes", self.name());
    }

    /// Waits until somebody is in the group, says so, and sends more than a peer takes that is
    /// stopped; tells how many messages were tried, how many of those with an error, and by how
    /// many bytes the process grew.
    fn flood(&self, _job: &Job, _ready: &mut dyn FnMut(&str)) {
        panic!("{} has no nodes", self.name());
    }

    /// Keeps some of the messages that come, and tells by how many bytes the process grew.
    fn keep(&self, _job: &Job, _ready: &mut dyn FnMut(&str)) {
        panic!("{} keeps no messages", self.name());
    }

    /// The job as it does it: a contender without messages moves the same bytes in pieces of its own.
    fn fit(&self, job: &Job) -> Job {
        job.clone()
    }

    /// The command of a process that does a job with it.
    fn command(&self, job: &Job) -> Command {
        job.command(env::current_exe().expect("this program"), self.name())
    }
}

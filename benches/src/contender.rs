//! The contenders: the same few loops, written as a user of each library would.

mod bare;
mod omq;
mod python;
mod usual;
mod zeroless;
mod zmqrs;

use std::process::Command;

pub use bare::{Bare, BareRouter};
pub use omq::{Omq, OmqMany};
pub use python::Python;
pub use usual::{RecvMsg, RecvMultipart};
pub use zeroless::Zeroless;
pub use zmqrs::ZmqRs;

use crate::child;
use crate::job::Job;
use crate::meter::Meter;

/// One way to use ZeroMQ.
///
/// The loops go on as long as the meter says, which is asked once a message. What is sent is
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

    /// What starts a process that does a job with it.
    fn command(&self, job: &Job) -> Command {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.args([child::FLAG, self.name()]);
        command.args(job.to_arguments());
        command
    }
}

const ALL: [&dyn Contender; 9] = [
    &Zeroless,
    &Bare,
    &BareRouter,
    &RecvMultipart,
    &RecvMsg,
    &Omq,
    &OmqMany,
    &ZmqRs,
    &Python,
];

pub fn by_name(name: &str) -> &'static dyn Contender {
    let mut all = ALL.into_iter();
    all.find(|contender| contender.name() == name)
        .expect("a contender's name")
}

/// Those of them that can be run here; says so of the others.
pub fn present(contenders: &[&'static dyn Contender]) -> Vec<&'static dyn Contender> {
    let (present, absent): (Vec<&'static dyn Contender>, Vec<_>) =
        contenders.iter().partition(|one| one.is_there());
    for contender in absent {
        println!("Without {}: see benches/README.md.\n", contender.name());
    }
    present
}

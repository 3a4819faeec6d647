//! pyzmq, on the libzmq that it brings along.

use std::process::Command;

use super::python::python;
use super::{Contender, key_pair};
use crate::job::Job;

/// PUSH and PULL of Python.
pub struct Pyzmq;

impl Contender for Pyzmq {
    fn name(&self) -> &'static str {
        "pyzmq"
    }

    fn is_there(&self) -> bool {
        let command = python().map(|mut python| python.args(["-c", "import zmq"]).status());
        command.is_some_and(|status| status.is_ok_and(|status| status.success()))
    }

    fn command(&self, job: &Job) -> Command {
        let mut command = python().expect("asked whether it is there");
        command.args(["-c", include_str!("pyzmq.py")]);
        command.args(job.to_arguments());
        command.arg(format!("public={}", key_pair::PUBLIC));
        command.arg(format!("secret={}", key_pair::SECRET));
        command
    }
}

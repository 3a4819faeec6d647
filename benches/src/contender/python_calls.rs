//! Calls of Python: pyzmqrpc3 and zerorpc.

use std::process::{Command, Stdio};

use super::Contender;
use super::python::python;
use crate::job::Job;

/// Its client has one call under way at a time.
pub struct Pyzmqrpc3;

pub struct Zerorpc;

impl Contender for Pyzmqrpc3 {
    fn name(&self) -> &'static str {
        "pyzmqrpc3"
    }

    fn is_there(&self) -> bool {
        has("zmqrpc")
    }

    fn command(&self, job: &Job) -> Command {
        command(include_str!("pyzmqrpc3.py"), job)
    }
}

impl Contender for Zerorpc {
    fn name(&self) -> &'static str {
        "zerorpc"
    }

    fn is_there(&self) -> bool {
        has("zerorpc")
    }

    fn command(&self, job: &Job) -> Command {
        command(include_str!("zerorpc.py"), job)
    }
}

/// Whether the Python that the environment names, if it does, has a package.
fn has(package: &str) -> bool {
    let command = python().map(|mut python| {
        python.args(["-c", &format!("import {package}")]);
        python.stderr(Stdio::null()).status()
    });
    command.is_some_and(|status| status.is_ok_and(|status| status.success()))
}

fn command(script: &str, job: &Job) -> Command {
    let mut command = python().expect("asked whether it is there");
    command.args(["-c", script]).args(job.to_arguments());
    command.stderr(Stdio::null());
    command
}

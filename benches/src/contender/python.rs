//! Python zeroless, in the Python that the environment names.

use std::env;
use std::process::Command;

use super::Contender;
use crate::job::Job;

/// Names a Python in which zeroless 1.0.0 is installed.
const VARIABLE: &str = "ZEROLESS_PEER_PYTHON";

pub struct Python;

impl Contender for Python {
    fn name(&self) -> &'static str {
        "Python zeroless"
    }

    fn is_there(&self) -> bool {
        python().is_some()
    }

    fn command(&self, job: &Job) -> Command {
        let mut command = python().expect("asked whether it is there");
        command.args(["-c", include_str!("python.py")]);
        command.args(job.to_arguments());
        command
    }
}

/// The Python that the environment names, if it does.
pub fn python() -> Option<Command> {
    env::var_os(VARIABLE).map(Command::new)
}

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
        env::var_os(VARIABLE).is_some()
    }

    fn command(&self, job: &Job) -> Command {
        let python = env::var_os(VARIABLE).expect("asked whether it is there");
        let mut command = Command::new(python);
        command.args(["-c", include_str!("python.py")]);
        command.args(job.to_arguments());
        command
    }
}

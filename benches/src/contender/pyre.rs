//! pyre, the ZRE of Python, in the Python that the environment names.

use std::process::{Command, Stdio};

use super::Contender;
use super::python::python;
use crate::job::Job;

pub struct Pyre;

impl Contender for Pyre {
    fn name(&self) -> &'static str {
        "pyre"
    }

    fn is_there(&self) -> bool {
        let Some(mut command) = python() else {
            return false;
        };
        command.args(["-c", "import pyre"]).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }

    fn command(&self, job: &Job) -> Command {
        let mut command = python().expect("asked whether it is there");
        command.args(["-c", include_str!("pyre.py")]);
        command.args(job.to_arguments());
        command
    }
}

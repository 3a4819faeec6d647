//! autopilot's Net_Node and Station, in the Python that the environment names.

use std::env;
use std::process::{Command, Stdio};

use super::Contender;
use crate::job::Job;

/// Names a Python in which auto-pi-lot 0.5.1 is installed.
const VARIABLE: &str = "ZEROLESS_PEER_AUTOPILOT";

pub struct Autopilot;

impl Contender for Autopilot {
    fn name(&self) -> &'static str {
        "autopilot"
    }

    fn is_there(&self) -> bool {
        env::var_os(VARIABLE).is_some()
    }

    fn command(&self, job: &Job) -> Command {
        let python = env::var_os(VARIABLE).expect("asked whether it is there");
        let mut command = Command::new(python);
        command.args(["-c", include_str!("autopilot.py")]);
        command.args(job.to_arguments()).stderr(Stdio::null());
        command
    }
}

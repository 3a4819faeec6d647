//! zeroless in another build of this program: with another libzmq, or of another version.

use std::env;
use std::process::Command;

use super::Contender;
use super::zeroless::Zeroless;
use crate::job::Job;

/// The variable that names that program.
const PROGRAM: &str = "ZEROLESS_OTHER_BUILD";

pub struct OtherBuild;

impl Contender for OtherBuild {
    fn name(&self) -> &'static str {
        "the other build"
    }

    fn is_there(&self) -> bool {
        env::var_os(PROGRAM).is_some()
    }

    fn command(&self, job: &Job) -> Command {
        let program = env::var_os(PROGRAM).expect("it is there");
        job.command(program, Zeroless.name())
    }
}

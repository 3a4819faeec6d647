//! MQTT with QoS 1: Debian's broker, and two clients in C by libmosquitto.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::Contender;
use crate::job::Job;

pub struct Mosquitto;

impl Contender for Mosquitto {
    fn name(&self) -> &'static str {
        "mosquitto, QoS 1"
    }

    fn is_there(&self) -> bool {
        program().is_some()
    }

    fn command(&self, job: &Job) -> Command {
        let mut command = Command::new(program().expect("asked whether it is there"));
        let (_, port) = job.endpoint.rsplit_once(':').expect("a port");
        command.args([&job.role[..], port, &job.size.to_string()]);
        command.arg(job.seconds.to_string()).stderr(Stdio::null());
        command
    }
}

/// The program, compiled once; `None` without a compiler, libmosquitto or the broker.
fn program() -> Option<&'static PathBuf> {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    let compile = || {
        let name = format!("zeroless-bench-mosquitto-{}", std::process::id());
        let program = env::temp_dir().join(name);
        let source = program.with_extension("c");
        fs::write(&source, include_str!("mosquitto.c")).ok()?;
        let mut compiler = Command::new("cc");
        compiler.args(["-O2", "-o"]).arg(&program).arg(&source);
        let compiled = compiler.arg("-lmosquitto").stderr(Stdio::null()).status();
        let broker = Command::new("/usr/sbin/mosquitto").arg("-h").output();
        let _ = fs::remove_file(source);
        (compiled.is_ok_and(|it| it.success()) && broker.is_ok()).then_some(program)
    };
    PROGRAM.get_or_init(compile).as_ref()
}

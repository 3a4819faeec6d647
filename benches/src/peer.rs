//! A contender at work in a process of its own, as its parent sees it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::contender::Contender;
use crate::job::Job;

/// Longer than anything takes that works.
const PATIENCE: Duration = Duration::from_secs(300);

/// A process; it ends when this is dropped, or with its parent.
pub struct Peer {
    name: String,
    child: Child,
    lines: Receiver<String>,
}

impl Peer {
    pub fn start(contender: &dyn Contender, job: &Job) -> Peer {
        Peer::run(contender, job, contender.command(job))
    }

    /// Two ends of a pattern, each in a process of its own: the one that binds, and the one that connects to it.
    pub fn ends(contender: &dyn Contender, roles: [&str; 2], job: &Job) -> (Peer, Peer) {
        let [bind, connect] = roles.map(|role| job.clone().role(role.into()));
        let bound = Peer::start(contender, &bind);
        let connected = Peer::start(contender, &connect.endpoint(bound.line()));
        (bound, connected)
    }

    /// Starts it under another program, as valgrind.
    pub fn start_under(wrapper: &[&str], contender: &dyn Contender, job: &Job) -> Peer {
        let inner = contender.command(job);
        let mut command = Command::new(wrapper[0]);
        command.args(&wrapper[1..]);
        command.arg(inner.get_program()).args(inner.get_args());
        command.stderr(Stdio::null());
        Peer::run(contender, job, command)
    }

    fn run(contender: &dyn Contender, job: &Job, mut command: Command) -> Peer {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("a process");
        let output = child.stdout.take().expect("a pipe");
        let (sender, lines) = channel();
        thread::spawn(move || {
            let lines = BufReader::new(output).lines().map_while(Result::ok);
            lines.for_each(|line| drop(sender.send(line)));
        });
        let name = format!("{} {}", contender.name(), job.role);
        Peer { name, child, lines }
    }

    /// Its next line.
    pub fn line(&self) -> String {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => line,
            Err(error) => panic!("{}: {error}", self.name),
        }
    }

    /// The number that it says next, if it says one within so many seconds.
    pub fn number_within(&self, seconds: f64) -> Option<f64> {
        let patience = Duration::from_secs_f64(seconds);
        let line = self.lines.recv_timeout(patience).ok()?;
        Some(line.parse().expect("a number"))
    }

    /// The number that it says next.
    pub fn number(&self) -> f64 {
        self.line().parse().expect("a number")
    }

    /// The whole number that it says next.
    pub fn whole(&self) -> u64 {
        self.line().parse().expect("a whole number")
    }

    /// Stops it, as a debugger or Ctrl-Z does: it neither runs nor ends.
    pub fn stop(&self) {
        let process = Pid::from_raw(self.child.id() as i32);
        kill(process, Signal::SIGSTOP).expect("a process of our own");
    }

    pub fn tell(&mut self, command: &str) {
        let input = self.child.stdin.as_mut().expect("a pipe");
        writeln!(input, "{command}").expect("a process that listens");
    }

    /// Waits until it has ended by itself.
    pub fn wait(mut self) {
        let _ = self.child.wait();
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

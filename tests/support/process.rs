//! A program that a test runs: what it prints is waited for, and never beyond a deadline.

#![allow(dead_code, reason = "each test uses its own part of this")]

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// A program that runs, and is killed when this is dropped.
pub(crate) struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    printed: Receiver<String>,
    logged: Receiver<String>,
    deadline: Instant,
}

impl Process {
    /// Starts a program; each wait for it ends with a panic once it is this old.
    pub(crate) fn start(command: &mut Command, limit: Duration) -> Process {
        let child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = child.unwrap_or_else(|error| panic!("starting {command:?}: {error}"));
        Process {
            stdin: child.stdin.take(),
            printed: lines(child.stdout.take().expect("it is piped")),
            logged: lines(child.stderr.take().expect("it is piped")),
            deadline: Instant::now() + limit,
            child,
        }
    }

    /// What the system calls it.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next line that it prints; `None` once it has ended.
    pub(crate) fn next_line(&self) -> Option<String> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        match self.printed.recv_timeout(left) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("it printed nothing more: {}", self.said()),
        }
    }

    /// The next line that it prints.
    pub(crate) fn line(&self) -> String {
        self.next_line()
            .unwrap_or_else(|| panic!("it ended: {}", self.said()))
    }

    /// What comes after these words in the next line of its log that has them.
    pub(crate) fn logs(&self, words: &str) -> String {
        let mut log = String::new();
        loop {
            let left = self.deadline.saturating_duration_since(Instant::now());
            let line = self.logged.recv_timeout(left);
            let line = line.unwrap_or_else(|_| panic!("it did not log `{words}` but: {log}"));
            if let Some((_, rest)) = line.split_once(words) {
                return rest.to_owned();
            }
            log += &line;
            log.push('\n');
        }
    }

    /// Gives it a line to read.
    pub(crate) fn tell(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("it is open until the end");
        if let Err(error) = writeln!(stdin, "{line}") {
            panic!("it does not read: {error}: {}", self.said());
        }
    }

    /// Waits until it has ended of itself, well, and gives the lines that it has printed.
    pub(crate) fn finish(mut self) -> Vec<String> {
        drop(self.stdin.take());
        let lines: Vec<String> = std::iter::from_fn(|| self.next_line()).collect();
        let status = self.child.wait().expect("it was started");
        assert!(status.success(), "{status}: {}", self.said());
        lines
    }

    /// Kills it, and gives the lines that it had printed by then.
    pub(crate) fn kill(mut self) -> Vec<String> {
        self.child.kill().expect("it is ours");
        std::iter::from_fn(|| self.next_line()).collect()
    }

    /// What it has logged and nobody has read.
    pub(crate) fn said(&self) -> String {
        self.logged.try_iter().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines of a stream, as they come.
fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

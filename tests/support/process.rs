//! A program that a test runs: its output is waited for, and never beyond a deadline.

#![allow(dead_code, reason = "each test uses its own part of this")]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// A program that runs, and is killed when this is dropped.
pub(crate) struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    printed: Receiver<String>,
    logged: Receiver<String>,
    log: Arc<Mutex<Vec<String>>>,
    quiet: bool,
    deadline: Instant,
}

/// The test of this name, of those that are running, to be run again: in a process of its own, where
/// this variable has this value.
pub(crate) fn again(test: &str, variable: &str, value: impl ToString) -> Command {
    let program = std::env::current_exe().expect("a test knows where it is");
    let mut command = Command::new(program);
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]);
    command.env(variable, value.to_string());
    command
}

/// Where an example is, which `cargo test` has built beside its tests.
pub(crate) fn path_of(example: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it is");
    let target = test.ancestors().nth(2).expect("it is in target/*/deps");
    let path = target.join("examples").join(example);
    assert!(
        path.exists(),
        "{} is not there: `cargo build --examples` makes it",
        path.display()
    );
    path
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
        let log = Arc::new(Mutex::new(Vec::new()));
        let kept = log.clone();
        let keep = move |line: &str| kept.lock().unwrap().push(line.to_owned());
        Process {
            stdin: child.stdin.take(),
            printed: lines(child.stdout.take().expect("it is piped"), |_| {}),
            logged: lines(child.stderr.take().expect("it is piped"), keep),
            log,
            quiet: false,
            deadline: Instant::now() + limit,
            child,
        }
    }

    /// The same, and it must log neither a warning nor an error.
    pub(crate) fn start_quiet(command: &mut Command, limit: Duration) -> Process {
        let mut process = Process::start(command.env("RUST_LOG", "info"), limit);
        process.quiet = true;
        process
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next line that it prints; `None` once it has ended.
    pub(crate) fn next_line(&self) -> Option<String> {
        match self.printed.recv_timeout(self.left()) {
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

    /// The text after these words in the next line that it prints with them.
    pub(crate) fn prints(&self, words: &str) -> String {
        loop {
            if let Some((_, rest)) = self.line().split_once(words) {
                return rest.to_owned();
            }
        }
    }

    /// The text after these words in the next line of its log that has them.
    pub(crate) fn logs(&self, words: &str) -> String {
        let mut log = String::new();
        loop {
            let line = self.logged.recv_timeout(self.left());
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

    /// Interrupts it, as Ctrl-C does.
    pub(crate) fn interrupt(&self) {
        let id = self.id().to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status();
        assert!(sent.is_ok_and(|status| status.success()), "it has ended");
    }

    /// Kills it, and gives the lines that it had printed by then.
    pub(crate) fn kill(mut self) -> Vec<String> {
        self.child.kill().expect("it is ours");
        std::iter::from_fn(|| self.next_line()).collect()
    }

    /// Waits until it has ended, well or not, and gives all that it has logged.
    pub(crate) fn log(mut self) -> Vec<String> {
        drop(self.stdin.take());
        while self.next_line().is_some() {}
        self.wait_for_log()
    }

    /// All that it has logged, now that it has ended.
    fn wait_for_log(&self) -> Vec<String> {
        while self.logged.recv_timeout(self.left()).is_ok() {}
        self.log.lock().unwrap().clone()
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// The lines of its log that nobody has read.
    pub(crate) fn said(&self) -> String {
        self.logged.try_iter().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if self.quiet && !thread::panicking() {
            let log = self.wait_for_log();
            let warns = |line: &String| line.contains(" WARN ") || line.contains(" ERROR ");
            assert!(!log.iter().any(warns), "it warns: {log:#?}");
        }
    }
}

/// The lines of a stream, as they come, each looked at first.
fn lines(
    stream: impl Read + Send + 'static,
    look: impl Fn(&str) + Send + 'static,
) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            look(&line);
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

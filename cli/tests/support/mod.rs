//! Runs the command, and never waits for it beyond a deadline.

#![allow(dead_code, reason = "each test uses its own part of this")]

use std::ffi::OsStr;
use std::io::{PipeReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

/// Time enough for anything that happens at all, on a busy machine too.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// A command that runs, and is killed when this is dropped.
pub(crate) struct Zeroless {
    child: Child,
    stdin: Option<ChildStdin>,
    printed: Option<Receiver<Vec<u8>>>,
    noted: Receiver<Vec<u8>>,
    seen: Vec<u8>,
    notes: Vec<u8>,
    /// Up to where the notes were waited for.
    noted_to: usize,
}

/// All of a command that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Ended {
    /// What it printed, if it did well.
    #[track_caller]
    pub(crate) fn well(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        String::from_utf8(self.stdout).expect("a text")
    }

    /// What it said in its only line, if it ended with this code.
    #[track_caller]
    pub(crate) fn fails(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert_eq!(self.stderr.lines().count(), 1, "one line: {self:?}");
        self.stderr
    }
}

/// Runs it with these arguments to its end, without input.
#[track_caller]
pub(crate) fn run<const N: usize>(arguments: [&str; N]) -> Ended {
    Zeroless::start(arguments).end()
}

/// Runs a line of the shell, in which `zeroless` is the command, to its end.
#[track_caller]
pub(crate) fn shell(line: &str) -> Ended {
    Zeroless::spawn(Command::new("sh").args(["-c", &in_shell(line)])).end()
}

/// The line, with a function of the command's name.
pub(crate) fn in_shell(line: &str) -> String {
    let program = env!("CARGO_BIN_EXE_zeroless");
    format!("zeroless() {{ '{program}' \"$@\"; }}\n{line}")
}

impl Zeroless {
    pub(crate) fn start<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Zeroless {
        let mut command = Command::new(env!("CARGO_BIN_EXE_zeroless"));
        Zeroless::spawn(command.args(arguments))
    }

    /// A server on a free port, and the port.
    #[track_caller]
    pub(crate) fn server<const N: usize>(arguments: [&str; N]) -> (Zeroless, String) {
        let mut zeroless = Zeroless::start(["server", "0"].iter().chain(&arguments));
        let port = zeroless.port();
        (zeroless, port)
    }

    pub(crate) fn spawn(command: &mut Command) -> Zeroless {
        let child = command
            .env("NO_COLOR", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        Zeroless::of(child.expect("it starts"))
    }

    fn of(mut child: Child) -> Zeroless {
        Zeroless {
            stdin: child.stdin.take(),
            printed: child.stdout.take().map(chunks),
            noted: chunks(child.stderr.take().expect("it is piped")),
            seen: Vec::new(),
            notes: Vec::new(),
            noted_to: 0,
            child,
        }
    }

    /// The port that it says it has bound.
    #[track_caller]
    pub(crate) fn port(&mut self) -> String {
        let line = self.note("listening on ");
        let (_, port) = line.rsplit_once(':').expect("an endpoint");
        port.to_owned()
    }

    /// Waits until it says this on stderr, after what was waited for before; what follows in that line.
    #[track_caller]
    pub(crate) fn note(&mut self, words: &str) -> String {
        loop {
            let text = String::from_utf8_lossy(&self.notes[self.noted_to..]);
            let after = text
                .split_once(words)
                .and_then(|(_, it)| it.split_once('\n'));
            if let Some((line, rest)) = after {
                let line = line.to_owned();
                self.noted_to = self.notes.len() - rest.len();
                return line;
            }
            match self.noted.recv_timeout(SOON) {
                Ok(chunk) => self.notes.extend(chunk),
                Err(error) => panic!("it does not say `{words}` ({error}) but: {text}"),
            }
        }
    }

    /// Waits until it has printed this next.
    #[track_caller]
    pub(crate) fn prints(&mut self, text: &str) {
        let printed = self.printed(text.len());
        assert_eq!(String::from_utf8_lossy(&printed), text);
    }

    /// The next bytes that it prints, so many.
    #[track_caller]
    pub(crate) fn printed(&mut self, count: usize) -> Vec<u8> {
        let printed = self.printed.as_ref().expect("it is read");
        while self.seen.len() < count {
            match printed.recv_timeout(SOON) {
                Ok(chunk) => self.seen.extend(chunk),
                Err(error) => panic!("{error}: {}", String::from_utf8_lossy(&self.seen)),
            }
        }
        let rest = self.seen.split_off(count);
        std::mem::replace(&mut self.seen, rest)
    }

    /// Gives it this to read.
    pub(crate) fn give(&mut self, bytes: impl AsRef<[u8]>) {
        let stdin = self.stdin.as_mut().expect("it is open");
        stdin.write_all(bytes.as_ref()).expect("it reads");
    }

    /// Ends its input.
    pub(crate) fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// Starts it with a pipe as stdout that has no reader left once this closes it.
    pub(crate) fn start_piped<const N: usize>(arguments: [&str; N]) -> (Zeroless, PipeReader) {
        let (read, write) = std::io::pipe().expect("a pipe");
        let mut command = Command::new(env!("CARGO_BIN_EXE_zeroless"));
        let command = command.args(arguments).stdin(Stdio::piped());
        let child = command.stdout(write).stderr(Stdio::piped()).spawn();
        (Zeroless::of(child.expect("it starts")), read)
    }

    /// Sends it a signal, by name.
    pub(crate) fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status();
        assert!(sent.is_ok_and(|status| status.success()), "it has ended");
    }

    /// Ends its input, and waits for its end.
    #[track_caller]
    pub(crate) fn end(mut self) -> Ended {
        self.close_stdin();
        self.end_with_open_stdin()
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn end_with_open_stdin(mut self) -> Ended {
        let rest = self.printed.take();
        let rest = rest
            .map(|printed| all(&printed, "stdout"))
            .unwrap_or_default();
        self.seen.extend(rest);
        let notes = all(&self.noted, "stderr");
        self.notes.extend(notes);
        let status: ExitStatus = self.child.wait().expect("it was started");
        Ended {
            code: status.code(),
            signal: status.signal(),
            stdout: std::mem::take(&mut self.seen),
            stderr: String::from_utf8_lossy(&self.notes).into_owned(),
        }
    }
}

impl Drop for Zeroless {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[track_caller]
fn all(chunks: &Receiver<Vec<u8>>, stream: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        match chunks.recv_timeout(SOON) {
            Ok(chunk) => bytes.extend(chunk),
            Err(mpsc::RecvTimeoutError::Disconnected) => return bytes,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                panic!(
                    "it does not end; {stream}: {}",
                    String::from_utf8_lossy(&bytes)
                )
            }
        }
    }
}

fn chunks(mut stream: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(read @ 1..) = stream.read(&mut buffer) {
            if sender.send(buffer[..read].to_vec()).is_err() {
                return;
            }
        }
    });
    receiver
}

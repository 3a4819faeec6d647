//! A Python peer: peer.py, told what to do.

use std::process::Command;
use std::time::Duration;

use zeroless::Message;

use crate::process::Process;

/// No wait of these tests is longer.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// Who the peer is, and which of both binds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way {
    /// `zeroless`, or `pyzmq` for a bare socket.
    pub(crate) library: &'static str,
    pub(crate) python_binds: bool,
}

/// The Python interpreter that has both libraries, if there is one.
pub(crate) fn python() -> Option<String> {
    std::env::var("ZEROLESS_PEER_PYTHON").ok()
}

/// A Python process with one socket.
pub(crate) struct Peer {
    process: Process,
    /// Where it is bound or connected to.
    pub(crate) port: u16,
}

impl Way {
    /// Starts a peer that binds to a free port.
    pub(crate) fn bind(&self, pattern: &str) -> Peer {
        self.start(pattern, "bind")
    }

    /// Starts a peer that connects.
    pub(crate) fn connect(&self, pattern: &str, port: u16) -> Peer {
        self.start(pattern, &port.to_string())
    }

    fn start(&self, pattern: &str, place: &str) -> Peer {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/peer.py");
        let mut command = Command::new(python().expect("the test would not run without"));
        command.args(["-u", script, self.library, pattern, place]);
        let process = Process::start(&mut command, LIMIT);
        let ready = process.line();
        let port = ready.strip_prefix("ready ").map(str::parse);
        match port {
            Some(Ok(port)) => Peer { process, port },
            _ => panic!("the peer is not ready: {ready}"),
        }
    }
}

impl Peer {
    pub(crate) fn tell(&mut self, command: &str) {
        self.process.tell(command);
    }

    pub(crate) fn line(&self) -> String {
        self.process.line()
    }

    /// Has it send a message.
    pub(crate) fn send(&mut self, message: &Message) {
        self.tell(&format!("send {}", encode(message)));
    }

    /// Has it receive a message, which is then to be this one.
    pub(crate) fn receives(&mut self, message: &Message) {
        self.tell("recv");
        self.has_received(message);
    }

    /// What it was told to receive is this message.
    pub(crate) fn has_received(&self, message: &Message) {
        // Not assert_eq: it would print megabytes.
        let got = self.line();
        let shown: String = got.chars().take(100).collect();
        assert!(got == encode(message), "{message} came as {shown}");
    }

    /// It has nothing more to say, and no complaint.
    pub(crate) fn end(self) {
        assert_eq!(self.process.finish(), [""; 0]);
    }
}

/// A message as the script reads and prints it.
fn encode(message: &Message) -> String {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    let mut text = String::new();
    for frame in message {
        if !text.is_empty() {
            text.push(' ');
        }
        if frame.is_empty() {
            text.push('-');
        }
        for byte in frame.as_bytes() {
            text.push(DIGITS[usize::from(byte >> 4)].into());
            text.push(DIGITS[usize::from(byte & 15)].into());
        }
    }
    text
}

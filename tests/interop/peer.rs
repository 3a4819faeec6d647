//! A Python peer: peer.py, and the commands to it.

use std::time::Duration;

use zeroless::Message;

use crate::process::Process;
use crate::program::{encode, script};

/// No wait of these tests is longer.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// The kind of the peer, and which of both binds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way {
    /// `zeroless`, or `pyzmq` for a bare socket.
    pub(crate) library: &'static str,
    pub(crate) python_binds: bool,
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
        let mut command = script("interop/peer.py");
        command.args([self.library, pattern, place]);
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

    /// The message that it was told to receive is this one.
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

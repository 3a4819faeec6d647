//! A process of pyzmqrpc3: peer.py, and the commands to it.

use std::time::{Duration, Instant};

use serde_json::Value;
use zeroless::security::{Access, ClientSecurity, Password, Plain, ServerSecurity};

use crate::process::Process;
use crate::program::script;

/// No wait of these tests is longer.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// A process with a part of pyzmqrpc3.
pub(crate) struct Peer {
    process: Process,
    /// Where it is bound; 0 where it only connects.
    pub(crate) port: u16,
    /// Where it publishes, if it does that, too.
    pub(crate) publishes_at: u16,
}

impl Peer {
    /// Starts the part of this name, connected to these ports.
    pub(crate) fn start(part: &str, ports: &[u16]) -> Peer {
        Peer::with(part, ports, &[])
    }

    /// The same, with options of peer.py.
    pub(crate) fn with(part: &str, ports: &[u16], options: &[&str]) -> Peer {
        let mut command = script("interop_zmqrpc/peer.py");
        command.arg(part);
        command.args(ports.iter().map(u16::to_string)).args(options);
        let process = Process::start(&mut command, LIMIT);
        let ready = process.prints("ready ");
        let mut ports = ready.split(' ').map(|port| port.parse().expect("a port"));
        Peer {
            process,
            port: ports.next().expect("a port"),
            publishes_at: ports.next().unwrap_or(0),
        }
    }

    pub(crate) fn tell(&mut self, command: &str) {
        self.process.tell(command);
    }

    /// Has it do something, and gives its answer.
    pub(crate) fn ask(&mut self, command: &str) -> String {
        self.tell(command);
        self.process.line()
    }

    /// Has it call a command; the replies of all servers, or the error's text.
    pub(crate) fn call(&mut self, name: &str, state: &Value) -> Result<Value, String> {
        let answer = self.ask(&format!("call {name} {state}"));
        match answer.strip_prefix("error ") {
            Some(text) => Err(text.to_owned()),
            None => Ok(serde_json::from_str(&answer).expect("JSON")),
        }
    }

    pub(crate) fn publish(&mut self, name: &str, state: &Value) {
        self.tell(&format!("publish {name} {state}"));
    }

    /// How many commands its Echo service was given.
    pub(crate) fn received(&mut self) -> usize {
        self.ask("received").parse().expect("a number")
    }
}

/// Does something again and again until this is so.
pub(crate) fn repeat(mut act: impl FnMut(), mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !is_so() {
        assert!(Instant::now() < deadline, "it does not come to be");
        act();
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

pub(crate) const USER: &[&str] = &["--user", "ann", "secret"];

pub(crate) fn ann(password: &str) -> ClientSecurity {
    Plain::user("ann", Password::new(password).expect("a password"))
}

pub(crate) fn only_ann() -> ServerSecurity {
    let password = Password::new("secret").expect("a password");
    Plain::server(Access::new().user("ann", password).expect("a user"))
}

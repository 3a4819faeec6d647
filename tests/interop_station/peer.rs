//! A process of autopilot: peer.py, and the commands to it.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::process::Process;
use crate::program::script;

/// No wait of these tests is longer.
pub(crate) const LIMIT: Duration = Duration::from_secs(180);

/// A Net_Node or a Station.
pub(crate) struct Peer {
    process: Process,
    /// Where it is bound; 0 where it only connects.
    pub(crate) port: u16,
}

impl Peer {
    fn start(arguments: &[&str]) -> Peer {
        let mut command = script("interop_station/peer.py");
        let process = Process::start(command.args(arguments), LIMIT);
        let port = process.prints("ready ").parse().expect("a port");
        Peer { process, port }
    }

    /// A Net_Node, connected to its upstream of this name.
    pub(crate) fn node(name: &str, upstream: &str, port: u16) -> Peer {
        Peer::start(&["node", name, upstream, &port.to_string()])
    }

    /// A Net_Node that has a router, too.
    pub(crate) fn router(name: &str, upstream: &str, port: u16) -> Peer {
        Peer::start(&["node", name, upstream, &port.to_string(), "0"])
    }

    /// A Station, connected to its upstream of this name, if it has one.
    pub(crate) fn station(name: &str, upstream: Option<(&str, u16)>) -> Peer {
        match upstream {
            None => Peer::start(&["station", name, "0"]),
            Some((upstream, port)) => {
                Peer::start(&["station", name, "0", upstream, &port.to_string()])
            }
        }
    }

    /// Has it call one of its methods.
    pub(crate) fn tell(&mut self, method: &str, arguments: &Value) {
        self.process.tell(&format!("{method} {arguments}"));
    }

    /// What its handler of GOT is given next.
    pub(crate) fn got(&self) -> Value {
        serde_json::from_str(&self.process.prints("got ")).expect("JSON")
    }

    /// Waits until all that it has sent is confirmed.
    pub(crate) fn is_confirmed(&mut self) {
        let deadline = Instant::now() + LIMIT;
        loop {
            self.process.tell("unconfirmed");
            if self.process.line() == "0" {
                return;
            }
            assert!(Instant::now() < deadline, "it is not confirmed");
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }
}

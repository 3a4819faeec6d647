//! A process of autopilot: peer.py, and the commands to it. And our ends.

use std::time::{Duration, Instant};

use serde_json::Value;
use zeroless::station::testing::{self, End, Read};
use zeroless::{Client, Dealer, Message, Router, Server};

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

fn frames(message: &Message) -> Vec<Vec<u8>> {
    message
        .iter()
        .map(|frame| frame.as_bytes().to_vec())
        .collect()
}

/// What others are connected to.
pub(crate) struct Below {
    _server: Server,
    pub(crate) router: Router,
    pub(crate) name: &'static str,
    pub(crate) port: u16,
}

impl Below {
    pub(crate) fn bind(name: &'static str) -> Below {
        let server = Server::bind(0).expect("a server");
        Below {
            router: server.router().expect("a router"),
            port: server.port(),
            name,
            _server: server,
        }
    }

    pub(crate) fn send(&self, peer: &str, end: End<'_>, path: &[&str], to: &str, json: Vec<u8>) {
        let frames = testing::frames(end, path, to, json);
        self.router.send_to(peer, frames).expect("it is there");
    }

    /// The next message, and the peer that it came from.
    pub(crate) fn read(&self) -> (String, Read) {
        let (peer, message) = self.router.recv_timeout(LIMIT).expect("a message");
        let read = testing::read(&frames(&message), false, self.name).expect("it is readable");
        (
            String::from_utf8(peer.as_bytes().to_vec()).expect("a name"),
            read,
        )
    }
}

/// What is connected to another.
pub(crate) struct Above {
    dealer: Dealer,
    name: &'static str,
}

impl Above {
    pub(crate) fn connect(name: &'static str, port: u16) -> Above {
        let client = Client::connect(port).expect("a client");
        let dealer = client.identity(name).dealer().expect("a dealer");
        Above { dealer, name }
    }

    pub(crate) fn send(&self, frames: Vec<Vec<u8>>) {
        self.dealer.send(frames).expect("it is there");
    }

    /// The next frames, as they are.
    pub(crate) fn recv(&self) -> Vec<Vec<u8>> {
        frames(&self.dealer.recv_timeout(LIMIT).expect("a message"))
    }

    pub(crate) fn read(&self) -> Read {
        testing::read(&self.recv(), true, self.name).expect("it is readable")
    }
}

/// The id that a confirmation has.
#[track_caller]
pub(crate) fn confirms(read: &Read, id: &str) {
    assert_eq!(
        (&read.key[..], &read.values[..]),
        ("CONFIRM", &[format!("{id:?}")][..])
    );
}

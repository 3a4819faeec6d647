//! A node of any kind, ours or another's, in the same terms.

#![allow(dead_code, reason = "each test uses its own part of this")]

use std::env;
use std::net::UdpSocket;
use std::sync::OnceLock;
use std::time::Duration;

use zeroless::Message;
use zeroless::security::{Access, Curve, Keys};
use zeroless::zre::{Builder, Event, Node, Uuid};

use crate::process::Process;
use crate::program::{self, PYTHON, encode, path, program, script};
use crate::support::beacon_port;

/// No wait of these tests is longer.
pub(crate) const LIMIT: Duration = Duration::from_secs(80);

/// The header that each member has.
const HEADER: &str = "X-KIND";

/// The program of a node: ours, or the ZRE of Python, C or JavaScript.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Ours,
    Pyre,
    Zyre,
    ZyreJs,
}

pub(crate) use Kind::{Ours, Pyre, Zyre, ZyreJs};

/// A node, which is called `alice` or so, and has a header that tells its kind.
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) endpoint: String,
    kind: Kind,
    side: Side,
}

enum Side {
    Ours(Node),
    Theirs(Process),
}

impl Kind {
    /// The variable of the environment that names its program.
    fn variable(self) -> &'static str {
        match self {
            Ours => panic!("it needs none"),
            Pyre => PYTHON,
            Zyre => "ZEROLESS_PEER_ZYRE",
            ZyreJs => "ZEROLESS_PEER_NODE",
        }
    }

    /// Runs a fact that needs it, if it is there.
    pub(crate) fn with(self, name: &str, fact: impl FnOnce()) {
        program::with(self.variable(), name, fact);
    }

    /// Starts a node.
    pub(crate) fn start(self, name: &str, port: u16) -> Member {
        match self {
            Ours => Member::ours(name, port, |node| node),
            _ => self.start_by(name, &port.to_string()),
        }
    }

    /// Starts one of theirs, which finds others by beacons to a port or the gossip at an endpoint.
    pub(crate) fn start_by(self, name: &str, way: &str) -> Member {
        let mut command = match self {
            Ours => panic!("it is ours"),
            Pyre => script("interop_zre/node.py"),
            Zyre => program(self.variable()),
            ZyreJs => {
                let mut command = program(self.variable());
                command.arg(path("interop_zre/node.js"));
                command
            }
        };
        let header = format!("{HEADER}={self:?}");
        command.args([name, way, &header]);
        let process = Process::start(&mut command, LIMIT);
        let ready = process.line();
        let words: Vec<&str> = ready.split(' ').collect();
        let ["ready", id, endpoint] = words[..] else {
            panic!("the node is not ready: {ready}");
        };
        Member {
            name: name.to_owned(),
            id: id.to_owned(),
            endpoint: endpoint.to_owned(),
            kind: self,
            side: Side::Theirs(process),
        }
    }

    /// Whether it can send this.
    pub(crate) fn sends(self, message: &Message) -> bool {
        self != ZyreJs || message.frame_count() == 1
    }

    /// The part of a message that this implementation gives its user.
    pub(crate) fn keeps(self, message: &Message) -> Message {
        match self {
            ZyreJs => message[0].clone().into(),
            _ => message.clone(),
        }
    }
}

impl Member {
    /// Starts a node of ours, with these changes.
    pub(crate) fn ours(name: &str, port: u16, change: impl FnOnce(Builder) -> Builder) -> Member {
        Member::ours_here(name, |node| change(node.interface(interface()).port(port)))
    }

    /// Starts a node of ours on this machine alone, with these changes.
    pub(crate) fn ours_here(name: &str, change: impl FnOnce(Builder) -> Builder) -> Member {
        let mut builder = Node::builder(name)
            .header(HEADER, format!("{Ours:?}"))
            .interface("127.0.0.1")
            .send_timeout(LIMIT);
        if speaks_curve() {
            let (keys, access) = (Keys::generate(), Access::new().any_key());
            let keys = keys.expect("keys");
            builder = builder.security(Curve::server(&keys, access.expect("an access")));
        }
        let node = change(builder).start().expect("a node");
        Member {
            name: name.to_owned(),
            id: node.id().to_string(),
            endpoint: node.endpoint().to_string(),
            kind: Ours,
            side: Side::Ours(node),
        }
    }

    /// The node itself, if it is ours.
    pub(crate) fn node(&self) -> &Node {
        match &self.side {
            Side::Ours(node) => node,
            Side::Theirs(_) => panic!("it is not ours"),
        }
    }

    pub(crate) fn is_ours(&self) -> bool {
        self.kind == Ours
    }

    pub(crate) fn port(&self) -> u16 {
        let port = self.endpoint.rsplit(':').next();
        port.and_then(|it| it.parse().ok()).expect("its endpoint")
    }

    fn tell(&mut self, command: &str) {
        match &mut self.side {
            Side::Theirs(process) => process.tell(command),
            Side::Ours(_) => panic!("it is ours"),
        }
    }

    pub(crate) fn join(&mut self, group: &str) {
        match &self.side {
            Side::Ours(node) => node.join(group).expect("joined"),
            Side::Theirs(_) => self.tell(&format!("join {group}")),
        }
    }

    pub(crate) fn leave(&mut self, group: &str) {
        match &self.side {
            Side::Ours(node) => node.leave(group).expect("left"),
            Side::Theirs(_) => self.tell(&format!("leave {group}")),
        }
    }

    /// Contests for a group, which one of ours does from its start or not at all.
    pub(crate) fn contest(&mut self, group: &str) {
        self.tell(&format!("contest {group}"));
    }

    pub(crate) fn whisper(&mut self, to: &Member, message: &Message) {
        match &self.side {
            Side::Ours(node) => {
                let to: Uuid = to.id.parse().expect("an identity");
                node.whisper(to, message.clone()).expect("whispered");
            }
            Side::Theirs(_) => self.tell(&format!("whisper {} {}", to.id, encode(message))),
        }
    }

    pub(crate) fn shout(&mut self, group: &str, message: &Message) {
        match &self.side {
            Side::Ours(node) => drop(node.shout(group, message.clone()).expect("shouted")),
            Side::Theirs(_) => self.tell(&format!("shout {group} {}", encode(message))),
        }
    }

    /// Whispers the numbers from 0 on, as text.
    pub(crate) fn whisper_numbers(&mut self, to: &Member, count: u32) {
        match &self.side {
            Side::Ours(node) => {
                let to: Uuid = to.id.parse().expect("an identity");
                for number in 0..count {
                    node.whisper(to, number.to_string()).expect("whispered");
                }
            }
            Side::Theirs(_) => self.tell(&format!("numbers {} {count}", to.id)),
        }
    }

    /// Says goodbye.
    pub(crate) fn stop(self) {
        match self.side {
            Side::Ours(node) => node.stop(),
            Side::Theirs(mut process) => {
                process.tell("stop");
                process.finish();
            }
        }
    }

    /// The next event, as a line.
    pub(crate) fn event(&self) -> String {
        match &self.side {
            Side::Ours(node) => describe(node, node.recv_timeout(LIMIT).expect("an event")),
            Side::Theirs(process) => process.line(),
        }
    }

    /// The next event is this one.
    #[track_caller]
    pub(crate) fn expects(&self, event: &str) {
        self.expects_all([event.to_owned()]);
    }

    /// All this happens next, in any order, and nothing else.
    #[track_caller]
    pub(crate) fn expects_all<const N: usize>(&self, mut events: [String; N]) {
        let mut got: Vec<String> = (0..N).map(|_| self.event()).collect();
        got.sort();
        events.sort();
        // Not assert_eq: it would print megabytes.
        let short = |lines: &[String]| -> Vec<String> {
            lines
                .iter()
                .map(|it| it.chars().take(120).collect())
                .collect()
        };
        assert!(
            got == events,
            "{} expects {:?} and gets {:?}",
            self.name,
            short(&events),
            short(&got)
        );
    }

    /// The event by which others see that it is there.
    pub(crate) fn entered(&self) -> String {
        let Member {
            id,
            name,
            endpoint,
            kind,
            ..
        } = self;
        format!("ENTER {id} {name} {endpoint} {HEADER}={kind:?}")
    }

    /// The event by which others see that it is gone.
    pub(crate) fn gone(&self) -> String {
        format!("EXIT {}", self.id)
    }

    pub(crate) fn joined(&self, group: &str) -> String {
        format!("JOIN {} {group}", self.id)
    }

    /// The event by which others see that it leads.
    pub(crate) fn leads(&self, group: &str) -> String {
        format!("LEADER {} {group}", self.id)
    }

    pub(crate) fn left(&self, group: &str) -> String {
        format!("LEAVE {} {group}", self.id)
    }

    pub(crate) fn whispered(&self, message: &Message) -> String {
        format!("WHISPER {} {}", self.id, encode(message))
    }

    pub(crate) fn shouted(&self, group: &str, message: &Message) -> String {
        format!("SHOUT {} {group} {}", self.id, encode(message))
    }
}

/// Whether all nodes speak CURVE: ours and those of zyre can.
fn speaks_curve() -> bool {
    env::var_os("ZEROLESS_CURVE").is_some()
}

/// An event of ours, as node.py prints its own.
fn describe(node: &Node, event: Event) -> String {
    let id = event.peer().map(|peer| peer.id().to_string());
    let id = id.unwrap_or_default();
    match event {
        Event::Enter { peer } => {
            let mut line = format!("ENTER {id} {} {}", peer.name(), peer.endpoint());
            let key = peer.public_key().map(|key| key.to_string());
            assert_eq!(key.is_some(), speaks_curve());
            assert_eq!(peer.header("X-PUBLICKEY"), key.as_deref());
            let others = peer
                .headers()
                .iter()
                .filter(|(key, _)| *key != "X-PUBLICKEY");
            for (key, value) in others {
                line += &format!(" {key}={value}");
            }
            line
        }
        Event::Exit { .. } => format!("EXIT {id}"),
        Event::Join { group, .. } => format!("JOIN {id} {group}"),
        Event::Leave { group, .. } => format!("LEAVE {id} {group}"),
        Event::Whisper { message, .. } => format!("WHISPER {id} {}", encode(&message)),
        Event::Shout { group, message, .. } => format!("SHOUT {id} {group} {}", encode(&message)),
        Event::Leader { peer, group } => {
            let id = peer.map_or(node.id(), |peer| peer.id());
            format!("LEADER {id} {group}")
        }
        other => format!("{other:?}"),
    }
}

/// Our address on the others' interface, which they choose and report.
fn interface() -> &'static str {
    static INTERFACE: OnceLock<String> = OnceLock::new();
    INTERFACE.get_or_init(|| {
        let there = |kind: &Kind| env::var(kind.variable()).is_ok();
        let scout = [Pyre, Zyre, ZyreJs].into_iter().find(there);
        let endpoint = scout.expect("one").start("scout", beacon_port()).endpoint;
        let address = endpoint.strip_prefix("tcp://").expect("its endpoint");
        assert!(
            !address.starts_with("127."),
            "they need a network interface other than loopback"
        );
        let socket = UdpSocket::bind("0.0.0.0:0").expect("a socket");
        socket.connect(address).expect("a way to them");
        socket.local_addr().expect("our address").ip().to_string()
    })
}

//! The bodies of the fuzz targets: each takes any bytes at all, and checks the facts that must hold.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use super::event::Event;
use super::machine::gossip::{Gossip, GossipPeer};
use super::machine::{Action, Bounds, CONTEST_HEADER, Machine, Timing};
use super::peer::Peer;
use super::uuid::Uuid;
use super::wire::{Beacon, GossipMessage, Hello, MOST, PUBLIC_KEY_HEADER, Packet};
use crate::endpoint::Endpoint;
use crate::security::PublicKey;

/// Does something, and tells how many bytes were allocated meanwhile, at the peak.
pub type Allocated = fn(&mut dyn FnMut()) -> usize;

/// A datagram, as it may come from anybody.
pub fn beacon(datagram: &[u8], allocated: Allocated) {
    let mut beacon = None;
    let bytes = allocated(&mut || beacon = Beacon::decode(datagram));
    assert_eq!(bytes, 0, "a beacon needs no room");
    if let Some(beacon) = beacon {
        assert_eq!(beacon.encode(), datagram);
    }
}

/// How U+FFFD begins, which stands for bytes that are not text, and is longer than they are: a text
/// too long for its length is cut.
const REPLACED: u8 = "\u{fffd}".as_bytes()[0];

/// The bytes that a text costs beside its own: its handle, in a list that grows by doubling.
const HANDLE: usize = 2 * size_of::<String>();

/// A first frame, as it may come from anybody.
pub fn packet(frame: &[u8], allocated: Allocated) {
    let mut decoded = None;
    let bytes = allocated(&mut || decoded = Packet::decode(frame).ok());
    let texts = match &decoded {
        Some((_, Packet::Hello(hello))) => hello.groups.len() + 2 * hello.headers.len(),
        Some(_) => 0,
        None => 3 * MOST,
    };
    let most = 2 * frame.len() + HANDLE * texts + 512;
    assert!(bytes <= most, "{bytes} bytes for {}", frame.len());
    let Some((sequence, packet)) = decoded else {
        return;
    };
    let again = packet.encode(sequence);
    if !again.contains(&REPLACED) {
        assert!(frame.starts_with(&again), "{packet:?}");
        assert_eq!(Packet::decode(&again), Ok((sequence, packet)));
    }
}

/// Messages to a node that gossips: of each its sender, and its bytes.
pub fn gossip(script: &[u8]) {
    let now = Instant::now();
    let mut gossip = Gossip::new(1, now);
    gossip.publish(uuid(0), &endpoint(0), None);
    let mut script = Script(script);
    let mut said = 0;
    while let (Some(from), Some(frame)) = (script.byte(), script.bytes()) {
        if let Ok(message) = GossipMessage::decode(frame) {
            let again = message.encode();
            if !again.contains(&REPLACED) {
                assert_eq!(GossipMessage::decode(&again), Ok(message));
            }
        }
        let peer = match from % NODES {
            0 => GossipPeer::Server(0),
            client => GossipPeer::Client(vec![client]),
        };
        gossip.receive(peer, frame, now);
        said += 1;
        // A word is passed on to all, or answered with all that is known.
        let most = usize::from(NODES).max(said + 1) + 1;
        assert!(gossip.take_outgoing().len() <= most, "it talks too much");
    }
    gossip.tick(now + Timing::default().expired, |_| false, || 0);
}

/// How many nodes there are, the one under test among them; and as many places for them, four at
/// an address.
const NODES: u8 = 16;

/// Few, so that they are reached.
const BOUNDS: Bounds = Bounds {
    known: 8,
    unverified: 4,
    sockets: 3,
    sockets_at_an_address: 2,
    bytes: 4096,
};

/// A script of the things that happen to a node, written in bytes: of each step its kind, and its arguments. They
/// happen to a node without security, and to one with it.
pub fn machine(script: &[u8]) {
    for is_secured in [false, true] {
        let mut run = Run::new(is_secured);
        let mut script = Script(script);
        while run.step(&mut script).is_some() {
            run.act();
        }
        run.check();
        run.nobody_speaks();
    }
}

struct Script<'a>(&'a [u8]);

impl<'a> Script<'a> {
    fn byte(&mut self) -> Option<u8> {
        self.0.split_off_first().copied()
    }

    /// Some bytes, with their number before them.
    fn bytes(&mut self) -> Option<&'a [u8]> {
        let len = self.byte()?.into();
        self.0.split_off(..len)
    }
}

fn uuid(node: u8) -> Uuid {
    Uuid::from([node % NODES; 16])
}

fn key(node: u8) -> PublicKey {
    PublicKey::from([1 + node % NODES; 32])
}

fn header(key: &PublicKey) -> (String, String) {
    (PUBLIC_KEY_HEADER.to_owned(), key.to_string())
}

/// The key of a node that speaks for others.
fn key_of_impostor() -> PublicKey {
    PublicKey::from([200; 32])
}

fn place(number: u8) -> (IpAddr, u16) {
    let number = number % NODES;
    let address = Ipv4Addr::new(10, 0, 0, 1 + number / 4);
    (address.into(), 5000 + u16::from(number))
}

fn endpoint(number: u8) -> Endpoint {
    Endpoint::at(place(number).into())
}

fn group(number: u8) -> String {
    char::from(b'A' + number % 8).into()
}

/// A socket that the node has told to open.
struct Link {
    host: IpAddr,
    /// Whether a HELLO was sent.
    greeted: bool,
}

/// A node, and the state that its actions have told so far.
struct Run {
    machine: Machine,
    now: Instant,
    /// The number of the message that came last, of each node.
    sequences: [u16; NODES as usize],
    links: BTreeMap<Uuid, Link>,
    /// The peers that have entered, each with its groups.
    here: BTreeMap<Uuid, BTreeSet<String>>,
    /// The nodes that have ever answered a PING, each with the key that it proved to have.
    answered: BTreeSet<(Uuid, Option<PublicKey>)>,
    is_secured: bool,
}

impl Run {
    fn new(is_secured: bool) -> Run {
        let (timing, name) = (Timing::default(), "node".to_owned());
        let contests = vec![(CONTEST_HEADER.to_owned(), "A\nB".to_owned())];
        let own_key = is_secured.then(|| key(0));
        let machine = Machine::new(
            uuid(0),
            endpoint(0),
            name,
            contests,
            own_key,
            timing,
            BOUNDS,
        );
        Run {
            machine,
            now: Instant::now(),
            sequences: [0; NODES as usize],
            links: BTreeMap::new(),
            here: BTreeMap::new(),
            answered: BTreeSet::new(),
            is_secured,
        }
    }

    /// Takes the next step; `None` at the end.
    fn step(&mut self, script: &mut Script<'_>) -> Option<()> {
        let (kind, node) = (script.byte()?, script.byte()?);
        let now = self.now;
        // The second half of all kinds is an impostor's.
        let key = self.is_secured.then(|| match kind < 128 {
            true => key(node),
            false => key_of_impostor(),
        });
        match kind % 8 {
            // A beacon, from where the node is or pretends to be; or a goodbye.
            0 => {
                let at = script.byte()?;
                let (address, port) = place(at);
                let port = if at < 128 { port } else { 0 };
                let beacon = Beacon {
                    uuid: uuid(node),
                    port,
                    // Some tell no key where one is needed, or one where none is.
                    key: key
                        .filter(|_| at % 64 < 60)
                        .or((at % 64 == 63).then(key_of_impostor)),
                };
                self.machine.beacon(beacon, address, now);
            }
            // A greeting.
            1 => {
                let (at, groups) = (script.byte()?, script.byte()?);
                let hello = Hello {
                    endpoint: endpoint(at).to_string(),
                    groups: (0..8).filter(|n| groups >> n & 1 == 1).map(group).collect(),
                    headers: key.iter().map(header).collect(),
                    ..Hello::default()
                };
                self.hear(node, key, &Packet::Hello(hello).encode(1));
            }
            // A message that follows the last.
            2 => {
                let (id, body) = (script.byte()?, script.bytes()?);
                let sequence = self.sequences[usize::from(node % NODES)].wrapping_add(1);
                let mut frame = Packet::Unknown(id).encode(sequence);
                frame.extend(body);
                self.hear(node, key, &frame);
            }
            // Any message.
            3 => self.hear(node, key, script.bytes()?),
            // Time passes: up to 12.8 seconds.
            4 => {
                self.now += Duration::from_millis(50) * u32::from(node);
                self.machine.tick(self.now);
            }
            5 => drop(self.machine.join(&group(node))),
            6 => drop(self.machine.leave(&group(node))),
            // There is no connection to it.
            _ => self.machine.drop_peer(uuid(node)),
        }
        Some(())
    }

    /// A message comes in the name of a node, from one that has proved to have this key.
    fn hear(&mut self, node: u8, key: Option<PublicKey>, frame: &[u8]) {
        if let Ok((sequence, packet)) = Packet::decode(frame) {
            self.sequences[usize::from(node % NODES)] = sequence;
            if packet == Packet::PingOk {
                self.answered.insert((uuid(node), key));
            }
        }
        self.machine.message(uuid(node), key, frame, None, self.now);
    }

    fn act(&mut self) {
        for action in self.machine.take_actions() {
            self.perform(action);
        }
        assert!(self.machine.known() <= BOUNDS.known, "too many are known");
    }

    /// Compares the node's own answers with its actions. Once is enough: a mistake in the
    /// middle of a script is one at the end of a shorter one.
    fn check(&self) {
        let known = self.machine.known();
        assert!(
            known <= BOUNDS.unverified + self.answered.len(),
            "too many are believed"
        );
        assert!(self.links.len() <= known, "a socket for nobody");
        assert!(self.links.values().all(|link| link.greeted));

        let mut claims: BTreeMap<IpAddr, usize> = BTreeMap::new();
        for (peer, link) in &self.links {
            if !self.machine.has_greeted(*peer) {
                *claims.entry(link.host).or_default() += 1;
            }
        }
        let most = BOUNDS.sockets_at_an_address;
        assert!(claims.values().all(|count| *count <= most));
        let all = claims.values().sum::<usize>();
        assert!(all <= BOUNDS.sockets + claims.len(), "too many sockets");

        let peers: Vec<_> = self.machine.peers().iter().map(|peer| peer.id()).collect();
        assert!(
            peers.iter().eq(self.here.keys()),
            "the peers that are here were told"
        );
        assert!(peers.iter().all(|peer| self.links.contains_key(peer)));
        let mut groups: BTreeMap<&String, BTreeSet<Uuid>> = BTreeMap::new();
        for (peer, theirs) in &self.here {
            for group in theirs {
                groups.entry(group).or_default().insert(*peer);
            }
        }
        assert!(
            self.machine
                .groups()
                .names()
                .iter()
                .eq(groups.keys().copied())
        );
        for (group, peers) in groups {
            assert!(self.machine.groups().peers(group).eq(peers), "{group:?}");
        }
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::Open {
                peer,
                endpoint,
                key,
            } => {
                assert_eq!(
                    key.is_some(),
                    self.is_secured,
                    "it speaks otherwise than we do"
                );
                let link = Link {
                    host: endpoint.address().expect("an address").ip(),
                    greeted: false,
                };
                let before = self.links.insert(peer, link);
                assert!(before.is_none(), "two sockets for one peer");
            }
            Action::Send { peer, packet } => {
                let link = self.links.get_mut(&peer).expect("an open socket");
                let is_hello = matches!(packet, Packet::Hello(_));
                assert_ne!(is_hello, link.greeted, "HELLO is first, and once");
                link.greeted = true;
            }
            Action::Close { peer } => {
                self.links.remove(&peer).expect("an open socket");
            }
            Action::Emit(event) => self.told(event),
        }
    }

    fn told(&mut self, event: Event) {
        match event {
            Event::Enter { peer } => {
                let answer = (peer.id(), peer.public_key());
                assert!(self.answered.contains(&answer), "it may not be there");
                let before = self.here.insert(peer.id(), BTreeSet::new());
                assert!(before.is_none(), "it has entered already");
            }
            Event::Exit { peer } => {
                self.here.remove(&peer.id()).expect("it is here");
            }
            Event::Join { peer, group } => {
                let groups = self.here.get_mut(&peer.id()).expect("it is here");
                assert!(groups.insert(group), "it has joined already");
            }
            Event::Leave { peer, group } => {
                let groups = self.here.get_mut(&peer.id()).expect("it is here");
                assert!(groups.remove(&group), "it was not in it");
            }
            Event::Leader { peer, group } => {
                assert!(self.machine.own_groups().contains(&group), "we are in it");
                let is_in = |peer: &Peer| self.here[&peer.id()].contains(&group);
                assert!(
                    peer.as_ref().is_none_or(is_in),
                    "a leader that is not in it"
                );
            }
            Event::Evasive { peer }
            | Event::Silent { peer }
            | Event::Whisper { peer, .. }
            | Event::Shout { peer, .. } => {
                assert!(self.here.contains_key(&peer.id()), "it is here");
            }
            Event::Missed { .. } | Event::Stop => panic!("a node does not say that"),
        }
    }

    /// In the end all are forgotten: also one that waits for the place of another, once it is free.
    fn nobody_speaks(&mut self) {
        for _ in 0..=NODES {
            self.now += Timing::default().expired;
            self.machine.tick(self.now);
            self.act();
            if self.machine.known() == 0 {
                assert!(self.links.is_empty() && self.here.is_empty());
                return;
            }
        }
        panic!("somebody is known for ever");
    }
}

//! Many nodes in one thread and in simulated time: the machine under loss, duplication, delay and
//! partition.

mod elections;
mod restarts;
mod secured;
mod strangers;

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use super::{Action, Bounds, Machine, Timing};
use crate::endpoint::Endpoint;
use crate::security::PublicKey;
use crate::zre::wire::{Beacon, PUBLIC_KEY_HEADER};
use crate::zre::{Event, Uuid};

const STEP: Duration = Duration::from_millis(10);

/// Random numbers that are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        // A linear congruential generator, with Knuth's numbers.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % sides
    }
}

/// A connection: the frames in transit, in order, with their times of arrival.
struct Wire {
    sequence: u16,
    to: Endpoint,
    /// The key that the owner of that endpoint has to have.
    key: Option<PublicKey>,
    under_way: VecDeque<(Instant, Vec<u8>)>,
}

struct Node {
    machine: Machine,
    address: IpAddr,
    port: u16,
    wires: HashMap<Uuid, Wire>,
    events: Vec<Event>,
    /// Which side of a partition it is on.
    side: u8,
    alive: bool,
    /// When it beacons next.
    next: Instant,
}

struct Network {
    now: Instant,
    nodes: Vec<Node>,
    dice: Dice,
    /// How many of a hundred beacons are lost.
    lost: u64,
    /// Whether all nodes are on one machine.
    one_address: bool,
}

impl Network {
    fn new(seed: u64, nodes: usize) -> Network {
        let mut network = Network {
            now: Instant::now(),
            nodes: Vec::new(),
            dice: Dice(seed),
            lost: 0,
            one_address: false,
        };
        (0..nodes).for_each(|host| network.start(host));
        network
    }

    /// Starts a node at this address, with an identity of its own.
    fn start(&mut self, host: usize) {
        self.start_with(host, Vec::new());
    }

    fn start_with(&mut self, host: usize, headers: Vec<(String, String)>) {
        self.start_as(host, headers, None);
    }

    /// Starts a node that speaks CURVE.
    fn start_secured(&mut self, host: usize, key: PublicKey) {
        let header = (PUBLIC_KEY_HEADER.to_owned(), key.to_string());
        self.start_as(host, vec![header], Some(key));
    }

    fn start_as(&mut self, host: usize, headers: Vec<(String, String)>, key: Option<PublicKey>) {
        let uuid = Uuid::from((0x1000 + self.nodes.len() as u128).to_be_bytes());
        let (address, port) = match self.one_address {
            true => (Ipv4Addr::new(10, 0, 0, 1).into(), 5000 + host as u16),
            false => (Ipv4Addr::new(10, 0, 0, host as u8 + 1).into(), 5000),
        };
        let name = format!("node {}", self.nodes.len());
        let (timing, bounds) = (Timing::default(), Bounds::default());
        let endpoint = Endpoint::at((address, port).into());
        let machine = Machine::new(uuid, endpoint, name, headers, key, timing, bounds);
        let offset = Duration::from_millis(self.dice.roll(1000));
        self.nodes.push(Node {
            machine,
            address,
            port,
            wires: HashMap::new(),
            events: Vec::new(),
            side: 0,
            alive: true,
            next: self.now + offset,
        });
    }

    fn run(&mut self, time: Duration) {
        let until = self.now + time;
        while self.now < until {
            self.now += STEP;
            self.beacons();
            self.deliver();
            for at in 0..self.nodes.len() {
                let now = self.now;
                self.change(at, |machine| {
                    if machine.any_suspects() {
                        machine.tick(now);
                    }
                });
            }
        }
    }

    fn beacons(&mut self) {
        let now = self.now;
        for from in 0..self.nodes.len() {
            let node = &mut self.nodes[from];
            if !node.alive || now < node.next {
                continue;
            }
            node.next = now + Timing::default().interval;
            let beacon = Beacon {
                uuid: node.machine.uuid(),
                port: node.port,
                key: node.machine.key(),
            };
            self.change(from, |machine| machine.tick(now));
            for to in 0..self.nodes.len() {
                // Some come not at all, some twice.
                let times = match self.dice.roll(100) {
                    roll if roll < self.lost => 0,
                    99 => 2,
                    _ => 1,
                };
                (0..times).for_each(|_| self.hear(from, to, beacon));
            }
        }
    }

    fn hear(&mut self, from: usize, to: usize, beacon: Beacon) {
        let (now, address) = (self.now, self.nodes[from].address);
        if self.nodes[to].alive && self.nodes[from].side == self.nodes[to].side {
            self.change(to, |machine| machine.beacon(beacon, address, now));
        }
    }

    /// Delivers the frames that are due, in order for each connection.
    fn deliver(&mut self) {
        for from in 0..self.nodes.len() {
            let node = &mut self.nodes[from];
            let (uuid, side, own_key) = (node.machine.uuid(), node.side, node.machine.key());
            if !node.alive {
                continue;
            }
            let mut arrived = Vec::new();
            for wire in node.wires.values_mut() {
                while wire
                    .under_way
                    .front()
                    .is_some_and(|(at, _)| *at <= self.now)
                {
                    let frame = wire.under_way.pop_front().map(|(_, frame)| frame);
                    arrived.push((wire.to.clone(), wire.key, frame.unwrap()));
                }
            }
            for (endpoint, key, frame) in arrived {
                let there = |node: &Node| {
                    // The two ends shake hands by these keys.
                    let is_owner = node.machine.key() == key;
                    let is_there = *node.machine.endpoint() == endpoint;
                    node.alive && node.side == side && is_there && is_owner
                };
                let now = self.now;
                if let Some(to) = self.nodes.iter().position(there) {
                    self.change(to, |machine| {
                        machine.message(uuid, own_key, &frame, None, now)
                    });
                }
            }
        }
    }

    fn change(&mut self, at: usize, change: impl FnOnce(&mut Machine)) {
        let node = &mut self.nodes[at];
        change(&mut node.machine);
        for action in node.machine.take_actions() {
            match action {
                Action::Open {
                    peer,
                    endpoint,
                    key,
                } => {
                    let wire = Wire {
                        sequence: 0,
                        to: endpoint,
                        key,
                        under_way: VecDeque::new(),
                    };
                    let before = node.wires.insert(peer, wire);
                    assert!(before.is_none(), "two sockets for one peer");
                }
                Action::Send { peer, packet } => {
                    let wire = node.wires.get_mut(&peer).expect("a socket");
                    wire.sequence = wire.sequence.wrapping_add(1);
                    let delay = Duration::from_millis(self.dice.roll(50));
                    let frame = packet.encode(wire.sequence);
                    wire.under_way.push_back((self.now + delay, frame));
                }
                Action::Close { peer } => {
                    node.wires.remove(&peer).expect("a socket");
                }
                Action::Emit(event) => node.events.push(event),
            }
        }
    }

    /// How many peers a node has.
    fn peers(&self, at: usize) -> usize {
        self.nodes[at].machine.peers().len()
    }

    /// Every node has every other, knows its groups, and has one socket for each.
    fn assert_whole(&self) {
        let alive: Vec<_> = self.nodes.iter().filter(|node| node.alive).collect();
        for node in &alive {
            let peers: HashSet<_> = node.machine.peers().iter().map(|peer| peer.id()).collect();
            assert_eq!(peers.len(), alive.len() - 1, "{}", node.machine.name());
            assert_eq!(node.wires.len(), peers.len());
            for other in &alive {
                let groups = node.machine.groups().of(other.machine.uuid());
                if other.machine.uuid() != node.machine.uuid() {
                    assert_eq!(groups, other.machine.own_groups());
                }
            }
        }
    }
}

/// The beacon of a node without a key.
fn keyless(uuid: Uuid, port: u16) -> Beacon {
    let key = None;
    Beacon { uuid, port, key }
}

fn exits(node: &Node) -> usize {
    let exits = node
        .events
        .iter()
        .filter(|event| matches!(event, Event::Exit { .. }));
    exits.count()
}

#[test]
fn all_find_all_though_beacons_are_lost() {
    for seed in 0..10 {
        let mut network = Network::new(seed, 20);
        network.lost = 50;
        network.run(Duration::from_secs(20));
        network.assert_whole();
        assert!(network.nodes.iter().all(|node| exits(node) == 0));
    }
}

#[test]
fn many_on_one_machine_find_all_at_once() {
    let mut network = Network::new(8, 0);
    network.one_address = true;
    (0..60).for_each(|host| network.start(host));
    // Each beacons once.
    network.run(Duration::from_millis(1500));
    network.assert_whole();
    assert!(network.nodes.iter().all(|node| exits(node) == 0));
}

#[test]
fn a_network_at_rest_stays_whole() {
    let mut network = Network::new(1, 5);
    network.run(Duration::from_secs(600));
    network.assert_whole();
    let only_enters = |event: &Event| matches!(event, Event::Enter { .. });
    assert!(
        network
            .nodes
            .iter()
            .all(|node| node.events.iter().all(only_enters))
    );
}

#[test]
fn a_node_that_beacons_is_asked_rarely() {
    let mut network = Network::new(10, 2);
    network.run(Duration::from_secs(3));
    let said = |network: &Network| -> u16 {
        let wires = network.nodes.iter().flat_map(|node| node.wires.values());
        wires.map(|wire| wire.sequence).sum()
    };
    let before = said(&network);
    let asks = 10;
    network.run(asks * Timing::default().expired / 2);
    // Each of them asks, and answers.
    let most = 4 * asks as u16;
    assert!((1..=most).contains(&(said(&network) - before)));
}

#[test]
fn groups_are_the_same_for_all() {
    let mut network = Network::new(2, 6);
    for round in 0..400 {
        let at = network.dice.roll(6) as usize;
        let group = format!("group {}", network.dice.roll(3));
        network.change(at, |machine| {
            if !machine.join(&group) {
                machine.leave(&group);
            }
        });
        network.run(Duration::from_millis(if round < 300 { 10 } else { 30 }));
    }
    network.run(Duration::from_secs(2));
    network.assert_whole();
}

#[test]
fn a_partition_parts_and_its_end_joins() {
    let mut network = Network::new(3, 8);
    network.run(Duration::from_secs(3));
    network.assert_whole();
    for _ in 0..20 {
        network
            .nodes
            .iter_mut()
            .take(4)
            .for_each(|node| node.side = 1);
        network.run(Timing::default().expired + Duration::from_secs(1));
        assert!((0..8).all(|at| network.peers(at) == 3), "parted");
        network.nodes.iter_mut().for_each(|node| node.side = 0);
        network.run(Duration::from_secs(2));
        network.assert_whole();
    }
}

#[test]
fn one_started_anew_at_the_same_place_replaces_the_old() {
    for seed in 0..20 {
        let mut network = Network::new(seed, 5);
        network.run(Duration::from_secs(3));
        network.nodes[2].alive = false;
        network.run(Duration::from_millis(network.dice.0 % 2000));
        network.start(2);
        network.run(Duration::from_secs(4));
        network.assert_whole();
    }
}

#[test]
fn a_goodbye_is_believed_of_a_node_that_does_not_answer() {
    let mut network = Network::new(5, 3);
    network.run(Duration::from_secs(3));
    let uuid = network.nodes[1].machine.uuid();
    network.nodes[1].alive = false;
    network.hear(1, 0, keyless(uuid, 0));
    network.run(Duration::from_millis(600));
    assert_eq!((exits(&network.nodes[0]), exits(&network.nodes[2])), (1, 0));
}

#[test]
fn a_missing_message_begins_the_acquaintance_anew() {
    let mut network = Network::new(6, 2);
    network.run(Duration::from_secs(3));
    let other = network.nodes[1].machine.uuid();
    network.nodes[0].wires.get_mut(&other).unwrap().sequence += 1;
    network.change(0, |machine| {
        machine.join("G");
    });
    network.run(Duration::from_secs(3));
    network.assert_whole();
    assert_eq!(exits(&network.nodes[1]), 1);
}

#[test]
fn greetings_that_cross_come_to_an_end() {
    for seed in 0..50 {
        let mut network = Network::new(seed, 2);
        while network.peers(1) == 0 {
            network.run(STEP);
        }
        // One forgets the other, whose greeting may still be on its way.
        let (uuid, port) = (network.nodes[1].machine.uuid(), network.nodes[1].port);
        network.change(0, |machine| machine.drop_peer(uuid));
        network.hear(1, 0, keyless(uuid, port));
        network.run(Duration::from_secs(3));
        let (one, other) = (exits(&network.nodes[0]), exits(&network.nodes[1]));
        assert!(one + other <= 4, "{one} and {other} exits");
        network.assert_whole();
    }
}

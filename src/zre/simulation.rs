//! Many nodes in one thread and in simulated time: what the state machine does when the network
//! loses, repeats, delays and parts.

mod elections;

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use super::beacon::Beacon;
use super::codec::Packet;
use super::node::{Action, State};
use super::{Bounds, Event, Timing, Uuid};

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

/// A connection: what is under way on it, in order, and when it arrives.
#[derive(Default)]
struct Wire {
    sequence: u16,
    to: String,
    under_way: VecDeque<(Instant, Vec<u8>)>,
}

struct Node {
    state: State,
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
    /// Of a hundred beacons.
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

    /// Starts a node at this address, of an identity of its own.
    fn start(&mut self, host: usize) {
        self.start_with(host, Vec::new());
    }

    fn start_with(&mut self, host: usize, headers: Vec<(String, String)>) {
        let uuid = Uuid::from((0x1000 + self.nodes.len() as u128).to_be_bytes());
        let (address, port) = match self.one_address {
            true => (Ipv4Addr::new(10, 0, 0, 1).into(), 5000 + host as u16),
            false => (Ipv4Addr::new(10, 0, 0, host as u8 + 1).into(), 5000),
        };
        let name = format!("node {}", self.nodes.len());
        let (timing, bounds) = (Timing::default(), Bounds::default());
        let mut state = State::new(uuid, name, headers, timing, bounds);
        state.set_endpoint(format!("tcp://{address}:{port}"));
        let offset = Duration::from_millis(self.dice.roll(1000));
        self.nodes.push(Node {
            state,
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
                self.change(at, |state| {
                    if state.is_in_doubt() {
                        state.tick(now);
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
                uuid: node.state.uuid(),
                port: node.port,
            };
            self.change(from, |state| state.tick(now));
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
            self.change(to, |state| state.beacon(beacon, address, now));
        }
    }

    /// What has arrived. On a connection, nothing overtakes anything.
    fn deliver(&mut self) {
        for from in 0..self.nodes.len() {
            let node = &mut self.nodes[from];
            let (uuid, side) = (node.state.uuid(), node.side);
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
                    arrived.push((wire.to.clone(), frame.unwrap()));
                }
            }
            for (endpoint, frame) in arrived {
                let there = |node: &Node| {
                    node.alive && node.side == side && node.state.endpoint() == endpoint
                };
                let now = self.now;
                if let Some(to) = self.nodes.iter().position(there) {
                    self.change(to, |state| state.message(uuid, &frame, None, now));
                }
            }
        }
    }

    fn change(&mut self, at: usize, change: impl FnOnce(&mut State)) {
        let node = &mut self.nodes[at];
        change(&mut node.state);
        for action in node.state.take_actions() {
            match action {
                Action::Open { peer, endpoint } => {
                    let wire = Wire {
                        to: endpoint,
                        ..Wire::default()
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
                Action::Tell(event) => node.events.push(event),
            }
        }
    }

    /// How many peers a node has.
    fn peers(&self, at: usize) -> usize {
        self.nodes[at].state.peers().len()
    }

    /// Every node has every other, knows its groups, and has one socket for each.
    fn assert_whole(&self) {
        let alive: Vec<_> = self.nodes.iter().filter(|node| node.alive).collect();
        for node in &alive {
            let peers: HashSet<_> = node.state.peers().iter().map(|peer| peer.id()).collect();
            assert_eq!(peers.len(), alive.len() - 1, "{}", node.state.name());
            assert_eq!(node.wires.len(), peers.len());
            for other in &alive {
                let groups = node.state.groups().of(other.state.uuid());
                if other.state.uuid() != node.state.uuid() {
                    assert_eq!(groups, other.state.own_groups());
                }
            }
        }
    }
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
fn who_beacons_is_asked_rarely() {
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
fn one_that_only_beacons_is_given_up() {
    let mut network = Network::new(11, 2);
    network.run(Duration::from_secs(3));
    let (uuid, address) = (network.nodes[1].state.uuid(), network.nodes[1].address);
    let beacon = Beacon { uuid, port: 5000 };
    network.nodes[1].alive = false;
    let given_up = Timing::default().expired + Duration::from_secs(1);
    for _ in 0..given_up.as_secs() {
        let now = network.now;
        network.change(0, |state| state.beacon(beacon, address, now));
        network.run(Duration::from_secs(1));
    }
    let events = &network.nodes[0].events[..];
    assert!(
        matches!(
            events,
            [
                Event::Enter { .. },
                Event::Evasive { .. },
                Event::Silent { .. },
                Event::Exit { .. }
            ]
        ),
        "{events:?}"
    );
}

#[test]
fn groups_are_the_same_for_all() {
    let mut network = Network::new(2, 6);
    for round in 0..400 {
        let at = network.dice.roll(6) as usize;
        let group = format!("group {}", network.dice.roll(3));
        network.change(at, |state| {
            if !state.join(&group) {
                state.leave(&group);
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
fn a_peer_that_joins_without_end_is_given_up() {
    let mut network = Network::new(9, 2);
    network.run(Duration::from_secs(3));
    let (now, from) = (network.now, network.nodes[1].state.uuid());
    let to = network.nodes[0].state.uuid();
    let next = network.nodes[1].wires[&to].sequence + 1;
    for sequence in next..next + 2000 {
        let packet = Packet::Join {
            group: sequence.to_string(),
            status: 0,
        };
        let frame = packet.encode(sequence);
        network.change(0, |state| state.message(from, &frame, None, now));
    }
    assert_eq!(exits(&network.nodes[0]), 1);
    assert!(network.nodes[0].state.groups().names().is_empty());
}

#[test]
fn a_goodbye_that_another_says_ends_nobody() {
    let mut network = Network::new(4, 3);
    network.run(Duration::from_secs(3));
    let uuid = network.nodes[1].state.uuid();
    for _ in 0..1000 {
        network.hear(1, 0, Beacon { uuid, port: 0 });
        network.run(STEP);
    }
    network.run(Duration::from_secs(2));
    network.assert_whole();
    assert!(network.nodes.iter().all(|node| exits(node) == 0));
}

#[test]
fn a_goodbye_is_believed_of_one_who_does_not_answer() {
    let mut network = Network::new(5, 3);
    network.run(Duration::from_secs(3));
    let uuid = network.nodes[1].state.uuid();
    network.nodes[1].alive = false;
    network.hear(1, 0, Beacon { uuid, port: 0 });
    network.run(Duration::from_millis(600));
    assert_eq!((exits(&network.nodes[0]), exits(&network.nodes[2])), (1, 0));
}

#[test]
fn one_that_still_beacons_has_longer_to_answer() {
    let mut network = Network::new(12, 2);
    network.run(Duration::from_secs(3));
    let (uuid, port) = (network.nodes[1].state.uuid(), network.nodes[1].port);
    network.nodes[1].alive = false;
    network.hear(1, 0, Beacon { uuid, port: 0 });
    network.run(STEP);
    network.hear(1, 0, Beacon { uuid, port });
    network.run(Duration::from_millis(1500));
    assert_eq!(exits(&network.nodes[0]), 0);
    network.run(Duration::from_millis(600));
    assert_eq!(exits(&network.nodes[0]), 1);
}

#[test]
fn a_missing_message_begins_the_acquaintance_anew() {
    let mut network = Network::new(6, 2);
    network.run(Duration::from_secs(3));
    let other = network.nodes[1].state.uuid();
    network.nodes[0].wires.get_mut(&other).unwrap().sequence += 1;
    network.change(0, |state| {
        state.join("G");
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
        let (uuid, port) = (network.nodes[1].state.uuid(), network.nodes[1].port);
        network.change(0, |state| state.drop_peer(uuid));
        network.hear(1, 0, Beacon { uuid, port });
        network.run(Duration::from_secs(3));
        let (one, other) = (exits(&network.nodes[0]), exits(&network.nodes[1]));
        assert!(one + other <= 4, "{one} and {other} exits");
        network.assert_whole();
    }
}

/// Thousands of nodes that are not there, from four addresses, beside two that are; how many
/// sockets the first has at most.
fn flood(with_hello: bool) -> usize {
    let mut network = Network::new(7, 2);
    let (mut most, mut opened) = (0, 0);
    for n in 0..20_000u128 {
        let uuid = Uuid::from((1 << 100 | n).to_be_bytes());
        let now = network.now;
        let address = Ipv4Addr::new(10, 0, 1, (n % 4) as u8);
        let beacon = Beacon { uuid, port: 1 };
        network.change(0, |state| state.beacon(beacon, address.into(), now));
        if with_hello {
            let hello = super::codec::Hello {
                endpoint: format!("tcp://{address}:{}", 2 + n % 60_000),
                ..Default::default()
            };
            let uuid = Uuid::from((1 << 101 | n).to_be_bytes());
            let frame = Packet::Hello(hello).encode(1);
            network.change(0, |state| state.message(uuid, &frame, None, now));
        }
        if n % 100 == 0 {
            network.run(STEP);
        }
        most = most.max(network.nodes[0].state.known());
        opened = opened.max(network.nodes[0].wires.len());
    }
    assert!(most <= 256 + 1, "{most} known");
    assert_eq!(network.peers(1), 1, "the honest have found each other");
    network.run(Duration::from_secs(10));
    network.assert_whole();
    assert_eq!(
        network.nodes[0].state.known(),
        1,
        "the others are forgotten"
    );
    opened
}

#[test]
fn beacons_of_nobody_cost_few_sockets() {
    let opened = flood(false);
    assert!(opened <= 4 * 8 + 1, "{opened} sockets");
}

#[test]
fn greetings_of_nobody_cost_a_bounded_number_of_sockets() {
    let opened = flood(true);
    assert!(opened <= 256 + 1, "{opened} sockets");
}

/// A HELLO of this node, as if it were at this port, to the first of the network; how many that
/// one knows then.
fn greet(network: &mut Network, node: u128, host: u8, port: u16) -> usize {
    let hello = super::codec::Hello {
        endpoint: format!("tcp://10.0.1.{host}:{port}"),
        ..Default::default()
    };
    let (frame, now) = (Packet::Hello(hello).encode(1), network.now);
    let uuid = Uuid::from(node.to_be_bytes());
    network.change(0, |state| state.message(uuid, &frame, None, now));
    network.nodes[0].state.known()
}

#[test]
fn who_waits_for_the_place_of_another_is_not_let_in_beside_the_next() {
    let mut network = Network::new(10, 1);
    for place in 0..256 {
        let (host, port) = ((place / 64) as u8, 1 + place % 64);
        // The second waits until the first is found not to be there.
        greet(&mut network, (1 << 100) + u128::from(place), host, port);
        greet(&mut network, (2 << 100) + u128::from(place), host, port);
    }
    let next = |host: u8| greet(&mut network, (3 << 100) + u128::from(host), host, 1);
    let known: Vec<_> = (4..104).map(next).collect();
    assert_eq!(known, [256; 100]);
}

#[test]
fn two_that_wait_for_the_places_of_each_other_are_let_in_once() {
    let mut network = Network::new(11, 1);
    let (one, two) = (1 << 100, 2 << 100);
    let beacon = |network: &mut Network, node: u128, port| {
        let uuid = Uuid::from(node.to_be_bytes());
        let (from, now) = (Ipv4Addr::new(10, 0, 1, 1).into(), network.now);
        network.change(0, |state| state.beacon(Beacon { uuid, port }, from, now));
    };
    beacon(&mut network, one, 1);
    beacon(&mut network, two, 2);
    greet(&mut network, one, 1, 2);
    greet(&mut network, two, 1, 1);
    greet(&mut network, one, 1, 3);
    network.now += super::peer::FAREWELL;
    beacon(&mut network, two, 4);
    assert_eq!((network.peers(0), network.nodes[0].wires.len()), (1, 2));
}

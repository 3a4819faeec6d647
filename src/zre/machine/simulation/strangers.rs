//! Nodes that lie, or say too much.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::{Network, STEP, exits, keyless};
use crate::message::Message;
use crate::zre::machine::{Bounds, SUSPECT_TIMEOUT, Timing};
use crate::zre::wire::{Hello, Packet};
use crate::zre::{Event, Uuid};

#[test]
fn one_that_only_beacons_is_given_up() {
    let mut network = Network::new(11, 2);
    network.run(Duration::from_secs(3));
    let (uuid, address) = (network.nodes[1].machine.uuid(), network.nodes[1].address);
    let beacon = keyless(uuid, 5000);
    network.nodes[1].alive = false;
    let given_up = Timing::default().expired + Duration::from_secs(1);
    for _ in 0..given_up.as_secs() {
        let now = network.now;
        network.change(0, |machine| machine.beacon(beacon, address, now));
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
fn a_peer_that_joins_without_end_is_given_up() {
    let mut network = Network::new(9, 2);
    network.run(Duration::from_secs(3));
    let (now, from) = (network.now, network.nodes[1].machine.uuid());
    let to = network.nodes[0].machine.uuid();
    let next = network.nodes[1].wires[&to].sequence + 1;
    for sequence in next..next + 2000 {
        let packet = Packet::Join {
            group: sequence.to_string(),
            status: 0,
        };
        let frame = packet.encode(sequence);
        network.change(0, |machine| machine.message(from, None, &frame, None, now));
    }
    assert_eq!(exits(&network.nodes[0]), 1);
    assert!(network.nodes[0].machine.groups().names().is_empty());
}

#[test]
fn a_goodbye_that_another_says_ends_nobody() {
    let mut network = Network::new(4, 3);
    network.run(Duration::from_secs(3));
    let uuid = network.nodes[1].machine.uuid();
    for _ in 0..1000 {
        network.hear(1, 0, keyless(uuid, 0));
        network.run(STEP);
    }
    network.run(Duration::from_secs(2));
    network.assert_whole();
    assert!(network.nodes.iter().all(|node| exits(node) == 0));
}

#[test]
fn one_that_still_beacons_has_longer_to_answer() {
    let mut network = Network::new(12, 2);
    network.run(Duration::from_secs(3));
    let (uuid, port) = (network.nodes[1].machine.uuid(), network.nodes[1].port);
    network.nodes[1].alive = false;
    network.hear(1, 0, keyless(uuid, 0));
    network.run(STEP);
    network.hear(1, 0, keyless(uuid, port));
    network.run(Duration::from_millis(1500));
    assert_eq!(exits(&network.nodes[0]), 0);
    network.run(Duration::from_millis(600));
    assert_eq!(exits(&network.nodes[0]), 1);
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
        let beacon = keyless(uuid, 1);
        network.change(0, |machine| machine.beacon(beacon, address.into(), now));
        if with_hello {
            let hello = Hello {
                endpoint: format!("tcp://{address}:{}", 2 + n % 60_000),
                ..Default::default()
            };
            let uuid = Uuid::from((1 << 101 | n).to_be_bytes());
            let frame = Packet::Hello(hello).encode(1);
            network.change(0, |machine| machine.message(uuid, None, &frame, None, now));
        }
        if n % 100 == 0 {
            network.run(STEP);
        }
        most = most.max(network.nodes[0].machine.known());
        opened = opened.max(network.nodes[0].wires.len());
    }
    assert!(most <= 256 + 1, "{most} known");
    assert_eq!(network.peers(1), 1, "the honest have found each other");
    network.run(Duration::from_secs(10));
    network.assert_whole();
    assert_eq!(
        network.nodes[0].machine.known(),
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
    let hello = Hello {
        endpoint: format!("tcp://10.0.1.{host}:{port}"),
        ..Default::default()
    };
    let (frame, now) = (Packet::Hello(hello).encode(1), network.now);
    let uuid = Uuid::from(node.to_be_bytes());
    network.change(0, |machine| machine.message(uuid, None, &frame, None, now));
    network.nodes[0].machine.known()
}

/// A message of this node to the first of the network, with this number.
fn say(network: &mut Network, node: u128, sequence: u16, packet: Packet) {
    let (frame, now) = (packet.encode(sequence), network.now);
    let uuid = Uuid::from(node.to_be_bytes());
    network.change(0, |machine| machine.message(uuid, None, &frame, None, now));
}

#[test]
fn a_node_that_waits_for_the_place_of_another_is_not_admitted_beside_the_next() {
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
fn two_that_wait_for_the_places_of_each_other_are_admitted_once() {
    let mut network = Network::new(11, 1);
    let (one, two) = (1 << 100, 2 << 100);
    let beacon = |network: &mut Network, node: u128, port| {
        let uuid = Uuid::from(node.to_be_bytes());
        let (from, now) = (Ipv4Addr::new(10, 0, 1, 1).into(), network.now);
        network.change(0, |machine| machine.beacon(keyless(uuid, port), from, now));
    };
    beacon(&mut network, one, 1);
    beacon(&mut network, two, 2);
    greet(&mut network, one, 1, 2);
    greet(&mut network, two, 1, 1);
    greet(&mut network, one, 1, 3);
    network.now += SUSPECT_TIMEOUT;
    beacon(&mut network, two, 4);
    say(&mut network, one, 2, Packet::PingOk);
    assert_eq!((network.peers(0), network.nodes[0].wires.len()), (1, 2));
}

#[test]
fn a_greeting_tells_the_port_better_than_a_beacon_before() {
    let mut network = Network::new(13, 1);
    let (now, address) = (network.now, Ipv4Addr::new(10, 0, 1, 1));
    let uuid = Uuid::from((1u128 << 100).to_be_bytes());
    let beacon = keyless(uuid, 1);
    network.change(0, |machine| machine.beacon(beacon, address.into(), now));
    greet(&mut network, 1 << 100, 1, 2);
    say(&mut network, 1 << 100, 2, Packet::PingOk);
    let peer = network.nodes[0].machine.peer(uuid).expect("a peer");
    assert_eq!(*peer.endpoint(), "tcp://10.0.1.1:2");
    assert_eq!(network.nodes[0].wires[&uuid].to, *peer.endpoint());
}

#[test]
fn one_that_cannot_be_reached_does_not_enter() {
    let mut network = Network::new(14, 1);
    for _ in 0..3 {
        greet(&mut network, 1 << 100, 1, 1);
        for sequence in 2..10 {
            say(&mut network, 1 << 100, sequence, Packet::Ping);
            network.run(Duration::from_secs(1));
        }
    }
    assert!(network.nodes[0].events.is_empty());
    assert_eq!(network.nodes[0].machine.known(), 0, "it is given up");
}

#[test]
fn messages_of_a_node_that_has_not_answered_are_told_after_it_has_entered() {
    let mut network = Network::new(15, 1);
    network.change(0, |machine| {
        machine.join("G");
    });
    let node = 1 << 100;
    let group = || "G".to_owned();
    greet(&mut network, node, 1, 1);
    let join = Packet::Join {
        group: group(),
        status: 1,
    };
    say(&mut network, node, 2, join);
    say(&mut network, node, 3, Packet::Whisper);
    say(&mut network, node, 4, Packet::Ping);
    say(&mut network, node, 5, Packet::Shout { group: group() });
    assert!(network.nodes[0].events.is_empty());
    assert_eq!(network.peers(0), 0);
    assert!(network.nodes[0].machine.groups().names().is_empty());
    say(&mut network, node, 6, Packet::PingOk);
    assert!(
        matches!(
            &network.nodes[0].events[..],
            [
                Event::Enter { .. },
                Event::Join { .. },
                Event::Whisper { .. },
                Event::Shout { .. }
            ]
        ),
        "{:?}",
        network.nodes[0].events
    );
}

#[test]
fn one_whose_answer_comes_before_its_greeting_enters() {
    let mut network = Network::new(16, 1);
    let (node, now) = (1 << 100, network.now);
    let beacon = keyless(Uuid::from(u128::to_be_bytes(node)), 1);
    let from = Ipv4Addr::new(10, 0, 1, 1).into();
    network.change(0, |machine| machine.beacon(beacon, from, now));
    // It knew us before, and begins anew only now.
    say(&mut network, node, 77, Packet::PingOk);
    greet(&mut network, node, 1, 1);
    assert_eq!(network.peers(0), 1);
}

#[test]
fn a_question_that_is_lost_is_asked_again() {
    let mut network = Network::new(17, 1);
    greet(&mut network, 1 << 100, 1, 1);
    let uuid = Uuid::from((1u128 << 100).to_be_bytes());
    assert_eq!(network.nodes[0].wires[&uuid].sequence, 2, "HELLO and PING");
    network.run(Duration::from_secs(3));
    assert!(network.nodes[0].wires[&uuid].sequence > 3);
}

#[test]
fn a_thousand_that_wait_for_the_places_of_each_other_are_admitted() {
    const ALL: u16 = 1000;
    let mut network = Network::new(18, 1);
    network.nodes[0].machine.set_bounds(Bounds {
        unverified: 4 * usize::from(ALL),
        sockets: ALL.into(),
        sockets_at_an_address: ALL.into(),
        ..Bounds::default()
    });
    let node = |place: u16| (1 << 100) + u128::from(place);
    let uuid = |place| Uuid::from(u128::to_be_bytes(node(place)));
    for place in (1..=ALL).rev() {
        // Its HELLO claims the next one's place; its beacon gives its own.
        if place < ALL {
            greet(&mut network, node(place), 1, place + 1);
        }
        let (from, now) = (Ipv4Addr::new(10, 0, 1, 1).into(), network.now);
        let beacon = keyless(uuid(place), place);
        network.change(0, |machine| machine.beacon(beacon, from, now));
    }
    network.change(0, |machine| machine.drop_peer(uuid(ALL)));
    assert!(network.nodes[0].machine.known() <= ALL.into());
    network.run(Duration::from_secs(10));
    assert_eq!(network.nodes[0].machine.known(), 0);
    assert!(network.nodes[0].wires.is_empty());
}

/// A HELLO with so many bytes of headers, and an answer, of a node with an address of its own.
fn enter(network: &mut Network, number: u32, bytes: usize) {
    let number = number + 1;
    let hello = Hello {
        endpoint: format!("tcp://{}:1", Ipv4Addr::from(0x0a01_0000 + number)),
        headers: vec![("X".to_owned(), "x".repeat(bytes))],
        ..Default::default()
    };
    let node = (1 << 100) + u128::from(number);
    say(network, node, 1, Packet::Hello(hello));
    say(network, node, 2, Packet::PingOk);
}

#[test]
fn the_headers_of_all_peers_are_bounded_and_the_peer_with_most_makes_room() {
    let mut network = Network::new(19, 1);
    let most = Bounds::default().bytes / (1_000_000);
    let before = u32::try_from(2 * most).unwrap();
    (0..before).for_each(|number| enter(&mut network, number, 1_000_000));
    let held = |network: &Network| -> usize {
        let peers = network.nodes[0].machine.peers();
        let headers = peers.iter().filter_map(|peer| peer.header("X"));
        headers.map(str::len).sum()
    };
    assert!(held(&network) <= Bounds::default().bytes);
    let crowd = network.peers(0);
    assert!(crowd <= most, "{crowd} peers");
    (0..1000).for_each(|number| enter(&mut network, before + number, 100));
    assert!(network.peers(0) > 1000 + most / 2, "the honest enter");
    assert!(held(&network) <= Bounds::default().bytes);
}

#[test]
fn groups_count_as_bytes_of_a_peer() {
    let mut network = Network::new(20, 1);
    network.nodes[0].machine.set_bounds(Bounds {
        bytes: 10_000,
        ..Bounds::default()
    });
    enter(&mut network, 0, 100);
    enter(&mut network, 1, 100);
    let greedy = (1 << 100) + 1;
    for sequence in 3..100 {
        let packet = Packet::Join {
            group: format!("{sequence:0200}"),
            status: 0,
        };
        say(&mut network, greedy, sequence, packet);
    }
    let peers = network.nodes[0].machine.peers();
    assert_eq!(
        peers.len(),
        1,
        "the one that joins too much is given up alone"
    );
    assert_ne!(peers[0].id(), Uuid::from(greedy.to_be_bytes()));
}

#[test]
fn one_address_cannot_take_the_places_of_all() {
    let mut network = Network::new(21, 1);
    let most = Bounds::default().known;
    for number in 0..most + 100 {
        let node = (2 << 100) + number as u128;
        greet(&mut network, node, 1, 1 + number as u16);
        say(&mut network, node, 2, Packet::PingOk);
    }
    assert_eq!(network.peers(0), most / 2);
    enter(&mut network, 0, 100);
    assert_eq!(network.peers(0), most / 2 + 1);
}

#[test]
fn groups_contested_for_count_as_bytes_of_a_peer() {
    let mut network = Network::new(22, 1);
    network.nodes[0].machine.set_bounds(Bounds {
        bytes: 10_000,
        ..Bounds::default()
    });
    enter(&mut network, 0, 100);
    let greedy = (1 << 100) + 1;
    let challenger = Uuid::from(u128::to_be_bytes(greedy)).to_string();
    let mut sequence = 2;
    for number in 0..1000 {
        let group = format!("{number:0200}");
        let (joined, left) = (group.clone(), group.clone());
        let challenger = challenger.clone();
        for packet in [
            Packet::Join {
                group: joined,
                status: 0,
            },
            Packet::Elect { group, challenger },
            Packet::Leave {
                group: left,
                status: 0,
            },
        ] {
            sequence += 1;
            say(&mut network, greedy, sequence, packet);
        }
    }
    assert_eq!(network.peers(0), 0, "it is given up");
}

#[test]
fn of_one_whose_messages_make_room_for_others_nothing_is_told() {
    let mut network = Network::new(23, 1);
    let whisper = |network: &mut Network, node: u128, sequence, bytes: usize| {
        let (frame, now) = (Packet::Whisper.encode(sequence), network.now);
        let uuid = Uuid::from(node.to_be_bytes());
        let rest = Some(Message::from(vec![0; bytes]));
        network.change(0, |state| state.message(uuid, None, &frame, rest, now));
    };
    let node = |number: u16| (1 << 100) + u128::from(number);
    for number in 1..=10 {
        greet(&mut network, node(number), 1, number);
        let join = Packet::Join {
            group: "G".to_owned(),
            status: 1,
        };
        say(&mut network, node(number), 2, join);
        // The first says most.
        let bytes = 1_000_000 - 1000 * usize::from(number);
        whisper(&mut network, node(number), 3, bytes);
    }
    say(&mut network, node(1), 4, Packet::Whisper);
    say(&mut network, node(1), 5, Packet::PingOk);
    assert!(
        network.nodes[0].events.is_empty(),
        "{:?}",
        network.nodes[0].events
    );
}

#[test]
fn challenges_from_outside_of_the_group_leave_nothing() {
    let mut network = Network::new(25, 1);
    network.nodes[0].machine.contests.insert("G".to_owned());
    network.change(0, |machine| assert!(machine.join("G")));
    let election = |network: &Network| format!("{:?}", network.nodes[0].machine.elections["G"]);
    let before = election(&network);
    let challenger = network.nodes[0].machine.uuid().to_string();
    for number in 0..100 {
        enter(&mut network, number, 100);
        let node = (1 << 100) + u128::from(number + 1);
        let (group, challenger) = ("G".to_owned(), challenger.clone());
        say(&mut network, node, 3, Packet::Elect { group, challenger });
    }
    assert_eq!(election(&network), before);
}

#[test]
fn goodbyes_without_end_take_bounded_memory() {
    let mut network = Network::new(24, 1);
    network.nodes[0].machine.take_goodbyes();
    for number in 0..10_000 {
        let node = (1 << 100) + number;
        greet(&mut network, node, 1, 1);
        say(&mut network, node, 2, Packet::Goodbye);
    }
    assert!(network.nodes[0].machine.take_goodbyes().len() <= 1024);
}

//! Nodes that speak CURVE.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::{Network, exits, keyless};
use crate::security::PublicKey;
use crate::zre::machine::Action;
use crate::zre::wire::{Beacon, Hello, PUBLIC_KEY_HEADER, Packet};
use crate::zre::{Event, Uuid};

fn key(n: u8) -> PublicKey {
    PublicKey::from([n; 32])
}

/// Nodes of which each has a key of its own.
fn secured(seed: u64, nodes: u8) -> Network {
    let mut network = Network::new(seed, 0);
    (0..nodes).for_each(|host| network.start_secured(host.into(), key(host + 1)));
    network
}

fn uuid(network: &Network, at: usize) -> Uuid {
    network.nodes[at].machine.uuid()
}

/// A node hears a beacon with this key in the name of another, from there.
fn forge(network: &mut Network, at: usize, name: Uuid, host: u8, forged: PublicKey) {
    let beacon = Beacon {
        uuid: name,
        port: 5000,
        key: Some(forged),
    };
    let (from, now) = (Ipv4Addr::new(10, 0, 0, host).into(), network.now);
    network.change(at, |machine| machine.beacon(beacon, from, now));
}

/// A node hears a HELLO that tells a key, from one that has proved to have another.
fn greet(network: &mut Network, at: usize, name: Uuid, told: Option<PublicKey>, proven: PublicKey) {
    let header = |key: PublicKey| (PUBLIC_KEY_HEADER.to_owned(), key.to_string());
    let hello = Hello {
        endpoint: "tcp://10.0.9.9:5000".to_owned(),
        headers: told.map(header).into_iter().collect(),
        ..Hello::default()
    };
    say(
        network,
        at,
        name,
        Some(proven),
        &Packet::Hello(hello).encode(1),
    );
}

fn say(network: &mut Network, at: usize, name: Uuid, proven: Option<PublicKey>, frame: &[u8]) {
    let now = network.now;
    network.change(at, |machine| {
        machine.message(name, proven, frame, None, now)
    });
}

#[test]
fn all_find_all_and_know_their_keys() {
    for seed in 0..10 {
        let mut network = secured(seed, 12);
        network.lost = 30;
        network.run(Duration::from_secs(20));
        network.assert_whole();
        for node in &network.nodes {
            for peer in node.machine.peers() {
                let other = network
                    .nodes
                    .iter()
                    .find(|it| it.machine.uuid() == peer.id());
                assert_eq!(peer.public_key(), other.unwrap().machine.key());
                assert_eq!(
                    peer.header(PUBLIC_KEY_HEADER),
                    Some(&*peer.public_key().unwrap().to_string())
                );
            }
            assert_eq!(exits(node), 0);
        }
    }
}

#[test]
fn those_with_keys_and_those_without_leave_each_other_alone() {
    let mut network = secured(1, 3);
    (3..6).for_each(|host| network.start(host));
    network.run(Duration::from_secs(10));
    for (at, node) in network.nodes.iter().enumerate() {
        assert_eq!((network.peers(at), node.machine.known()), (2, 2), "{at}");
        let with_key = node
            .machine
            .peers()
            .iter()
            .all(|peer| peer.public_key().is_some());
        assert_eq!(with_key, at < 3);
    }
}

#[test]
fn a_message_without_a_proof_is_nobodys() {
    let mut network = secured(2, 2);
    let hello = Packet::Hello(Hello {
        endpoint: "tcp://10.0.9.9:5000".to_owned(),
        ..Hello::default()
    });
    say(&mut network, 0, Uuid::from([9; 16]), None, &hello.encode(1));
    assert_eq!(network.nodes[0].machine.known(), 0);
    // Nor is one with a proof a node's without security.
    network.start(2);
    greet(&mut network, 2, Uuid::from([9; 16]), Some(key(9)), key(9));
    assert_eq!(network.nodes[2].machine.known(), 0);
}

#[test]
fn a_greeting_that_tells_another_key_than_was_proved_makes_no_peer() {
    let mut network = secured(3, 1);
    for (at, told) in [None, Some(key(7))].into_iter().enumerate() {
        let name = Uuid::from([100 + at as u8; 16]);
        greet(&mut network, 0, name, told, key(8));
        assert_eq!(network.nodes[0].machine.known(), 0);
    }
    greet(&mut network, 0, Uuid::from([9; 16]), Some(key(8)), key(8));
    assert_eq!(network.nodes[0].machine.known(), 1);
}

#[test]
fn a_peer_that_tells_two_keys_is_not_shown_with_that_of_another() {
    for keys in [[key(8), key(7)], [key(7), key(8)]] {
        let mut network = secured(8, 1);
        let name = Uuid::from([9; 16]);
        let headers = keys.map(|key| (PUBLIC_KEY_HEADER.to_owned(), key.to_string()));
        let hello = Hello {
            endpoint: "tcp://10.0.9.9:5000".to_owned(),
            headers: headers.into(),
            ..Hello::default()
        };
        for (sequence, packet) in (1..).zip([Packet::Hello(hello), Packet::PingOk]) {
            let frame = packet.encode(sequence);
            say(&mut network, 0, name, Some(key(8)), &frame);
        }
        for peer in network.nodes[0].machine.peers() {
            assert_eq!(peer.public_key(), Some(key(8)));
            let header = peer.header(PUBLIC_KEY_HEADER);
            assert_eq!(header, Some(&*key(8).to_string()));
        }
    }
}

#[test]
fn a_key_that_was_proved_counts_more_than_that_of_a_beacon() {
    let mut network = secured(4, 1);
    let name = Uuid::from([9; 16]);
    forge(&mut network, 0, name, 99, key(7));
    greet(&mut network, 0, name, Some(key(8)), key(8));
    say(
        &mut network,
        0,
        name,
        Some(key(8)),
        &Packet::PingOk.encode(2),
    );
    let peers = network.nodes[0].machine.peers();
    assert_eq!(peers.len(), 1);
    assert_eq!(peers[0].public_key(), Some(key(8)));
    // What is said by the key of the beacon is nobody's from now on.
    say(
        &mut network,
        0,
        name,
        Some(key(7)),
        &Packet::Goodbye.encode(3),
    );
    assert_eq!(network.peers(0), 1);
}

#[test]
fn one_that_does_not_greet_puts_nobody_out() {
    let mut network = secured(7, 1);
    let name = Uuid::from([9; 16]);
    forge(&mut network, 0, name, 99, key(7));
    for frame in [&Packet::PingOk.encode(1)[..], b"no message at all"] {
        say(&mut network, 0, name, Some(key(8)), frame);
        assert_eq!(network.nodes[0].machine.known(), 1);
    }
}

#[test]
fn a_peer_is_not_spoken_for_by_another_key() {
    let mut network = secured(5, 3);
    network.run(Duration::from_secs(3));
    let (victim, impostor) = (uuid(&network, 1), key(3));
    network.nodes[0].events.clear();
    greet(&mut network, 0, victim, Some(impostor), impostor);
    for packet in [Packet::Goodbye, Packet::Whisper, Packet::PingOk] {
        for sequence in 0..5 {
            say(
                &mut network,
                0,
                victim,
                Some(impostor),
                &packet.encode(sequence),
            );
        }
    }
    say(
        &mut network,
        0,
        victim,
        Some(impostor),
        b"no message at all",
    );
    network.run(Duration::from_secs(3));
    assert_eq!(network.nodes[0].events, [], "nothing has happened");
    network.assert_whole();
}

#[test]
fn a_forged_beacon_delays_a_node_and_no_more() {
    for seed in 0..20 {
        let mut network = secured(seed, 2);
        let victim = uuid(&network, 1);
        // At its own address with another key; and elsewhere.
        let host = if seed % 2 == 0 { 2 } else { 77 };
        forge(&mut network, 0, victim, host, key(66));
        network.run(Duration::from_secs(10));
        network.assert_whole();
        let peers = network.nodes[0].machine.peers();
        assert_eq!(peers[0].public_key(), Some(key(2)));
        // Once it is here, forgeries are not heeded.
        network.nodes[0].events.clear();
        for _ in 0..50 {
            forge(&mut network, 0, victim, host, key(66));
            network.run(Duration::from_millis(200));
        }
        let exits = |event: &Event| matches!(event, Event::Exit { .. });
        assert!(!network.nodes[0].events.iter().any(exits));
        network.assert_whole();
    }
}

#[test]
fn sockets_connect_to_the_owner_of_the_key_in_the_beacon() {
    let mut network = secured(6, 1);
    let (name, now) = (Uuid::from([9; 16]), network.now);
    let beacon = Beacon {
        uuid: name,
        port: 5000,
        key: Some(key(7)),
    };
    let machine = &mut network.nodes[0].machine;
    machine.beacon(keyless(name, 5000), Ipv4Addr::new(10, 0, 9, 9).into(), now);
    assert_eq!(machine.take_actions(), []);
    machine.beacon(beacon, Ipv4Addr::new(10, 0, 9, 9).into(), now);
    let opened = Action::Open {
        peer: name,
        endpoint: "tcp://10.0.9.9:5000".parse().unwrap(),
        key: Some(key(7)),
    };
    assert_eq!(machine.take_actions()[0], opened);
}

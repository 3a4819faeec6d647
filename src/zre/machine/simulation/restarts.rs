//! Nodes that come again where they were before, under another identity.

use std::time::Duration;

use super::{Network, STEP, exits, keyless};
use crate::zre::{Event, Uuid};

/// A network of five, of which the third ends, with or without a goodbye, and is started anew; returns
/// its old identity.
fn restart(seed: u64, goodbye: bool) -> (Network, Uuid) {
    let mut network = Network::new(seed, 5);
    network.run(Duration::from_secs(3));
    network.assert_whole();
    let uuid = network.nodes[2].machine.uuid();
    network.nodes[2].alive = false;
    if goodbye {
        for to in OTHERS {
            network.hear(2, to, keyless(uuid, 0));
        }
    }
    let pause = Duration::from_millis(network.dice.roll(3000));
    network.run(pause);
    network.start(2);
    (network, uuid)
}

/// All but the one that ended, and the one that took its place.
const OTHERS: [usize; 4] = [0, 1, 3, 4];
const NEW: usize = 5;

/// The new node enters once; the old one exits once.
fn assert_replaced(network: &Network, old: Uuid) {
    network.assert_whole();
    let new = network.nodes[NEW].machine.uuid();
    for node in OTHERS.map(|at| &network.nodes[at]) {
        let gone = node.events.iter().filter_map(|event| match event {
            Event::Exit { peer } => Some(peer.id()),
            _ => None,
        });
        assert_eq!(Vec::from_iter(gone), [old], "{}", node.machine.name());
        let entered = node
            .events
            .iter()
            .filter(|event| matches!(event, Event::Enter { peer } if peer.id() == new));
        assert_eq!(entered.count(), 1);
    }
    assert_eq!(exits(&network.nodes[NEW]), 0);
}

#[test]
fn a_node_that_comes_again_at_an_occupied_place_enters_once() {
    for seed in 0..40 {
        let (mut network, old) = restart(seed, seed % 2 == 0);
        network.run(Duration::from_secs(4));
        assert_replaced(&network, old);
    }
}

#[test]
fn messages_sent_while_it_waits_are_not_lost() {
    for seed in 0..40 {
        let (mut network, old) = restart(seed, seed % 2 == 0);
        for round in 0..200 {
            network.change(NEW, |machine| {
                if !machine.join("G") {
                    machine.leave("G");
                }
            });
            network.run(STEP * if round % 2 == 0 { 2 } else { 5 });
        }
        network.run(Duration::from_secs(1));
        assert_replaced(&network, old);
    }
}

#[test]
fn one_that_ends_again_and_again_is_replaced_each_time() {
    let mut network = Network::new(7, 3);
    network.run(Duration::from_secs(3));
    let mut last = 1;
    for _ in 0..20 {
        network.nodes[last].alive = false;
        let pause = Duration::from_millis(network.dice.roll(200));
        network.run(pause);
        last = network.nodes.len();
        network.start(1);
        let pause = Duration::from_millis(network.dice.roll(1000));
        network.run(pause);
    }
    network.run(Duration::from_secs(5));
    network.assert_whole();
}

//! Elections among many nodes.

use std::time::Duration;

use super::Network;
use crate::zre::machine::CONTEST_HEADER as HEADER;
use crate::zre::{Event, Uuid};

/// A network in which all contest for the group "G" and the last of them for no other.
fn network(seed: u64, nodes: usize) -> Network {
    let mut network = Network::new(seed, 0);
    let header = || vec![(HEADER.to_owned(), "G\nH".to_owned())];
    (0..nodes).for_each(|host| network.start_with(host, header()));
    network
}

impl Network {
    /// The leaders of "G" that a node was told of since the last call.
    fn leaders(&mut self, at: usize) -> Vec<Uuid> {
        let node = &mut self.nodes[at];
        let own = node.machine.uuid();
        let events = node.events.drain(..);
        let leaders = events.filter_map(|event| match event {
            Event::Leader { peer, group } if group == "G" => {
                Some(peer.map_or(own, |peer| peer.id()))
            }
            _ => None,
        });
        leaders.collect()
    }

    fn join(&mut self, at: usize) {
        self.change(at, |machine| {
            machine.join("G");
        });
    }

    /// The lowest of those in "G".
    fn lowest(&self) -> Uuid {
        let alive = self.nodes.iter().filter(|node| node.alive);
        let members = alive.filter(|node| node.machine.own_groups().contains(&"G".to_owned()));
        members.map(|node| node.machine.uuid()).min().unwrap()
    }

    fn members(&self) -> Vec<usize> {
        let is_in = |at: &usize| {
            let node = &self.nodes[*at];
            node.alive && node.machine.own_groups().contains(&"G".to_owned())
        };
        (0..self.nodes.len()).filter(is_in).collect()
    }
}

#[test]
fn nodes_that_come_together_have_one_leader() {
    for seed in 0..20 {
        let mut network = network(seed, 8);
        (0..8).for_each(|at| network.join(at));
        network.run(Duration::from_secs(5));
        let lowest = network.lowest();
        for at in 0..8 {
            assert_eq!(network.leaders(at), [lowest], "node {at} of seed {seed}");
            assert_eq!(network.nodes[at].machine.leader("G"), Some(lowest));
        }
    }
}

#[test]
fn each_change_has_one_leader_the_same_for_all() {
    let mut network = network(1, 6);
    network.run(Duration::from_secs(3));
    let mut leader = None;
    for round in 0..100 {
        let at = network.dice.roll(6) as usize;
        network.change(at, |machine| {
            if !machine.join("G") {
                machine.leave("G");
            }
        });
        network.run(Duration::from_secs(4));
        let members = network.members();
        let told: Vec<_> = (0..6).map(|at| network.leaders(at)).collect();
        if members.is_empty() {
            continue;
        }
        let lowest = network.lowest();
        for &member in &members {
            let machine = &network.nodes[member].machine;
            assert_eq!(machine.leader("G"), Some(lowest), "round {round}");
            let expected: &[Uuid] = match leader == Some(lowest) && member != at {
                true => &[],
                false => &[lowest],
            };
            assert_eq!(told[member], expected, "node {member} in round {round}");
        }
        leader = Some(lowest);
    }
}

#[test]
fn a_leader_that_dies_is_succeeded() {
    let mut network = network(2, 4);
    (0..4).for_each(|at| network.join(at));
    network.run(Duration::from_secs(5));
    (0..4).for_each(|at| drop(network.leaders(at)));
    network.nodes[0].alive = false;
    network.run(Duration::from_secs(35));
    let lowest = network.lowest();
    assert_eq!(lowest, network.nodes[1].machine.uuid());
    (1..4).for_each(|at| assert_eq!(network.leaders(at), [lowest]));
}

#[test]
fn a_group_that_nobody_contests_for_has_no_leader() {
    let mut network = Network::new(3, 3);
    (0..3).for_each(|at| network.join(at));
    network.run(Duration::from_secs(5));
    (0..3).for_each(|at| assert!(network.leaders(at).is_empty()));
}

#[test]
fn a_node_that_does_not_contest_is_told_the_leader() {
    let mut network = network(4, 1);
    network.start(1);
    (0..2).for_each(|at| network.join(at));
    network.run(Duration::from_secs(5));
    let leader = network.nodes[0].machine.uuid();
    (0..2).for_each(|at| assert_eq!(network.leaders(at), [leader]));
}

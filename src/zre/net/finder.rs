//! How a node finds others: by beacons, or by gossip.

use std::sync::Arc;
use std::time::Instant;

use super::beacon_socket::BeaconSocket;
use super::gossip_sockets::GossipSockets;
use super::interface::Interface;
use super::shared_node::SharedNode;
use crate::background::WaitSet;
use crate::endpoint::Endpoint;
use crate::zre::machine::Machine;
use crate::zre::wire::Beacon;

/// One of the two: where there is gossip there are no beacons, as with zyre.
pub(crate) enum Finder {
    Beacons(BeaconSocket),
    Gossip(Box<GossipSockets>),
}

impl Finder {
    /// Tells where we are, as often as the node's interval tells; false if that could not be, for we
    /// are no longer there.
    pub(crate) fn advertise(&self, shared: &SharedNode, port: u16) -> bool {
        match self {
            Finder::Beacons(beacons) => {
                let (uuid, key) = shared.read(|machine| (machine.uuid(), machine.key()));
                beacons.send(Beacon { uuid, port, key })
            }
            Finder::Gossip(_) => true,
        }
    }

    /// Says that we leave.
    pub(crate) fn leave(&self, shared: &SharedNode) {
        match self {
            Finder::Beacons(_) => drop(self.advertise(shared, 0)),
            Finder::Gossip(_) => shared.update(Machine::say_goodbye),
        }
    }

    /// We are on another interface, or elsewhere on it.
    pub(crate) fn move_to(&mut self, interface: &Interface, shared: &SharedNode) {
        match self {
            Finder::Beacons(beacons) => beacons.move_to(interface.clone()),
            Finder::Gossip(gossip) => {
                shared.read(|machine| {
                    gossip.publish(machine.uuid(), machine.endpoint(), machine.key());
                });
            }
        }
    }

    /// Takes in beacons or gossip; false if there are no more.
    pub(crate) fn turn(&mut self, shared: &Arc<SharedNode>, now: Instant) -> bool {
        match self {
            Finder::Beacons(beacons) => beacons.receive(|beacon, from| {
                shared.update(|machine| machine.beacon(beacon, from, now));
            }),
            Finder::Gossip(gossip) => gossip.turn(shared, now),
        }
    }

    /// Where others connect to it.
    pub(crate) fn bound(&self) -> Vec<Endpoint> {
        match self {
            Finder::Beacons(_) => Vec::new(),
            Finder::Gossip(gossip) => gossip.endpoints().to_vec(),
        }
    }

    /// Has a thread wait for messages of others, once it has taken in all that there are.
    pub(crate) fn insert_into<T: Clone>(&self, set: &mut WaitSet<T>, token: T) {
        match self {
            Finder::Beacons(beacons) => set.insert_fd(token, beacons.fd()),
            Finder::Gossip(gossip) => gossip.insert_into(set, token),
        }
    }

    /// When it is to have a turn though nothing has come.
    pub(crate) fn next(&self) -> Option<Instant> {
        match self {
            Finder::Beacons(_) => None,
            Finder::Gossip(gossip) => gossip.next(),
        }
    }
}

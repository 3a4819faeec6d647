//! How a node finds others: by beacons, or by gossip.

use std::os::fd::RawFd;
use std::sync::Arc;
use std::time::Instant;

use super::air::Air;
use super::beacon::Beacon;
use super::driver::Shared;
use super::gossip::hub::Hub;
use super::interface::Interface;
use super::node::State;
use crate::endpoint::Endpoint;

/// One of the two: where there is gossip there are no beacons, as with zyre.
pub(crate) enum Search {
    Air(Air),
    Hub(Box<Hub>),
}

impl Search {
    /// Says where we are, as often as the node's interval tells; false if that could not be, for we
    /// are no longer there.
    pub(crate) fn tell(&self, shared: &Shared, port: u16) -> bool {
        match self {
            Search::Air(air) => {
                let uuid = shared.look(State::uuid);
                air.send(Beacon { uuid, port })
            }
            Search::Hub(_) => true,
        }
    }

    /// Says that we leave.
    pub(crate) fn leave(&self, shared: &Shared) {
        match self {
            Search::Air(_) => drop(self.tell(shared, 0)),
            Search::Hub(_) => shared.change(State::say_goodbye),
        }
    }

    /// We are on another interface, or elsewhere on it.
    pub(crate) fn move_to(&mut self, interface: &Interface, shared: &Shared) {
        match self {
            Search::Air(air) => air.move_to(interface.clone()),
            Search::Hub(hub) => {
                let (uuid, endpoint) =
                    shared.look(|state| (state.uuid(), state.endpoint().to_owned()));
                hub.publish(uuid, &endpoint);
            }
        }
    }

    /// Takes in what others say; false if there is no more.
    pub(crate) fn turn(&mut self, shared: &Arc<Shared>, now: Instant) -> bool {
        match self {
            Search::Air(air) => air.hear(|beacon, from| {
                shared.change(|state| state.beacon(beacon, from, now));
            }),
            Search::Hub(hub) => hub.turn(shared, now),
        }
    }

    /// Where others connect to it.
    pub(crate) fn bound(&self) -> Vec<Endpoint> {
        match self {
            Search::Air(_) => Vec::new(),
            Search::Hub(hub) => hub.endpoints().to_vec(),
        }
    }

    /// What tells that something has come.
    pub(crate) fn fds(&self) -> Vec<RawFd> {
        match self {
            Search::Air(air) => vec![air.fd()],
            Search::Hub(hub) => hub.fds().collect(),
        }
    }

    /// When it is to have a turn though nothing has come.
    pub(crate) fn next(&self) -> Option<Instant> {
        match self {
            Search::Air(_) => None,
            Search::Hub(hub) => hub.next(),
        }
    }
}

//! Nodes that are heard of, by their beacons and by gossip: some are admitted, and greeted.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use log::debug;

use super::admission::Verdict;
use super::bounds::Bounds;
use super::peer_state::PeerState;
use super::{Action, Machine};
use crate::zre::uuid::Uuid;
use crate::zre::wire::{Beacon, Hello, Packet};

impl Machine {
    /// A beacon came from there.
    pub(crate) fn beacon(&mut self, beacon: Beacon, from: IpAddr, now: Instant) {
        let Beacon { uuid, port } = beacon;
        if uuid == self.uuid {
            return;
        }
        if port == 0 {
            return self.farewell(uuid, from, now);
        }
        if let Some(known) = self.known.get_mut(&uuid) {
            known.note_beacon(from, now);
        }
        self.located(uuid, SocketAddr::new(from, port), now);
    }

    /// The address of a node is known: by its beacon, or by gossip.
    pub(crate) fn located(&mut self, uuid: Uuid, address: SocketAddr, now: Instant) {
        let late = self.known.get(&uuid).map(|known| known.is_late(now));
        if late == Some(false) {
            return;
        }
        let endpoint = format!("tcp://{address}");
        if uuid == self.uuid || endpoint == self.endpoint {
            return;
        }
        if let Some(known) = self.known.get(&uuid) {
            if known.endpoint == endpoint {
                return;
            }
            // It is not where somebody said in its name.
            self.drop_peer(uuid);
        }
        // In a flood of strangers this is all that each of them costs.
        if self.verdict(address.ip()) == Verdict::Refuse {
            return;
        }
        // One that was started anew at the same place: the other is asked whether it is there.
        let same = |known: &PeerState| known.endpoint == endpoint && known.open;
        if let Some((&other, _)) = self.known.iter().find(|(_, known)| same(known)) {
            return self.suspect(other, now);
        }
        if self.admit(uuid, endpoint, address.ip(), now) {
            let kept = self
                .without_address
                .take(uuid)
                .or_else(|| self.pending_claims.withdraw(uuid));
            self.admitted.extend(kept.map(|kept| (uuid, kept)));
        }
    }

    /// A goodbye in the name of a node came, which anybody can send: the node is asked itself.
    fn farewell(&mut self, uuid: Uuid, from: IpAddr, now: Instant) {
        if self
            .known
            .get(&uuid)
            .is_some_and(|known| known.host == from)
        {
            self.suspect(uuid, now);
        }
    }

    /// There is a sign that a node is gone: it is pinged, and has left if it does not answer.
    pub(crate) fn suspect(&mut self, uuid: Uuid, now: Instant) {
        if let Some(known) = self.known.get_mut(&uuid)
            && known.suspect(now)
        {
            self.any_suspects = true;
            if known.open {
                self.ping(uuid);
            }
        }
    }

    pub(super) fn ping(&mut self, peer: Uuid) {
        if let Some(known) = self.known.get_mut(&peer) {
            known.count_ping();
            let packet = Packet::Ping;
            self.actions.push(Action::Send { peer, packet });
        }
    }

    fn verdict(&self, host: IpAddr) -> Verdict {
        match self.known.len() < self.bounds.peers {
            true => self.admission.verdict(host, &self.bounds),
            false => Verdict::Refuse,
        }
    }

    /// Knows a node from here on, if there is room for one more that is not verified.
    pub(super) fn admit(
        &mut self,
        uuid: Uuid,
        endpoint: String,
        host: IpAddr,
        now: Instant,
    ) -> bool {
        let verdict = self.verdict(host);
        let other = match verdict {
            Verdict::Replace(most) => {
                let mut claims = self
                    .known
                    .iter()
                    .filter(|(_, it)| !it.verified && it.host == most);
                claims.next().map(|(uuid, _)| *uuid)
            }
            Verdict::Admit | Verdict::Refuse => None,
        };
        if let Some(other) = other {
            // Its place is this one's, not that of who waits for it.
            self.pending_claims.refuse(other);
            self.drop_peer(other);
        } else if verdict != Verdict::Admit {
            debug!("{}: no room for {uuid} at {endpoint}", self.name);
            return false;
        }
        self.admission.add(host);
        self.known.insert(uuid, PeerState::new(endpoint, host, now));
        self.waiting_for_socket.push_back(uuid);
        self.open_waiting();
        true
    }

    /// Opens sockets for the nodes that wait for one, as far as they may have one.
    pub(super) fn open_waiting(&mut self) {
        if self.waiting_for_socket.is_empty() {
            return;
        }
        let mut open: HashMap<IpAddr, usize> = HashMap::new();
        for known in self
            .known
            .values()
            .filter(|known| known.open && known.peer.is_none())
        {
            *open.entry(known.host).or_default() += 1;
        }
        let mut all: usize = open.values().sum();
        let Bounds {
            sockets,
            sockets_at_an_address,
            ..
        } = self.bounds;
        let mut waiting = std::mem::take(&mut self.waiting_for_socket);
        waiting.retain(|&uuid| {
            let Some(known) = self.known.get_mut(&uuid) else {
                return false;
            };
            // A node that has greeted us waits for our answer.
            if known.peer.is_none() {
                let count = open.entry(known.host).or_default();
                // An address of which there is nobody else has one in any case.
                let most = if all < sockets {
                    sockets_at_an_address
                } else {
                    1
                };
                if *count >= most {
                    return true;
                }
                *count += 1;
                all += 1;
            }
            known.open = true;
            let endpoint = known.endpoint.clone();
            self.actions.push(Action::Open {
                peer: uuid,
                endpoint,
            });
            let packet = Packet::Hello(self.hello());
            self.actions.push(Action::Send { peer: uuid, packet });
            self.ping(uuid);
            false
        });
        self.waiting_for_socket = waiting;
    }

    /// Greets a peer that may have forgotten our greeting.
    pub(super) fn greet_anew(&mut self, uuid: Uuid, now: Instant) {
        if let Some(known) = self.known.get_mut(&uuid)
            && known.close(now)
        {
            self.actions.push(Action::Close { peer: uuid });
            self.waiting_for_socket.push_back(uuid);
            self.open_waiting();
        }
    }

    fn hello(&self) -> Hello {
        Hello {
            endpoint: self.endpoint.clone(),
            groups: self.own_groups(),
            status: self.status,
            name: self.name.clone(),
            headers: self.headers.clone(),
        }
    }
}

//! Admitting nodes: which are known, and which of them have a socket.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use log::debug;

use super::admission::Verdict;
use super::bounds::Bounds;
use super::known_node::KnownNode;
use super::{Action, Machine};
use crate::endpoint::Endpoint;
use crate::security::PublicKey;
use crate::zre::uuid::Uuid;
use crate::zre::wire::Packet;

impl Machine {
    pub(super) fn verdict(&self, host: IpAddr) -> Verdict {
        match self.known.len() < self.bounds.known {
            true => self.admission.verdict(host, &self.bounds),
            false => Verdict::Refuse,
        }
    }

    /// Makes a node known, if there is room for one more that is not verified.
    pub(super) fn admit(
        &mut self,
        uuid: Uuid,
        address: SocketAddr,
        key: Option<PublicKey>,
        now: Instant,
    ) -> bool {
        let host = address.ip();
        let verdict = self.verdict(host);
        let other = match verdict {
            Verdict::Replace(most) => {
                let mut claims = self
                    .known
                    .iter()
                    .filter(|(_, it)| !it.verified && it.host() == most);
                claims.next().map(|(uuid, _)| *uuid)
            }
            Verdict::Admit | Verdict::Refuse => None,
        };
        if let Some(other) = other {
            // The slot is the newcomer's, not the claimant's of the dropped node's endpoint.
            self.pending_claims.refuse(other);
            self.drop_peer(other);
        } else if verdict != Verdict::Admit {
            debug!("{}: no room for {uuid} at {address}", self.name);
            return false;
        }
        self.admission.add(host);
        self.known.insert(uuid, KnownNode::new(address, key, now));
        self.waiting_for_socket.push_back(uuid);
        self.open_waiting();
        true
    }

    /// Opens sockets for the nodes that wait for one, as far as they may have one.
    pub(super) fn open_waiting(&mut self) {
        if self.waiting_for_socket.is_empty() {
            return;
        }
        let mut sockets_at: HashMap<IpAddr, usize> = HashMap::new();
        for known in self
            .known
            .values()
            .filter(|known| known.has_socket && known.greeted_as.is_none())
        {
            *sockets_at.entry(known.host()).or_default() += 1;
        }
        let mut all: usize = sockets_at.values().sum();
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
            if known.greeted_as.is_none() {
                let count = sockets_at.entry(known.host()).or_default();
                // An address without a socket gets one in any case.
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
            known.has_socket = true;
            let endpoint = Endpoint::at(known.address);
            self.actions.push(Action::Open {
                peer: uuid,
                endpoint,
                key: known.key,
            });
            let packet = Packet::Hello(self.hello());
            self.actions.push(Action::Send { peer: uuid, packet });
            self.ping(uuid);
            false
        });
        self.waiting_for_socket = waiting;
    }
}

//! Nodes that are heard of, by their beacons and by gossip, and signs that one has gone.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use super::admission::Verdict;
use super::known_node::KnownNode;
use super::{Action, Machine};
use crate::security::PublicKey;
use crate::zre::uuid::Uuid;
use crate::zre::wire::{Beacon, Packet};

impl Machine {
    /// A beacon came from there.
    pub(crate) fn beacon(&mut self, beacon: Beacon, from: IpAddr, now: Instant) {
        let Beacon { uuid, port, key } = beacon;
        if uuid == self.uuid || !self.is_as_secured(uuid, key) {
            return;
        }
        if port == 0 {
            return self.goodbye_beacon(uuid, from, now);
        }
        if let Some(known) = self.known.get_mut(&uuid)
            && known.key == key
        {
            known.note_beacon(from, now);
        }
        self.located(uuid, SocketAddr::new(from, port), key, now);
    }

    /// The address of a node is known, and its key if it has one: by its beacon, or by gossip.
    pub(crate) fn located(
        &mut self,
        uuid: Uuid,
        address: SocketAddr,
        key: Option<PublicKey>,
        now: Instant,
    ) {
        let late = self.known.get(&uuid).map(|known| known.is_late(now));
        if late == Some(false) {
            return;
        }
        if uuid == self.uuid || self.is_at(address) || !self.is_as_secured(uuid, key) {
            return;
        }
        if let Some(known) = self.known.get(&uuid) {
            if (known.address, known.key) == (address, key) {
                return;
            }
            // It is not where the earlier claim said, or not the owner of that key.
            self.drop_peer(uuid);
        }
        // A refused stranger costs nothing beyond this check.
        if self.verdict(address.ip()) == Verdict::Refuse {
            return;
        }
        // Another node has this endpoint; perhaps it was restarted. That node is asked first.
        let same = |known: &KnownNode| known.address == address && known.has_socket;
        if let Some((&other, _)) = self.known.iter().find(|(_, known)| same(known)) {
            return self.suspect(other, now);
        }
        if self.admit(uuid, address, key, now) {
            let kept = self
                .without_address
                .take(uuid)
                .or_else(|| self.pending_claims.withdraw(uuid));
            self.released.extend(kept.map(|kept| (uuid, kept)));
        }
    }

    /// A goodbye beacon in the name of a node came. Anybody can send one, so the node itself is asked.
    fn goodbye_beacon(&mut self, uuid: Uuid, from: IpAddr, now: Instant) {
        if self
            .known
            .get(&uuid)
            .is_some_and(|known| known.host() == from)
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
            if known.has_socket {
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
}

//! Peers that come and go: a peer is here once it has greeted us and is verified.

use log::info;

use super::quarantine::CheckedPacket;
use super::{Action, Machine};
use crate::zre::event::Event;
use crate::zre::peer::Peer;
use crate::zre::uuid::Uuid;

impl Machine {
    /// A node has answered at its endpoint.
    pub(super) fn answered(&mut self, from: Uuid) {
        let Some(known) = self.known.get_mut(&from) else {
            return;
        };
        let newly_verified = known.answered();
        if !known.is_suspect() {
            // It is there, so no claim to its endpoint is true.
            self.pending_claims.refuse(from);
        }
        if newly_verified {
            self.admission.verify(known.host());
            self.enter(from);
        }
    }

    /// Makes a node a peer that is here, and can be whispered to, if it has greeted us and is verified. Its
    /// earlier messages are then handled.
    pub(super) fn enter(&mut self, from: Uuid) {
        let Some(known) = self.known.get_mut(&from) else {
            return;
        };
        let Some(peer) = known.here().cloned() else {
            return;
        };
        info!(
            "{}: {:?} is here, at {}",
            self.name,
            peer.name(),
            peer.endpoint()
        );
        let groups = std::mem::take(&mut known.hello_groups);
        let enter = Event::Enter { peer: peer.clone() };
        self.actions.push(Action::Emit(enter));
        for group in groups {
            self.peer_joins(peer.clone(), group);
        }
        let kept = self.before_verified.take(from);
        for CheckedPacket(packet, rest) in kept.into_iter().flat_map(|kept| kept.messages) {
            self.receive_packet(peer.clone(), packet, rest);
        }
    }

    pub(super) fn peer_joins(&mut self, peer: Peer, group: String) {
        if self.groups.join(&group, peer.id()) {
            let joined = group.clone();
            self.actions.push(Action::Emit(Event::Join { peer, group }));
            self.election_changes(&joined);
        }
    }

    /// A peer has gone, or begins anew.
    pub(super) fn part_from(&mut self, peer: Peer) {
        info!(
            "{}: {:?} at {} is gone",
            self.name,
            peer.name(),
            peer.endpoint()
        );
        let uuid = peer.id();
        let groups = self.groups.of(uuid);
        for group in &groups {
            self.groups.leave(group, uuid);
        }
        self.actions.push(Action::Emit(Event::Exit { peer }));
        for group in &groups {
            self.election_loses(group, uuid);
        }
    }

    /// Forgets a node. It may become known again when it is heard of next.
    pub(crate) fn drop_peer(&mut self, uuid: Uuid) {
        let Some(known) = self.known.remove(&uuid) else {
            return;
        };
        self.admission
            .remove(known.host(), known.verified, known.bytes);
        self.before_verified.forget(uuid);
        if known.has_socket {
            self.actions.push(Action::Close { peer: uuid });
        }
        if let Some(peer) = known.here() {
            self.part_from(peer.clone());
        }
        self.released.extend(self.pending_claims.release(uuid));
        self.open_waiting();
    }
}

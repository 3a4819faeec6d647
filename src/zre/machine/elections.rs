//! Elections: each change of a group may give it another leader.

use std::time::Instant;

use super::election::{Election, ElectionMessage};
use super::messages::cost_of_group;
use super::{Action, Machine};
use crate::zre::event::Event;
use crate::zre::uuid::Uuid;

impl Machine {
    /// The leader of a group that we are in, once it is decided.
    pub(crate) fn leader(&self, group: &str) -> Option<Uuid> {
        self.elections.get(group)?.leader()
    }

    /// The lowest node of a group that contests for it.
    fn candidate(&self, group: &str) -> Option<Uuid> {
        let own =
            (self.own_groups.contains(group) && self.contests.contains(group)).then_some(self.uuid);
        let contests = |uuid: &Uuid| {
            let known = self.known.get(uuid);
            known.is_some_and(|known| known.contests.contains(group))
        };
        own.into_iter()
            .chain(self.groups.peers(group).find(contests))
            .min()
    }

    /// The members of a group that elect by messages, as zyre does.
    fn voters(&self, group: &str) -> Vec<Uuid> {
        let elects = |uuid: &Uuid| self.known.get(uuid).is_some_and(|known| known.elects);
        self.groups.peers(group).filter(elects).collect()
    }

    /// A node has joined a group, or contests in it.
    pub(super) fn election_changes(&mut self, group: &str) {
        if !self.elections.contains_key(group) {
            return;
        }
        let candidate = self.candidate(group);
        let voters = self.voters(group);
        let own = self.uuid;
        if let Some(election) = self.elections.get_mut(group) {
            election.change();
            let messages = match candidate {
                Some(candidate) if candidate == own => election.echo().challenge(own, &voters),
                Some(candidate) => election.echo().reconsider(own, candidate, &voters),
                None => Vec::new(),
            };
            self.send_election(group, messages);
        }
    }

    /// A peer is no longer in a group.
    pub(super) fn election_loses(&mut self, group: &str, peer: Uuid) {
        if !self.elections.contains_key(group) {
            return;
        }
        let candidate = self.candidate(group);
        if let Some(election) = self.elections.get_mut(group) {
            election.echo().forget(peer);
            if election.lose(peer, candidate) {
                self.emit_leader(group);
            }
            self.election_changes(group);
        }
    }

    /// We have joined a group.
    pub(super) fn election_begins(&mut self, group: &str) {
        self.elections.insert(group.to_owned(), Election::default());
        self.election_changes(group);
    }

    /// A peer tells of a node that contests: by its challenge, or as the winner.
    pub(super) fn receive_election(&mut self, from: Uuid, group: &str, message: ElectionMessage) {
        let (ElectionMessage::Elect(node) | ElectionMessage::Leader(node)) = message;
        if let Some(known) = self.known.get_mut(&from) {
            known.elects = true;
        }
        let is_member = self.groups.peers(group).any(|peer| peer == node);
        let known = self.known.get(&node);
        let is_new = known.is_some_and(|known| !known.contests.contains(group));
        // Kept even after it has left the group.
        if is_member && is_new && self.afford(node, cost_of_group(group)) {
            if let Some(known) = self.known.get_mut(&node) {
                known.contests.insert(group.to_owned());
            }
            self.election_changes(group);
        }
        let Some(candidate) = self.candidate(group) else {
            return;
        };
        let voters = self.voters(group);
        // The sender is not in the group, or is gone: nothing of it may be kept.
        if !voters.contains(&from) {
            return;
        }
        let own = self.uuid;
        if let Some(election) = self.elections.get_mut(group) {
            let messages = match message {
                ElectionMessage::Elect(_) => election
                    .echo()
                    .on_elect(from, node, own, candidate, &voters),
                ElectionMessage::Leader(_) => election.echo().on_leader(node, own, &voters),
            };
            self.send_election(group, messages);
        }
    }

    /// Time has passed: groups that have not changed for long have a leader.
    pub(super) fn decide_elections(&mut self, now: Instant) {
        let groups: Vec<String> = self.elections.keys().cloned().collect();
        for group in groups {
            let candidate = self.candidate(&group);
            let stable_for = self.timing.interval;
            if let Some(election) = self.elections.get_mut(&group)
                && election.tick(candidate, now, stable_for)
            {
                self.emit_leader(&group);
            }
        }
    }

    fn emit_leader(&mut self, group: &str) {
        if let Some(leader) = self.leader(group) {
            let peer = self.peer(leader);
            let group = group.to_owned();
            self.actions
                .push(Action::Emit(Event::Leader { peer, group }));
        }
    }

    fn send_election(&mut self, group: &str, messages: Vec<(Uuid, ElectionMessage)>) {
        let sends = messages.into_iter().map(|(peer, message)| Action::Send {
            peer,
            packet: message.packet(group),
        });
        self.actions.extend(sends);
    }
}

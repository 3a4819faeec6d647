//! Elections: what changes a group may change who leads it.

use std::time::Instant;

use super::election::{Election, ElectionMessage};
use super::messages::cost_of_group;
use super::{Action, Machine};
use crate::zre::event::Event;
use crate::zre::uuid::Uuid;

impl Machine {
    /// Who leads a group that we are in, once that is settled.
    pub(crate) fn leader(&self, group: &str) -> Option<Uuid> {
        self.elections.get(group)?.leader()
    }

    /// The lowest of those in a group who contest for it.
    fn best(&self, group: &str) -> Option<Uuid> {
        let own = (self.own.contains(group) && self.contests.contains(group)).then_some(self.uuid);
        let contests = |uuid: &Uuid| {
            let known = self.known.get(uuid);
            known.is_some_and(|known| known.contests.contains(group))
        };
        own.into_iter()
            .chain(self.groups.peers(group).find(contests))
            .min()
    }

    /// Those in a group who hold elections by messages.
    fn voters(&self, group: &str) -> Vec<Uuid> {
        let elects = |uuid: &Uuid| self.known.get(uuid).is_some_and(|known| known.elects);
        self.groups.peers(group).filter(elects).collect()
    }

    /// Somebody has joined a group, or contests in it.
    pub(super) fn election_changes(&mut self, group: &str) {
        let best = self.best(group);
        let voters = self.voters(group);
        let own = self.uuid;
        if let Some(election) = self.elections.get_mut(group) {
            election.change();
            let messages = match best {
                Some(best) if best == own => election.echo().challenge(own, &voters),
                Some(best) => election.echo().reconsider(own, best, &voters),
                None => Vec::new(),
            };
            self.say(group, messages);
        }
    }

    /// A peer is no longer in a group.
    pub(super) fn election_loses(&mut self, group: &str, peer: Uuid) {
        let best = self.best(group);
        if let Some(election) = self.elections.get_mut(group) {
            election.echo().forget(peer);
            if election.lose(peer, best) {
                self.tell_leader(group);
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
    pub(super) fn election_word(&mut self, from: Uuid, group: &str, message: ElectionMessage) {
        let (ElectionMessage::Elect(node) | ElectionMessage::Leader(node)) = message;
        if let Some(known) = self.known.get_mut(&from) {
            known.elects = true;
        }
        let is_member = self.groups.peers(group).any(|peer| peer == node);
        let known = self.known.get(&node);
        let is_new = known.is_some_and(|known| !known.contests.contains(group));
        // It is kept when it has left the group, too.
        if is_member && is_new && self.afford(node, cost_of_group(group)) {
            if let Some(known) = self.known.get_mut(&node) {
                known.contests.insert(group.to_owned());
            }
            self.election_changes(group);
        }
        let Some(best) = self.best(group) else { return };
        let voters = self.voters(group);
        let own = self.uuid;
        if let Some(election) = self.elections.get_mut(group) {
            let messages = match message {
                ElectionMessage::Elect(_) => election.echo().elect(from, node, own, best, &voters),
                ElectionMessage::Leader(_) => election.echo().leader(node, own, &voters),
            };
            self.say(group, messages);
        }
    }

    /// Time has passed: what has not changed for long is settled.
    pub(super) fn settle_elections(&mut self, now: Instant) {
        let groups: Vec<String> = self.elections.keys().cloned().collect();
        for group in groups {
            let best = self.best(&group);
            let settled = self.timing.interval;
            if let Some(election) = self.elections.get_mut(&group)
                && election.tick(best, now, settled)
            {
                self.tell_leader(&group);
            }
        }
    }

    fn tell_leader(&mut self, group: &str) {
        if let Some(leader) = self.leader(group) {
            let peer = self.peer(leader);
            let group = group.to_owned();
            self.actions
                .push(Action::Tell(Event::Leader { peer, group }));
        }
    }

    fn say(&mut self, group: &str, messages: Vec<(Uuid, ElectionMessage)>) {
        let sends = messages.into_iter().map(|(peer, message)| Action::Send {
            peer,
            packet: message.packet(group),
        });
        self.actions.extend(sends);
    }
}

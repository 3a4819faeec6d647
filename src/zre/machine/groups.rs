//! The peers of each group, and the groups of each peer.

use std::collections::{BTreeSet, HashMap};

use crate::zre::uuid::Uuid;

/// The peers of each group. A group without peers is not there.
#[derive(Debug, Default)]
pub(crate) struct Groups(HashMap<String, BTreeSet<Uuid>>);

impl Groups {
    /// Whether the peer was not in it yet.
    pub(crate) fn join(&mut self, group: &str, peer: Uuid) -> bool {
        match self.0.get_mut(group) {
            Some(peers) => peers.insert(peer),
            None => self.0.insert(group.to_owned(), [peer].into()).is_none(),
        }
    }

    /// Whether the peer was in it.
    pub(crate) fn leave(&mut self, group: &str, peer: Uuid) -> bool {
        let Some(peers) = self.0.get_mut(group) else {
            return false;
        };
        let was_in = peers.remove(&peer);
        if peers.is_empty() {
            self.0.remove(group);
        }
        was_in
    }

    pub(crate) fn contains(&self, group: &str, peer: Uuid) -> bool {
        self.0.get(group).is_some_and(|peers| peers.contains(&peer))
    }

    /// The groups that a peer is in, in order.
    pub(crate) fn of(&self, peer: Uuid) -> Vec<String> {
        let with = self.0.iter().filter(|(_, peers)| peers.contains(&peer));
        let mut names: Vec<_> = with.map(|(name, _)| name.clone()).collect();
        names.sort();
        names
    }

    /// The peers of a group.
    pub(crate) fn peers(&self, group: &str) -> impl Iterator<Item = Uuid> {
        self.0.get(group).into_iter().flatten().copied()
    }

    /// The names of all groups, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.0.keys().cloned().collect();
        names.sort();
        names
    }
}

//! The leader of a group: the lowest identity of its nodes that contest for it.
//!
//! Every node knows the members of a group. Ours tell by a header for which groups they contest, so all
//! of them come to the same leader without a message. zyre tells it only by the messages of its
//! election, an echo algorithm: a challenge goes from each node to all others, and back to the
//! challenger once it has come from all of them; then the challenger has won, and says so. We
//! take part in that as zyre expects it, with the nodes that do it, and learn from it which of them
//! contest.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::zre::uuid::Uuid;
use crate::zre::wire::{MOST, Packet};

/// The header that tells for which groups a node contests, one a line.
pub(crate) const HEADER: &str = "X-CONTEST";

/// The groups that a node with these headers contests for: no more than it can be in.
pub(crate) fn contests(headers: &[(String, String)]) -> impl Iterator<Item = String> {
    let values = headers.iter().filter(|(key, _)| key == HEADER);
    let groups = values.flat_map(|(_, groups)| groups.lines());
    groups.take(MOST).map(str::to_owned)
}

/// The election of one group that we are in.
#[derive(Debug, Default)]
pub(crate) struct Election {
    leader: Option<Uuid>,
    /// Whether the group has changed since the leader was found.
    changed: bool,
    /// Since when it has not changed any more.
    unchanged_since: Option<Instant>,
    echo: Echo,
}

impl Election {
    pub(crate) fn leader(&self) -> Option<Uuid> {
        self.leader
    }

    pub(crate) fn echo(&mut self) -> &mut Echo {
        &mut self.echo
    }

    /// The group has changed, or the nodes that contest in it.
    pub(crate) fn change(&mut self) {
        self.changed = true;
        self.unchanged_since = None;
    }

    /// Time has passed. A leader is found once the group has been the same for this long, so that
    /// nodes that join together do not lead one after the other. True if there is a new one.
    pub(crate) fn tick(
        &mut self,
        candidate: Option<Uuid>,
        now: Instant,
        stable_for: Duration,
    ) -> bool {
        let since = *self.unchanged_since.get_or_insert(now);
        self.changed && now.saturating_duration_since(since) >= stable_for && self.decide(candidate)
    }

    /// A peer has left. If it led, its successor leads immediately. True if there is one.
    pub(crate) fn lose(&mut self, peer: Uuid, candidate: Option<Uuid>) -> bool {
        self.leader == Some(peer) && self.decide(candidate)
    }

    fn decide(&mut self, candidate: Option<Uuid>) -> bool {
        self.changed = false;
        std::mem::replace(&mut self.leader, candidate) != candidate && candidate.is_some()
    }
}

/// The echo algorithm of one group: the messages that we have exchanged with its voters.
#[derive(Debug, Default)]
pub(crate) struct Echo {
    /// The node that challenges.
    challenger: Option<Uuid>,
    /// The node that sent the challenge to us, and waits until it comes back.
    parent: Option<Uuid>,
    /// The voters whose challenge came to us.
    received: BTreeSet<Uuid>,
    /// The voters that the challenge was sent to.
    sent: BTreeSet<Uuid>,
    /// The voters that were told the winner.
    informed: BTreeSet<Uuid>,
    /// Challenges that are not the candidate's, as far as we know, each by the node that sent it. It may
    /// have learnt before us that the candidate is gone.
    other_challenges: BTreeMap<Uuid, Uuid>,
}

/// A message to a voter: the challenge, or that the challenger has won.
pub(crate) enum ElectionMessage {
    Elect(Uuid),
    Leader(Uuid),
}

impl ElectionMessage {
    pub(crate) fn packet(&self, group: &str) -> Packet {
        let group = group.to_owned();
        match self {
            ElectionMessage::Elect(uuid) => Packet::Elect {
                group,
                challenger: uuid.to_string(),
            },
            ElectionMessage::Leader(uuid) => Packet::Leader {
                group,
                leader: uuid.to_string(),
            },
        }
    }
}

impl Echo {
    /// Another challenge than before; that of the same goes on.
    fn begin(&mut self, challenger: Uuid, parent: Option<Uuid>) {
        if self.challenger != Some(challenger) {
            *self = Echo {
                challenger: Some(challenger),
                parent,
                other_challenges: std::mem::take(&mut self.other_challenges),
                ..Echo::default()
            };
        }
    }

    /// A node begins anew, or is gone.
    pub(crate) fn forget(&mut self, peer: Uuid) {
        self.restart(peer);
        self.other_challenges.remove(&peer);
        if self.challenger == Some(peer) {
            *self = Echo {
                other_challenges: std::mem::take(&mut self.other_challenges),
                ..Echo::default()
            };
        }
    }

    /// Challenges the peers that have not had our challenge.
    pub(crate) fn challenge(&mut self, own: Uuid, peers: &[Uuid]) -> Vec<(Uuid, ElectionMessage)> {
        self.begin(own, None);
        self.forward(own, peers)
    }

    /// A challenge came. `candidate` is the lowest contesting node, as far as we know.
    pub(crate) fn on_elect(
        &mut self,
        from: Uuid,
        challenger: Uuid,
        own: Uuid,
        candidate: Uuid,
        peers: &[Uuid],
    ) -> Vec<(Uuid, ElectionMessage)> {
        if challenger == candidate {
            self.other_challenges.remove(&from);
            self.begin(challenger, (challenger != own).then_some(from));
            if self.received.contains(&from) {
                self.restart(from);
            }
            self.received.insert(from);
        } else {
            // Either the sender will hear of the candidate from the candidate itself, or it knows that the
            // candidate is gone. So we do not challenge in its name: zyre would wait for a dead node.
            self.restart(from);
            self.other_challenges.insert(from, challenger);
            if candidate != own {
                return Vec::new();
            }
            self.begin(own, None);
        }
        self.forward(own, peers)
    }

    /// The candidate may be another than before: its challenge may have come already.
    pub(crate) fn reconsider(
        &mut self,
        own: Uuid,
        candidate: Uuid,
        peers: &[Uuid],
    ) -> Vec<(Uuid, ElectionMessage)> {
        let waiting = self
            .other_challenges
            .iter()
            .filter(|(_, challenger)| **challenger == candidate);
        let waiting: Vec<Uuid> = waiting.map(|(from, _)| *from).collect();
        let messages = waiting
            .into_iter()
            .map(|from| self.on_elect(from, candidate, own, candidate, peers));
        messages.flatten().collect()
    }

    /// A node announces the winner.
    pub(crate) fn on_leader(
        &mut self,
        leader: Uuid,
        own: Uuid,
        peers: &[Uuid],
    ) -> Vec<(Uuid, ElectionMessage)> {
        if leader == own {
            return Vec::new();
        }
        self.begin(leader, None);
        self.inform(leader, peers)
    }

    fn restart(&mut self, peer: Uuid) {
        for peers in [&mut self.received, &mut self.sent, &mut self.informed] {
            peers.remove(&peer);
        }
    }

    /// Passes the challenge on, and back to where it came from once all have it.
    fn forward(&mut self, own: Uuid, peers: &[Uuid]) -> Vec<(Uuid, ElectionMessage)> {
        let Some(challenger) = self.challenger else {
            return Vec::new();
        };
        let whole = peers.iter().all(|peer| self.received.contains(peer));
        let mut messages = Vec::new();
        for &peer in peers {
            if (whole || Some(peer) != self.parent) && self.sent.insert(peer) {
                messages.push((peer, ElectionMessage::Elect(challenger)));
            }
        }
        if whole && challenger == own {
            messages.extend(self.inform(own, peers));
        }
        messages
    }

    fn inform(&mut self, leader: Uuid, peers: &[Uuid]) -> Vec<(Uuid, ElectionMessage)> {
        let new = peers.iter().filter(|peer| self.informed.insert(**peer));
        new.map(|&peer| (peer, ElectionMessage::Leader(leader)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uuid(n: u8) -> Uuid {
        Uuid::from([n; 16])
    }

    /// The recipient, kind and node of each message.
    fn told(messages: Vec<(Uuid, ElectionMessage)>) -> Vec<(u8, &'static str, u8)> {
        let told = messages.iter().map(|(peer, message)| {
            let (kind, node) = match message {
                ElectionMessage::Elect(node) => ("elect", node),
                ElectionMessage::Leader(node) => ("leader", node),
            };
            (peer.as_bytes()[0], kind, node.as_bytes()[0])
        });
        told.collect()
    }

    #[test]
    fn a_challenge_goes_to_all_and_back_once_it_has_come_from_all() {
        let (own, zyres) = (uuid(9), [uuid(1), uuid(2), uuid(3)]);
        let mut echo = Echo::default();
        let mut elect = |from| told(echo.on_elect(uuid(from), uuid(1), own, uuid(1), &zyres));
        assert_eq!(elect(2), [(1, "elect", 1), (3, "elect", 1)]);
        assert_eq!(elect(1), []);
        assert_eq!(elect(3), [(2, "elect", 1)]);
        assert_eq!(
            told(echo.on_leader(uuid(1), own, &zyres)),
            [(1, "leader", 1), (2, "leader", 1), (3, "leader", 1)]
        );
        assert_eq!(told(echo.on_leader(uuid(1), own, &zyres)), []);
    }

    #[test]
    fn a_challenge_counts_that_came_before_we_knew_that_the_best_is_gone() {
        let (own, zyres) = (uuid(9), [uuid(1), uuid(2)]);
        let mut echo = Echo::default();
        let messages = echo.on_elect(uuid(2), uuid(2), own, uuid(1), &zyres);
        assert_eq!(told(messages), []);
        echo.forget(uuid(1));
        let messages = echo.reconsider(own, uuid(2), &zyres[1..]);
        assert_eq!(told(messages), [(2, "elect", 2)]);
        assert_eq!(told(echo.reconsider(own, uuid(2), &zyres[1..])), []);
    }

    #[test]
    fn our_own_challenge_beats_a_higher_one_and_wins() {
        let (own, zyres) = (uuid(1), [uuid(2), uuid(3)]);
        let mut echo = Echo::default();
        let mut elect = |from, node| told(echo.on_elect(uuid(from), uuid(node), own, own, &zyres));
        assert_eq!(elect(3, 3), [(2, "elect", 1), (3, "elect", 1)]);
        assert_eq!(elect(3, 1), []);
        assert_eq!(elect(2, 1), [(2, "leader", 1), (3, "leader", 1)]);
        // One that begins anew is told anew, and nobody else.
        assert_eq!(elect(2, 2), [(2, "elect", 1)]);
        assert_eq!(elect(2, 1), [(2, "leader", 1)]);
    }

    #[test]
    fn no_node_contests_for_more_groups_than_it_can_be_in() {
        let groups = (0..2 * MOST).map(|n| n.to_string());
        let headers = [(HEADER.to_owned(), Vec::from_iter(groups).join("\n"))];
        assert_eq!(contests(&headers).count(), MOST);
    }
}

//! Nodes that claim the endpoint of another node. Their messages wait until that one is gone.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::quarantine::{KeptMessage, Quarantine, Quarantined};
use crate::zre::uuid::Uuid;

/// The claimants, the nodes whose endpoints they claim, and the messages that they have sent meanwhile.
/// Each endpoint has one claimant: the last that came.
#[derive(Debug, Default)]
pub(crate) struct PendingClaims {
    sent: Quarantine<KeptMessage>,
    holders: HashMap<Uuid, Uuid>,
    claimants: HashMap<Uuid, Uuid>,
}

impl PendingClaims {
    pub(crate) fn contains(&self, claimant: Uuid) -> bool {
        self.sent.contains(claimant)
    }

    /// Adds a claim: the HELLO of a node gives the endpoint of another node.
    pub(crate) fn claim(&mut self, claimant: Uuid, holder: Uuid, hello: KeptMessage, now: Instant) {
        self.withdraw(claimant);
        self.refuse(holder);
        self.holders.insert(claimant, holder);
        self.claimants.insert(holder, claimant);
        self.keep(claimant, hello, now);
    }

    /// Keeps a message that follows the HELLO.
    pub(crate) fn keep(&mut self, claimant: Uuid, frames: KeptMessage, now: Instant) {
        self.sent.keep(claimant, frames, now);
        self.clean();
    }

    /// Ends the claim of a node; gives the messages that it has sent.
    pub(crate) fn withdraw(&mut self, claimant: Uuid) -> Option<Quarantined<KeptMessage>> {
        if let Some(holder) = self.holders.remove(&claimant) {
            self.claimants.remove(&holder);
        }
        self.sent.take(claimant)
    }

    /// An endpoint is free; gives its claimant, and the messages that it has sent.
    pub(crate) fn release(&mut self, holder: Uuid) -> Option<(Uuid, Quarantined<KeptMessage>)> {
        let claimant = *self.claimants.get(&holder)?;
        Some((claimant, self.withdraw(claimant)?))
    }

    /// Refuses the claim to the endpoint of a node that is still there.
    pub(crate) fn refuse(&mut self, holder: Uuid) {
        self.release(holder);
    }

    /// Forgets claims that are as old as this.
    pub(crate) fn forget_old(&mut self, age: Duration, now: Instant) {
        self.sent.forget_old(age, now);
        self.clean();
    }

    /// Drops the claims of nodes that had to make room in the quarantine.
    fn clean(&mut self) {
        if self.holders.len() > self.sent.len() {
            self.holders
                .retain(|claimant, _| self.sent.contains(*claimant));
            self.claimants
                .retain(|_, claimant| self.sent.contains(*claimant));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zre::machine::quarantine::LIMITS;

    fn uuid(n: usize) -> Uuid {
        Uuid::from((n as u128).to_be_bytes())
    }

    fn kept(first: Vec<u8>) -> KeptMessage {
        KeptMessage {
            key: None,
            first,
            rest: None,
        }
    }

    #[test]
    fn one_waits_for_each_place() {
        let (mut claims, now) = (PendingClaims::default(), Instant::now());
        let frames = |n: u8| kept(vec![n]);
        claims.claim(uuid(1), uuid(9), frames(1), now);
        claims.claim(uuid(2), uuid(9), frames(2), now);
        assert!(!claims.contains(uuid(1)));
        claims.keep(uuid(2), frames(3), now);
        let (claimant, kept) = claims.release(uuid(9)).unwrap();
        assert_eq!(
            (claimant, kept.messages),
            (uuid(2), vec![frames(2), frames(3)])
        );
        assert!(claims.release(uuid(9)).is_none());
        // A node has one claim: the second ends the first.
        claims.claim(uuid(3), uuid(8), frames(1), now);
        claims.claim(uuid(3), uuid(7), frames(2), now);
        claims.refuse(uuid(8));
        assert!(claims.contains(uuid(3)));
        claims.refuse(uuid(7));
        assert!(!claims.contains(uuid(3)));
    }

    #[test]
    fn nothing_is_left_of_a_claimant_that_said_too_much() {
        let (mut claims, now) = (PendingClaims::default(), Instant::now());
        claims.claim(uuid(1), uuid(9), kept(vec![0; LIMITS.bytes]), now);
        assert!(claims.release(uuid(9)).is_none());
        assert!(claims.holders.is_empty() && claims.claimants.is_empty());
    }
}

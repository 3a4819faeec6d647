//! Nodes that say they are where another is: what they send waits until that one is gone.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::quarantine::{Frames, Quarantine, Quarantined};
use crate::zre::uuid::Uuid;

/// Who waits for whose place, and what they have sent meanwhile. One waits for each place: the one
/// that came last.
#[derive(Debug, Default)]
pub(crate) struct PendingClaims {
    sent: Quarantine<Frames>,
    holders: HashMap<Uuid, Uuid>,
    claimants: HashMap<Uuid, Uuid>,
}

impl PendingClaims {
    pub(crate) fn contains(&self, claimant: Uuid) -> bool {
        self.sent.contains(claimant)
    }

    /// A HELLO came that claims the place of another.
    pub(crate) fn claim(&mut self, claimant: Uuid, holder: Uuid, hello: Frames, now: Instant) {
        self.withdraw(claimant);
        self.refuse(holder);
        self.holders.insert(claimant, holder);
        self.claimants.insert(holder, claimant);
        self.keep(claimant, hello, now);
    }

    /// Keeps what follows the HELLO.
    pub(crate) fn keep(&mut self, claimant: Uuid, frames: Frames, now: Instant) {
        self.sent.keep(claimant, frames, now);
        self.clean();
    }

    /// A node claims no place any more; what it has sent.
    pub(crate) fn withdraw(&mut self, claimant: Uuid) -> Option<Quarantined<Frames>> {
        if let Some(holder) = self.holders.remove(&claimant) {
            self.claimants.remove(&holder);
        }
        self.sent.take(claimant)
    }

    /// A place is free; who has waited for it, and what it has sent.
    pub(crate) fn release(&mut self, holder: Uuid) -> Option<(Uuid, Quarantined<Frames>)> {
        let claimant = *self.claimants.get(&holder)?;
        Some((claimant, self.withdraw(claimant)?))
    }

    /// A place is not given away.
    pub(crate) fn refuse(&mut self, holder: Uuid) {
        self.release(holder);
    }

    /// Forgets who has waited for so long.
    pub(crate) fn forget_old(&mut self, age: Duration, now: Instant) {
        self.sent.forget_old(age, now);
        self.clean();
    }

    /// Who had to make room waits no longer.
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

    #[test]
    fn one_waits_for_each_place() {
        let (mut claims, now) = (PendingClaims::default(), Instant::now());
        let frames = |n: u8| (vec![n], None);
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
        // Who claims another place does not wait for the first.
        claims.claim(uuid(3), uuid(8), frames(1), now);
        claims.claim(uuid(3), uuid(7), frames(2), now);
        claims.refuse(uuid(8));
        assert!(claims.contains(uuid(3)));
        claims.refuse(uuid(7));
        assert!(!claims.contains(uuid(3)));
    }

    #[test]
    fn of_who_said_too_much_nothing_is_left() {
        let (mut claims, now) = (PendingClaims::default(), Instant::now());
        claims.claim(uuid(1), uuid(9), (vec![0; LIMITS.bytes], None), now);
        assert!(claims.release(uuid(9)).is_none());
        assert!(claims.holders.is_empty() && claims.claimants.is_empty());
    }
}

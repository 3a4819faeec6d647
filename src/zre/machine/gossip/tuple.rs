//! A tuple: where a node is said to be, and how often it was tried there.

use std::time::{Duration, Instant};

/// The first and the longest pause between two tries to reach a node that is told of.
pub(super) const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(64));

#[derive(Debug)]
pub(super) struct Tuple {
    pub(super) value: String,
    /// When it is tried next to reach the node.
    pub(super) due: Instant,
    pub(super) tries: u32,
    /// Whether the node was ever here.
    pub(super) was_here: bool,
    /// When a peer told it last.
    pub(super) told_at: Instant,
}

impl Tuple {
    /// It is tried now; the next try is due after a pause that grows.
    pub(super) fn schedule_next_try(&mut self, now: Instant) {
        let pause = PAUSES.0 * (1 << self.tries.min(6));
        self.due = now + pause.min(PAUSES.1);
        self.tries = self.tries.saturating_add(1);
    }
}

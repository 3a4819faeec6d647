//! A tuple: where a node is said to be, and how often it was tried there.

use std::time::{Duration, Instant};

/// The first and the longest pause before it is tried again to reach a node that is told of.
pub(super) const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(64));

#[derive(Debug)]
pub(super) struct Tuple {
    pub(super) value: String,
    /// When it is tried next to reach the node.
    pub(super) due: Instant,
    pub(super) tries: u32,
    /// Whether it was ever here.
    pub(super) met: bool,
    /// When it was told last.
    pub(super) heard: Instant,
}

impl Tuple {
    /// It is tried now, and again after a pause.
    pub(super) fn wait(&mut self, now: Instant) {
        let pause = PAUSES.0 * (1 << self.tries.min(6));
        self.due = now + pause.min(PAUSES.1);
        self.tries = self.tries.saturating_add(1);
    }
}

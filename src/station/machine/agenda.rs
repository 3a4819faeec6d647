//! What is going to happen in a simulation, in the order of time.

use std::collections::BTreeMap;
use std::time::Instant;

/// What is going to happen; of what happens at one time, first what was entered first.
#[derive(Debug)]
pub(super) struct Agenda<H> {
    by_time: BTreeMap<(Instant, u64), H>,
    count: u64,
}

impl<H> Default for Agenda<H> {
    fn default() -> Agenda<H> {
        Agenda {
            by_time: BTreeMap::new(),
            count: 0,
        }
    }
}

impl<H> Agenda<H> {
    pub(super) fn add(&mut self, at: Instant, happening: H) {
        self.count += 1;
        self.by_time.insert((at, self.count), happening);
    }

    pub(super) fn first(&self) -> Option<Instant> {
        self.by_time.first_key_value().map(|((at, _), _)| *at)
    }

    pub(super) fn next(&mut self) -> Option<H> {
        self.by_time.pop_first().map(|(_, happening)| happening)
    }
}

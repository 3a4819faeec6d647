//! When something is due, for each of many.

use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

/// One time for each key at most; the first is found at once.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    by_time: BTreeSet<(Instant, u64)>,
    by_key: HashMap<u64, Instant>,
}

impl Timers {
    /// Sets or changes the time of a key; or takes it away.
    pub(crate) fn set(&mut self, key: u64, at: Option<Instant>) {
        let before = match at {
            Some(at) => self.by_key.insert(key, at),
            None => self.by_key.remove(&key),
        };
        if before != at {
            before.map(|before| self.by_time.remove(&(before, key)));
            at.map(|at| self.by_time.insert((at, key)));
        }
    }

    pub(crate) fn first(&self) -> Option<Instant> {
        self.by_time.first().map(|(at, _)| *at)
    }

    /// A key whose time has come; its time is taken away.
    pub(crate) fn due(&mut self, now: Instant) -> Option<u64> {
        let (_, key) = *self.by_time.first().filter(|(at, _)| *at <= now)?;
        self.set(key, None);
        Some(key)
    }
}

//! The room that all flows of a receiver share.

use std::collections::VecDeque;

/// The bytes that a message costs beside its own.
const OVERHEAD: usize = 256;

/// The room, and the flows that wait for it: who came first is told first.
#[derive(Debug)]
pub(super) struct Pool {
    max: usize,
    used: usize,
    waiting: VecDeque<(u64, usize)>,
}

/// What a message of so many bytes takes of the room.
pub(super) fn cost(size: usize) -> usize {
    size.saturating_add(OVERHEAD)
}

impl Pool {
    pub(super) fn new(max: usize) -> Pool {
        Pool {
            max,
            used: 0,
            waiting: VecDeque::new(),
        }
    }

    pub(super) fn has_room(&self, cost: usize) -> bool {
        self.used.saturating_add(cost) <= self.max
    }

    /// Whether there is room once all is given back. What needs more would be waited for by all behind it, for ever.
    pub(super) fn may_have_room(&self, cost: usize) -> bool {
        cost <= self.max
    }

    /// Whether it is better to ask for less.
    pub(super) fn is_short(&self) -> bool {
        self.used > self.max / 2
    }

    pub(super) fn take(&mut self, cost: usize) {
        self.used += cost;
    }

    pub(super) fn give_back(&mut self, cost: usize) {
        self.used = self.used.saturating_sub(cost);
    }

    /// A flow needs so much room, and there is not.
    pub(super) fn wait(&mut self, token: u64, cost: usize) {
        self.waiting.push_back((token, cost));
    }

    /// The first that waits, if it has room now.
    pub(super) fn next_with_room(&mut self) -> Option<u64> {
        let (_, cost) = self.waiting.front()?;
        if !self.has_room(*cost) {
            return None;
        }
        self.waiting.pop_front().map(|(token, _)| token)
    }

    /// A flow is forgotten.
    pub(super) fn forget(&mut self, token: u64) {
        self.waiting.retain(|(waiting, _)| *waiting != token);
    }

    #[cfg(test)]
    pub(super) fn used(&self) -> usize {
        self.used
    }
}

//! How much a relay has passed on, and how much it has not.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::socket::Burst;

/// The messages that went one way through a relay, since it was started.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Traffic {
    /// Messages that were passed on: handed over to be sent.
    pub messages: u64,
    /// How many bytes there were in all their frames, those of envelopes too.
    pub bytes: u64,
    /// Messages that were received and not passed on.
    pub dropped: u64,
}

/// The counters of a relay; see [`RunningRelay::counters`](super::RunningRelay::counters).
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// From the input to the output.
    pub forward: Traffic,
    /// From the output to the input: replies, or subscriptions. Where nobody waits for them, because the relay
    /// acknowledges or has subscribed itself, those that came; they go nowhere.
    pub backward: Traffic,
    /// Replies that the relay has sent by itself: acknowledgements, answers of the filter, and error replies.
    pub answered: u64,
    /// Messages that the relay holds now, because the output has no room for them.
    pub held: u64,
}

/// The counters, as the relay's thread writes them.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) forward: Lane,
    pub(super) backward: Lane,
    pub(super) answered: Counter,
    pub(super) held: AtomicU64,
}

/// The counters of one direction.
#[derive(Debug, Default)]
pub(super) struct Lane {
    messages: Counter,
    bytes: Counter,
    dropped: Counter,
}

/// A number that only grows.
#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Lane {
    /// Counts a message that was passed on.
    pub(super) fn passed(&self, bytes: usize) {
        self.messages.add(1);
        self.bytes.add(bytes as u64);
    }

    /// Counts a message that was not passed on.
    pub(super) fn dropped(&self) {
        self.dropped.add(1);
    }

    pub(super) fn add(&self, burst: &Burst) {
        self.messages.add(burst.messages);
        self.bytes.add(burst.bytes);
        self.dropped.add(burst.dropped);
    }

    fn get(&self) -> Traffic {
        Traffic {
            messages: self.messages.get(),
            bytes: self.bytes.get(),
            dropped: self.dropped.get(),
        }
    }
}

impl Tally {
    pub(super) fn get(&self) -> Counters {
        Counters {
            forward: self.forward.get(),
            backward: self.backward.get(),
            answered: self.answered.get(),
            held: self.held.load(Ordering::Relaxed),
        }
    }

    pub(super) fn set_held(&self, messages: usize) {
        self.held.store(messages as u64, Ordering::Relaxed);
    }
}

//! The messages of a flow that have not ended, in order.

use std::collections::{BTreeSet, VecDeque};
use std::time::Instant;

use super::frames::Payload;

/// A message that has not ended.
#[derive(Debug)]
pub(super) struct Pending<M> {
    pub(super) message: M,
    pub(super) deadline: Instant,
    pub(super) at_most_once: bool,
    /// It was sent, ever.
    pub(super) was_sent: bool,
    /// It was sent under another token than the present.
    pub(super) was_sent_before: bool,
}

/// The messages from the base on. Of those that have ended before an earlier one, the place is left.
#[derive(Debug)]
pub(super) struct Outbox<M> {
    base: u64,
    slots: VecDeque<Slot<M>>,
    deadlines: BTreeSet<(Instant, u64)>,
    /// Of the messages that have not ended.
    bytes: usize,
    /// Of all messages that ever were.
    bytes_in_all: u64,
}

#[derive(Debug)]
struct Slot<M> {
    pending: Option<Pending<M>>,
    /// The bytes of all messages before.
    offset: u64,
}

impl<M: Payload> Outbox<M> {
    pub(super) fn new() -> Outbox<M> {
        Outbox {
            base: 0,
            slots: VecDeque::new(),
            deadlines: BTreeSet::new(),
            bytes: 0,
            bytes_in_all: 0,
        }
    }

    /// The first message that has not ended, or the next.
    pub(super) fn base(&self) -> u64 {
        self.base
    }

    /// The number of the next message.
    pub(super) fn next(&self) -> u64 {
        self.base + self.slots.len() as u64
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn push(&mut self, message: M, deadline: Instant, at_most_once: bool) -> u64 {
        let (seq, size) = (self.next(), message.size());
        self.slots.push_back(Slot {
            pending: Some(Pending {
                message,
                deadline,
                at_most_once,
                was_sent: false,
                was_sent_before: false,
            }),
            offset: self.bytes_in_all,
        });
        self.deadlines.insert((deadline, seq));
        self.bytes += size;
        self.bytes_in_all += size as u64;
        seq
    }

    fn place(&self, seq: u64) -> Option<usize> {
        usize::try_from(seq.checked_sub(self.base)?).ok()
    }

    /// A message, if it has not ended.
    pub(super) fn get(&self, seq: u64) -> Option<&Pending<M>> {
        self.slots.get(self.place(seq)?)?.pending.as_ref()
    }

    pub(super) fn get_mut(&mut self, seq: u64) -> Option<&mut Pending<M>> {
        let place = self.place(seq)?;
        self.slots.get_mut(place)?.pending.as_mut()
    }

    /// The bytes from the base up to this message, with it.
    pub(super) fn bytes_to(&self, seq: u64) -> u64 {
        let end = seq.saturating_add(1);
        let end = self.place(end).and_then(|place| self.slots.get(place));
        let end = end.map_or(self.bytes_in_all, |slot| slot.offset);
        let begin = self.slots.front().map_or(end, |slot| slot.offset);
        end.saturating_sub(begin)
    }

    /// A message has ended. The base goes on to the first that has not.
    pub(super) fn end(&mut self, seq: u64) -> Option<Pending<M>> {
        let place = self.place(seq)?;
        let ended = self.slots.get_mut(place)?.pending.take()?;
        self.deadlines.remove(&(ended.deadline, seq));
        self.bytes -= ended.message.size();
        while (self.slots.front()).is_some_and(|slot| slot.pending.is_none()) {
            self.slots.pop_front();
            self.base += 1;
        }
        Some(ended)
    }

    pub(super) fn first_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// One whose deadline is over.
    pub(super) fn expired(&self, now: Instant) -> Option<u64> {
        let first = self.deadlines.first().filter(|(at, _)| *at <= now);
        first.map(|(_, seq)| *seq)
    }
}

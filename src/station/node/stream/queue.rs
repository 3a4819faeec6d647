//! The items of a stream that have not ended: those that wait are in batches already.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, MutexGuard};

use super::counts::StreamCounts;
use crate::error::{Error, Result, Wait};
use crate::fork::ForkMutex;
use crate::station::body::Body;
use crate::station::end::End;
use crate::station::error::Error as StationError;
use crate::station::wire::{MAX_ITEMS, append_item, item_size};
use crate::wake::Deadline;

/// How many bytes all items that have not ended may have, and in how many batches they are: the outbox of a flow has room for
/// twice as much.
const MAX_BYTES: usize = 32 << 20;
const MAX_BATCHES: usize = 8192;

/// When a batch is sent, and how many items are kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) min_items: usize,
    pub(super) max_bytes: usize,
    pub(super) max_delay: Duration,
    /// How many items may have no end yet.
    pub(super) items: usize,
    pub(super) drops: bool,
}

/// The items that have not ended.
pub(super) struct Queue {
    state: ForkMutex<State>,
    limits: Limits,
    /// There is something to do for the thread.
    work: Condvar,
    /// Something has ended.
    ended: Condvar,
}

/// Items, as they are on the wire.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) items: usize,
    pub(super) bytes: Vec<u8>,
}

#[derive(Default)]
struct State {
    full: VecDeque<Batch>,
    filling: Batch,
    /// When the batch that is being filled has to go.
    goes_at: Option<Instant>,
    /// Of all that has not ended.
    held_items: usize,
    held_bytes: usize,
    held_batches: usize,
    counts: StreamCounts,
    /// How a batch ended that was not delivered, since the last flush.
    undelivered: Option<End>,
    /// The items of such, and how, that are to be logged.
    untold: Option<(usize, End)>,
    is_flushing: bool,
    is_closing: bool,
    /// That has ended the node.
    failure: Option<Error>,
}

/// What the thread of a stream has to do.
pub(super) enum Work {
    Send(Batch),
    /// So many items were not delivered.
    Tell(usize, End),
    Stop,
}

impl Queue {
    pub(super) fn new(limits: Limits) -> Queue {
        Queue {
            state: ForkMutex::default(),
            limits,
            work: Condvar::new(),
            ended: Condvar::new(),
        }
    }

    /// Takes an item, or drops it if there is no room and that is so wished.
    pub(super) fn push_or_drop(&self, body: &Body, max_frame: u64) -> Result<()> {
        if !self.limits.drops {
            return self.push(body, max_frame, Deadline::Never);
        }
        match self.push(body, max_frame, Deadline::Now) {
            Err(Error::WouldBlock) => {
                self.state.lock()?.counts.dropped += 1;
                Ok(())
            }
            other => other,
        }
    }

    /// Takes an item, waiting for room until then.
    pub(super) fn push(&self, body: &Body, max_frame: u64, deadline: Deadline) -> Result<()> {
        let long = |error: crate::station::wire::Oversized| StationError::TooLong {
            reason: error.to_string(),
        };
        let size = item_size(body.kind, &body.frames).map_err(long)?;
        if size as u64 > max_frame {
            let (size, max) = (size as u64, max_frame);
            return Err(Error::FrameTooLarge { size, max });
        }
        let mut state = self.state.lock()?;
        while !state.has_room(size, &self.limits) {
            if let Some(failure) = &state.failure {
                return Err(failure.clone());
            }
            if deadline.is_over() {
                return Err(deadline.error(|| Error::timeout(Wait::Room)));
            }
            deadline.wait(&self.ended, &mut state);
        }
        let max = self
            .limits
            .max_bytes
            .min(max_frame.try_into().unwrap_or(usize::MAX));
        let wakes = state.add(body, size, max, &self.limits);
        drop(state);
        if wakes {
            self.work.notify_one();
        }
        Ok(())
    }

    /// Has all that waits sent, and waits until what was taken so far has ended.
    pub(super) fn flush(&self, deadline: Deadline) -> Result<()> {
        let mut state = self.state.lock()?;
        let taken = state.counts.taken;
        state.is_flushing = true;
        self.work.notify_one();
        while state.counts.delivered + state.counts.undelivered < taken {
            if deadline.is_over() {
                return Err(Error::timeout(Wait::Confirmation));
            }
            deadline.wait(&self.ended, &mut state);
        }
        if let Some(failure) = &state.failure {
            return Err(failure.clone());
        }
        match state.undelivered.take() {
            Some(end) => Ok(end.into_result()?),
            None => Ok(()),
        }
    }

    pub(super) fn counts(&self) -> StreamCounts {
        let state = self.state.lock();
        state.map_or_else(|_| StreamCounts::default(), |state| state.counts)
    }

    /// What is to be done next, waiting for it.
    pub(super) fn next(&self) -> Work {
        let Ok(mut state) = self.state.lock() else {
            return Work::Stop;
        };
        loop {
            if let Some((items, end)) = state.untold.take() {
                return Work::Tell(items, end);
            }
            if let Some(batch) = state.next_batch(&self.limits) {
                state.counts.batches += 1;
                return Work::Send(batch);
            }
            if state.is_closing {
                return Work::Stop;
            }
            let until = state.goes_at.map_or(Deadline::Never, Deadline::At);
            until.wait(&self.work, &mut state);
        }
    }

    /// A batch has ended.
    pub(super) fn ended(&self, items: usize, bytes: usize, end: &End) {
        if let Ok(state) = self.state.lock() {
            self.end_in(state, items, bytes, end);
        }
    }

    fn end_in(&self, mut state: MutexGuard<'_, State>, items: usize, bytes: usize, end: &End) {
        state.held_items -= items;
        state.held_bytes -= bytes;
        state.held_batches -= 1;
        let is_delivered = end.has_arrived();
        let counts = &mut state.counts;
        match is_delivered {
            true => counts.delivered += items as u64,
            false => counts.undelivered += items as u64,
        }
        if !is_delivered {
            state.undelivered.get_or_insert_with(|| end.clone());
            let untold = state.untold.get_or_insert_with(|| (0, end.clone()));
            untold.0 += items;
            self.work.notify_one();
        }
        drop(state);
        self.ended.notify_all();
    }

    /// The node has ended: nothing is taken any more, and this batch was not sent.
    pub(super) fn fail(&self, items: usize, bytes: usize, failure: Error) {
        if let Ok(mut state) = self.state.lock() {
            state.failure.get_or_insert(failure);
            self.end_in(state, items, bytes, &End::NotSent);
        }
    }

    /// Has the thread send what waits, and end.
    pub(super) fn close(&self) {
        if let Ok(mut state) = self.state.lock() {
            state.is_closing = true;
            self.work.notify_one();
        }
    }
}

impl State {
    fn has_room(&self, size: usize, limits: &Limits) -> bool {
        self.failure.is_none()
            && self.held_items < limits.items
            && self.held_batches < MAX_BATCHES
            && (self.held_items == 0 || self.held_bytes + size <= MAX_BYTES)
    }

    /// Adds an item; whether the thread has to know.
    fn add(&mut self, body: &Body, size: usize, max: usize, limits: &Limits) -> bool {
        let mut wakes = false;
        let filling = &mut self.filling;
        let is_over = filling.bytes.len() + size > max || filling.items == MAX_ITEMS;
        if is_over && filling.items > 0 {
            self.full.push_back(std::mem::take(filling));
            wakes = true;
        }
        if filling.items == 0 {
            self.held_batches += 1;
            self.goes_at = Instant::now().checked_add(limits.max_delay);
            wakes = true;
        }
        append_item(&mut filling.bytes, body.kind, &body.frames);
        filling.items += 1;
        self.held_items += 1;
        self.held_bytes += size;
        self.counts.taken += 1;
        wakes || filling.items == limits.min_items
    }

    /// The next batch that is to go.
    fn next_batch(&mut self, limits: &Limits) -> Option<Batch> {
        if let Some(batch) = self.full.pop_front() {
            return Some(batch);
        }
        if self.filling.items == 0 {
            (self.goes_at, self.is_flushing) = (None, false);
            return None;
        }
        let is_enough = self.filling.items >= limits.min_items || self.is_flushing;
        let is_due = || self.goes_at.is_some_and(|at| at <= Instant::now());
        if !is_enough && !self.is_closing && !is_due() {
            return None;
        }
        self.goes_at = None;
        // The next may well have as many bytes.
        let bytes = Vec::with_capacity(self.filling.bytes.len());
        let next = Batch { items: 0, bytes };
        Some(std::mem::replace(&mut self.filling, next))
    }
}

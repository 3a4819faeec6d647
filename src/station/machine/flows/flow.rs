//! A flow, at its receiver.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::frames::{Parcel, Payload};
use super::key::FlowKey;
use super::window::Window;
use crate::station::wire::{Credit, Failed};

/// How long an ACK waits for others, at most.
const ACK_DELAY: Duration = Duration::from_millis(10);

/// How often an ACK is sent while a handler runs.
const RUNNING_INTERVAL: Duration = Duration::from_secs(1);

/// A message whose handler runs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Running {
    pub(super) seq: u64,
    pub(super) size: usize,
}

/// What a receiver knows of a flow.
#[derive(Debug)]
pub(super) struct Flow<M> {
    pub(super) key: FlowKey,
    /// The first message that was not accepted.
    pub(super) accepted: u64,
    pub(super) queue: VecDeque<Parcel<M>>,
    pub(super) running: Option<Running>,
    /// Those that failed, and of which the sender may not know.
    pub(super) failed: Vec<Failed>,
    pub(super) window: Window,
    /// The bytes in the queue and of the one that runs.
    pub(super) bytes: usize,
    /// It has to wait until the pool has room.
    pub(super) is_waiting: bool,
    /// When the sender was heard last.
    pub(super) heard: Instant,
    pub(super) keep_for: Duration,
    /// How many messages came since the last ACK.
    unacked: u32,
    ack_at: Option<Instant>,
    acked: Instant,
}

impl<M: Payload> Flow<M> {
    pub(super) fn new(key: FlowKey, base: u64, keep_for: Duration, now: Instant) -> Flow<M> {
        Flow {
            key,
            accepted: base,
            queue: VecDeque::new(),
            running: None,
            failed: Vec::new(),
            window: Window::default(),
            bytes: 0,
            is_waiting: false,
            heard: now,
            keep_for,
            unacked: 0,
            ack_at: None,
            acked: now,
        }
    }

    /// The first message that was not handled.
    pub(super) fn handled(&self) -> u64 {
        let running = self.running.map(|running| running.seq);
        let queued = || self.queue.front().map(|parcel| parcel.seq);
        running.or_else(queued).unwrap_or(self.accepted)
    }

    /// How many messages it holds.
    pub(super) fn held(&self) -> usize {
        self.queue.len() + usize::from(self.running.is_some())
    }

    /// What it is ready to take: nothing, if it waits for room.
    pub(super) fn credit(&self) -> Credit {
        match self.is_waiting {
            false => self.window.credit(),
            true => Credit {
                messages: 0,
                bytes: 0,
            },
        }
    }

    /// All below the base have ended: their failures are known.
    pub(super) fn forget_failures(&mut self, base: u64) {
        self.failed.retain(|failed| failed.seq >= base);
    }

    /// The message whose handler is to start; none while there are so many failures that the sender may not know.
    pub(super) fn start(&mut self, max_failures: usize) -> Option<Parcel<M>> {
        if self.running.is_some() || self.failed.len() >= max_failures {
            return None;
        }
        let parcel = self.queue.pop_front()?;
        self.running = Some(Running {
            seq: parcel.seq,
            size: parcel.message.size(),
        });
        Some(parcel)
    }

    /// There is something to be told. Gives whether it is to be told at once, since it is much.
    pub(super) fn owe_ack(&mut self, now: Instant) -> bool {
        self.unacked += 1;
        self.ack_at.get_or_insert(now + ACK_DELAY);
        self.unacked >= (u32::from(self.window.credit().messages) / 4).max(1)
    }

    pub(super) fn owes_ack(&self) -> bool {
        self.ack_at.is_some()
    }

    /// Whether an ACK is to be sent now.
    pub(super) fn is_ack_due(&self, now: Instant) -> bool {
        self.next_ack().is_some_and(|at| at <= now)
    }

    fn next_ack(&self) -> Option<Instant> {
        let running = self.running.map(|_| self.acked + RUNNING_INTERVAL);
        self.ack_at.into_iter().chain(running).min()
    }

    pub(super) fn acked(&mut self, now: Instant) {
        (self.unacked, self.ack_at, self.acked) = (0, None, now);
    }

    /// When it is to be forgotten, if nothing happens before.
    fn forgotten_at(&self) -> Option<Instant> {
        (self.held() == 0).then(|| self.heard + self.keep_for)
    }

    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.forgotten_at().is_some_and(|at| at <= now)
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        let times = self.next_ack().into_iter().chain(self.forgotten_at());
        times.min()
    }
}

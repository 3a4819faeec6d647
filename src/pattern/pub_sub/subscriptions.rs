//! The subscriptions to a publisher. libzmq keeps news of them until they are read.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use parking_lot::Mutex;

use crate::error::BoxedError;
use crate::message::Message;
use crate::socket::{BUDGET, LockedSocket, Progress, Socket};
use crate::wake::Waker;

/// How many subscriptions there are to each topic.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    counts: Mutex<BTreeMap<Vec<u8>, usize>>,
    /// The threads that wait for the counts to change. A thread that reads news wakes them, since
    /// the socket then has none left to wake them by.
    waiting: Mutex<Vec<Arc<Waker>>>,
    sent: AtomicU32,
}

/// A publisher that only sends reads news this rarely: reading costs a system call.
const READ_EVERY: u32 = 64;

impl Subscriptions {
    /// Reads news now and then, for a publisher that only sends.
    #[inline]
    pub(super) fn read_sometimes(&self, socket: &Socket) -> Result<(), BoxedError> {
        match self.sent.fetch_add(1, Ordering::Relaxed) % READ_EVERY {
            0 => self.read(socket),
            _ => Ok(()),
        }
    }

    /// Reads news, up to a number of them.
    fn read(&self, socket: &Socket) -> Result<(), BoxedError> {
        if socket.with(|locked| self.drain(locked))? == Progress::Again {
            // Many have come or gone: the next message reads on.
            self.sent.store(0, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Reads all news, unless they come faster than they are read.
    pub(super) fn drain_all(&self, locked: &mut LockedSocket<'_>) -> Result<(), BoxedError> {
        for _ in 0..BUDGET {
            if self.drain(locked)? != Progress::Again {
                break;
            }
        }
        Ok(())
    }

    /// Reads news: [`Progress::Again`] if there may be more.
    pub(super) fn drain(&self, locked: &mut LockedSocket<'_>) -> Result<Progress, BoxedError> {
        let mut news = Message::new();
        let mut counts = self.counts.lock();
        for taken in 0..BUDGET {
            let attempt = locked.recv(&mut news)?;
            if attempt != Progress::Done {
                if taken > 0 {
                    self.wake();
                }
                return Ok(attempt);
            }
            match news.as_bytes() {
                [1, topic @ ..] => *counts.entry(topic.to_vec()).or_default() += 1,
                [0, topic @ ..] => {
                    if let Some(count) = counts.get_mut(topic) {
                        *count -= 1;
                        if *count == 0 {
                            counts.remove(topic);
                        }
                    }
                }
                // A message from an XSUB, which means nothing to a publisher.
                _ => {}
            }
            news = Message::new();
        }
        self.wake();
        Ok(Progress::Again)
    }

    /// Wakes the threads that wait for the counts to change.
    fn wake(&self) {
        let mut waiting = self.waiting.lock();
        waiting.drain(..).for_each(|waker| waker.wake());
    }

    /// Wakes this at the next change.
    pub(super) fn wake_later(&self, waker: &Arc<Waker>) {
        let mut waiting = self.waiting.lock();
        if !waiting.iter().any(|other| Arc::ptr_eq(other, waker)) {
            waiting.push(waker.clone());
        }
    }

    /// Ends [`wake_later`](Self::wake_later).
    pub(super) fn wake_no_more(&self, waker: &Arc<Waker>) {
        let mut waiting = self.waiting.lock();
        waiting.retain(|other| !Arc::ptr_eq(other, waker));
    }

    /// How many there are to topics that match.
    pub(super) fn count(&self, matches: impl Fn(&[u8]) -> bool) -> usize {
        let counts = self.counts.lock();
        let matching = counts.iter().filter(|(topic, _)| matches(topic));
        matching.map(|(_, count)| count).sum()
    }
}

//! Messages that wait until somebody is there for them, up to so many.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use log::{debug, warn};
use parking_lot::Condvar;

use crate::background::Background;
use crate::error::{Error, Result};
use crate::fork::ForkMutex;
use crate::options::Options;
use crate::throttle::Throttle;

/// Where the messages of an outbox go.
pub(super) trait Outlet: Send + Sync + 'static {
    /// How the log calls it.
    const NAME: &'static str;

    /// Sends a message without waiting, if somebody takes it now.
    fn try_send(&self, message: &[u8]) -> bool;

    /// Waits until there is somebody, or it was closed: then it is false.
    fn wait_ready(&self) -> bool;

    /// Sends a message, in the outbox's thread; false if nobody is there any more. One that cannot be sent at all is logged,
    /// and done with.
    fn send(&self, message: &[u8]) -> bool;

    /// Ends all waits, for good.
    fn close(&self);
}

/// A bounded queue before an outlet, and the thread that empties it, once there is something in it.
pub(super) struct Outbox<O: Outlet> {
    shared: Arc<Shared<O>>,
    thread: ForkMutex<Option<Background>>,
}

struct Shared<O> {
    outlet: O,
    max: usize,
    queue: ForkMutex<Queue>,
    changed: Condvar,
    throttle: Throttle,
}

#[derive(Default)]
struct Queue {
    messages: VecDeque<Vec<u8>>,
    bytes: usize,
    /// Whether the thread has taken one and is sending it: those after it must wait.
    is_sending: bool,
    dropped: u64,
    is_closed: bool,
}

/// The most bytes of messages that wait.
const MAX_BYTES: usize = 64 << 20;

impl<O: Outlet> Outbox<O> {
    /// An outbox in which so many messages may wait.
    pub(super) fn new(outlet: O, max: usize) -> Outbox<O> {
        let shared = Shared {
            outlet,
            max,
            queue: ForkMutex::default(),
            changed: Condvar::new(),
            throttle: Throttle::new(),
        };
        Outbox {
            shared: Arc::new(shared),
            thread: ForkMutex::default(),
        }
    }

    pub(super) fn outlet(&self) -> &O {
        &self.shared.outlet
    }

    /// Sends a message, or has it wait: after those that wait already, the oldest of which is dropped if there is no room.
    pub(super) fn push(&self, message: Vec<u8>) -> Result<()> {
        let (size, max) = (message.len() as u64, Options::default().max_frame);
        if size > max {
            return Err(Error::FrameTooLarge { size, max });
        }
        let shared = &self.shared;
        let mut queue = shared.queue.lock()?;
        let is_first = queue.messages.is_empty() && !queue.is_sending;
        if is_first && shared.outlet.try_send(&message) {
            return Ok(());
        }
        queue.push(message);
        let dropped = queue.drop_oldest(shared.max);
        drop(queue);
        if dropped > 0
            && let Some(left_out) = shared.throttle.admit()
        {
            let (name, max, bytes) = (O::NAME, shared.max, MAX_BYTES >> 20);
            warn!(
                "zmqrpc: nobody takes what is to be {name}, and {max} messages wait already, or {bytes} MiB of \
                 them: the oldest was dropped{left_out}"
            );
        }
        shared.changed.notify_one();
        self.start()
    }

    /// Starts the thread, unless there is one.
    fn start(&self) -> Result<()> {
        let mut thread = self.thread.lock()?;
        if thread.is_none() {
            let (own, by_drop) = (self.shared.clone(), self.shared.clone());
            let run = move || own.empty();
            let close = move || by_drop.close();
            *thread = Some(Background::start("zeroless-zmqrpc-outbox", close, || {
                Ok(run)
            })?);
        }
        Ok(())
    }

    /// How many messages wait.
    pub(super) fn waiting(&self) -> usize {
        let queue = self.shared.queue.lock();
        queue.map_or(0, |queue| {
            queue.messages.len() + usize::from(queue.is_sending)
        })
    }

    /// How many were dropped so far.
    pub(super) fn dropped(&self) -> u64 {
        self.shared.queue.lock().map_or(0, |queue| queue.dropped)
    }
}

impl<O: Outlet> Shared<O> {
    /// Sends what waits, whenever somebody is there, until it is closed.
    fn empty(&self) {
        while self.wait_message() && self.outlet.wait_ready() {
            while let Some(message) = self.take() {
                let is_sent = self.outlet.send(&message);
                let Ok(mut queue) = self.queue.lock() else {
                    return;
                };
                queue.is_sending = false;
                if !is_sent {
                    queue.bytes += message.len();
                    queue.messages.push_front(message);
                    break;
                }
            }
        }
    }

    /// Waits until there is a message; false if it was closed.
    fn wait_message(&self) -> bool {
        let Ok(mut queue) = self.queue.lock() else {
            return false;
        };
        let is_idle = |queue: &mut Queue| queue.messages.is_empty() && !queue.is_closed;
        self.changed.wait_while(&mut queue, is_idle);
        !queue.is_closed
    }

    fn take(&self) -> Option<Vec<u8>> {
        let mut queue = self.queue.lock().ok()?;
        if queue.is_closed {
            return None;
        }
        let message = queue.messages.pop_front()?;
        queue.bytes -= message.len();
        queue.is_sending = true;
        Some(message)
    }

    fn close(&self) {
        if let Ok(mut queue) = self.queue.lock() {
            queue.is_closed = true;
        }
        self.changed.notify_all();
        self.outlet.close();
    }
}

impl Queue {
    fn push(&mut self, message: Vec<u8>) {
        self.bytes += message.len();
        self.messages.push_back(message);
    }

    fn drop_oldest(&mut self, max: usize) -> u64 {
        let mut dropped = 0;
        while self.messages.len() > max || self.bytes > MAX_BYTES {
            let Some(oldest) = self.messages.pop_front() else {
                break;
            };
            self.bytes -= oldest.len();
            dropped += 1;
        }
        self.dropped += dropped;
        dropped
    }
}

impl<O: Outlet> Drop for Outbox<O> {
    fn drop(&mut self) {
        if let Ok(thread) = self.thread.lock().as_deref_mut() {
            drop(thread.take());
        }
        self.shared.close();
        match self.waiting() {
            0 => debug!("zmqrpc: all that was to be {} was taken", O::NAME),
            left => warn!(
                "zmqrpc: {left} messages were not {}: nobody was there",
                O::NAME
            ),
        }
    }
}

impl<O: Outlet> fmt::Debug for Outbox<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox")
            .field("waiting", &self.waiting())
            .field("dropped", &self.dropped())
            .finish_non_exhaustive()
    }
}

//! The part of a node that its thread, its workers and all its handles share.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Instant;

use crossbeam_channel::Receiver;
use log::{error, warn};
use parking_lot::{Condvar, Mutex, MutexGuard};

use super::core::{Core, Effects, Settings, Submitted, outgoing};
use super::handlers::Handlers;
use super::requests::{Answer, RequestId};
use crate::error::{Error, Result, Wait};
use crate::fork::ForkMutex;
use crate::station::body::Body;
use crate::station::machine::Outcome;
use crate::station::message::{Composed, Finish, Message, MessageBuilder, Receipt};
use crate::station::pending::Pending;
use crate::station::presence::Presence;
use crate::station::ticket::{Tell, Ticket};
use crate::wake::{Deadline, Waker};

/// A node: its state, its handlers, and the wake-up of its thread.
pub(in crate::station) struct SharedNode {
    core: ForkMutex<Core>,
    /// Something has changed that a thread may wait for.
    changed: Condvar,
    waker: Arc<Waker>,
    pub(in crate::station) handlers: Handlers,
    own: Weak<SharedNode>,
    is_closing: AtomicBool,
    is_stopped: AtomicBool,
    failure: OnceLock<Error>,
}

/// A message that was taken: its ticket, and where its reply comes if it is a request.
pub(in crate::station) struct Taken {
    pub(in crate::station) ticket: Ticket,
    pub(in crate::station) reply: Option<(RequestId, Receiver<Answer>)>,
}

impl SharedNode {
    pub(in crate::station) fn new(settings: &Settings) -> Result<Arc<SharedNode>> {
        let core = Core::new(settings, Instant::now())?;
        let waker = Arc::new(Waker::new()?);
        Ok(Arc::new_cyclic(|own| SharedNode {
            core: ForkMutex::new(core),
            changed: Condvar::new(),
            waker,
            handlers: Handlers::new(),
            own: own.clone(),
            is_closing: AtomicBool::new(false),
            is_stopped: AtomicBool::new(false),
            failure: OnceLock::new(),
        }))
    }

    pub(in crate::station) fn waker(&self) -> &Arc<Waker> {
        &self.waker
    }

    /// Whether the thread is to end.
    pub(in crate::station) fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Acquire)
    }

    /// Has the thread end.
    pub(in crate::station) fn stop(&self) {
        self.is_stopped.store(true, Ordering::Release);
        self.waker.wake();
        self.changed.notify_all();
    }

    /// Ends the node for an error.
    pub(super) fn fail(&self, failure: Error) {
        error!("a node has ended: {failure}");
        let _ = self.failure.set(failure);
        if let Ok(mut core) = self.core.lock() {
            core.give_up(Instant::now());
        }
        self.changed.notify_all();
        self.begin_close();
    }

    /// No handler starts from now on, and nothing more is taken.
    pub(in crate::station) fn begin_close(&self) {
        self.is_closing.store(true, Ordering::Release);
        if let Ok(mut core) = self.core.lock() {
            core.close();
        }
        let left = self.handlers.close();
        left.into_iter().for_each(Message::abandon);
        self.changed.notify_all();
    }

    /// An error once it has ended.
    pub(in crate::station) fn check(&self) -> Result<()> {
        self.core.check()?;
        match self.failure.get() {
            Some(failure) => Err(failure.clone()),
            None if self.is_closing.load(Ordering::Acquire) => Err(Error::Stopped),
            None => Ok(()),
        }
    }

    /// An error in a child of the process that made it.
    pub(in crate::station) fn check_process(&self) -> Result<()> {
        Ok(self.core.check()?)
    }

    /// Reads the state.
    pub(in crate::station) fn read<T>(&self, read: impl FnOnce(&Core) -> T) -> Result<T> {
        Ok(read(&*self.core.lock()?))
    }

    /// Changes the state, and nothing follows.
    pub(super) fn read_mut<T>(&self, change: impl FnOnce(&mut Core) -> T) -> Result<T> {
        Ok(change(&mut *self.core.lock()?))
    }

    /// Changes the state, and does what follows. Whatever tells a user something is done without the lock.
    pub(in crate::station) fn update<T>(&self, update: impl FnOnce(&mut Core) -> T) -> Result<T> {
        let mut core = self.core.lock()?;
        let result = update(&mut core);
        let effects = self.finish_update(core);
        self.perform(effects);
        Ok(result)
    }

    fn finish_update(&self, mut core: MutexGuard<'_, Core>) -> Effects {
        core.settle(Instant::now());
        let effects = core.take_effects();
        let wakes = std::mem::take(&mut core.is_asleep);
        drop(core);
        if wakes {
            self.waker.wake();
        }
        effects
    }

    fn perform(&self, effects: Effects) {
        for parcel in effects.started {
            let receipt = Receipt {
                node: self.own.clone(),
                token: parcel.token,
                failure: Mutex::new(None),
            };
            if let Some(message) = Message::first(parcel.message, receipt) {
                self.handlers.dispatch(message);
            }
        }
        for (id, reply) in effects.answers {
            if let Ok(mut core) = self.core.lock() {
                core.answer(&id, Ok(Message::new(reply, None)));
            }
        }
        if let Some(failure) = effects.failure {
            self.fail(failure.into());
        }
        if effects.has_changed {
            self.changed.notify_all();
        }
    }

    /// Takes a message, waiting for room until then.
    pub(in crate::station) fn submit(
        &self,
        composed: Composed,
        body: Body,
        deadline: Deadline,
    ) -> Result<Taken> {
        self.submit_telling(composed, body, None, deadline)
    }

    /// The same; its end is told to a function, which must not use the node.
    pub(in crate::station) fn submit_telling(
        &self,
        mut composed: Composed,
        body: Body,
        tell: Option<Tell>,
        deadline: Deadline,
    ) -> Result<Taken> {
        let name = self.read(|core| core.name().to_owned())?;
        let message = outgoing(&name, &mut composed, body)?;
        let (ticket, slot) = Ticket::new(&composed.to, tell);
        let mut core = self.core.lock()?;
        loop {
            self.check()?;
            match core.submit(&composed, &message, &slot, Instant::now())? {
                Submitted::Done(reply) => {
                    let effects = self.finish_update(core);
                    self.perform(effects);
                    return Ok(Taken { ticket, reply });
                }
                Submitted::NoRoom if deadline.is_over() => {
                    return Err(deadline.error(|| Error::timeout(Wait::Room)));
                }
                Submitted::NoRoom => deadline.wait(&self.changed, &mut core),
            }
        }
    }

    /// Waits until something is so; false if it is not by then.
    pub(in crate::station) fn wait_until(
        &self,
        deadline: Deadline,
        is_so: impl Fn(&Core) -> bool,
    ) -> Result<bool> {
        let mut core = self.core.lock()?;
        loop {
            if is_so(&core) {
                return Ok(true);
            }
            if let Some(failure) = self.failure.get() {
                return Err(failure.clone());
            }
            if deadline.is_over() || self.is_stopped() {
                return Ok(false);
            }
            deadline.wait(&self.changed, &mut core);
        }
    }

    /// A lane for a stream to this node.
    pub(in crate::station) fn take_lane(&self, to: &str) -> Result<u8> {
        self.check()?;
        let lane = self.read_mut(|core| core.lanes.take(to))?;
        lane.ok_or_else(|| Error::InvalidOption {
            option: "stream",
            reason: format!("this node has 255 streams to `{to}`: drop one"),
        })
    }

    pub(in crate::station) fn give_lane_back(&self, to: &str, lane: u8) {
        let _ = self.read_mut(|core| core.lanes.give_back(to, lane));
    }

    /// Tells of addresses, from now on.
    pub(in crate::station) fn watch(&self, prefix: &str) -> Result<(u64, Receiver<Presence>)> {
        self.check()?;
        self.update(|core| core.watch(prefix, Instant::now()))
    }

    pub(in crate::station) fn unwatch(&self, watcher: u64) {
        let _ = self.update(|core| core.unwatch(watcher, Instant::now()));
    }

    /// What event loops wait for that watch: `None` if it can always be read.
    pub(in crate::station) fn watcher_waker(&self, watcher: u64) -> Option<Arc<Waker>> {
        match self.read_mut(|core| core.watcher_waker(watcher)).ok()?? {
            Ok(waker) => Some(waker),
            Err(error) => {
                warn!("an event loop cannot wait for presence: {error}; it looks all the time");
                let _ = self.read_mut(|core| core.watcher_stand_in(watcher, &self.waker));
                None
            }
        }
    }

    /// Whoever watches has found nothing in this queue; false if there is something by now.
    pub(in crate::station) fn found_no_event(
        &self,
        watcher: u64,
        queue: &Receiver<Presence>,
    ) -> Result<bool> {
        self.read_mut(|core| core.found_no_event(watcher, queue))
    }

    pub(in crate::station) fn addresses(&self, prefix: &str) -> Result<Vec<String>> {
        self.update(|core| core.list(prefix, Instant::now()))
    }

    pub(in crate::station) fn pending(&self) -> Result<Vec<Pending>> {
        self.read(|core| core.pending(Instant::now()))
    }

    /// Ends all messages that have not ended; gives how many somebody waited for.
    pub(in crate::station) fn give_up(&self) -> usize {
        let ended = self.update(|core| {
            let left = core.confirmable();
            core.give_up(Instant::now());
            left
        });
        ended.unwrap_or(0)
    }

    /// Nobody waits for a reply any more.
    pub(in crate::station) fn forget_request(&self, id: &RequestId) {
        if let Ok(mut core) = self.core.lock() {
            core.forget_request(id);
        }
    }
}

impl Finish for SharedNode {
    fn finish(&self, token: u64, seq: u64, outcome: Outcome) {
        let now = Instant::now();
        let _ = self.update(|core| core.finished(token, seq, outcome, now));
        self.changed.notify_all();
    }

    fn abandon(&self) {
        if let Ok(mut core) = self.core.lock() {
            core.abandoned();
        }
        self.changed.notify_all();
    }

    fn handle(&self, message: Message) {
        self.handlers.dispatch(message);
    }

    fn reply(&self, message: MessageBuilder) -> Result<Ticket> {
        self.core.check()?;
        let (composed, body) = message.finish()?;
        Ok(self.submit(composed, body, Deadline::Never)?.ticket)
    }
}

impl fmt::Debug for SharedNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedNode").finish_non_exhaustive()
    }
}

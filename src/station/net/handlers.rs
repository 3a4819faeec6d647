//! The handlers of a node, by key, and the queue of those that take messages in a loop.

use std::collections::HashMap;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use log::warn;
use parking_lot::Mutex;

use crate::background::caught;
use crate::station::message::Message;
use crate::station::wire::Fault;
use crate::wake::{ReadySignal, Waker};

/// How long after the start of a node a message waits for its handler: the program may be about to name it.
const GRACE: Duration = Duration::from_secs(1);

/// A handler, whatever it takes: it gives the reason if it fails.
pub(in crate::station) type Handler = Arc<dyn Fn(&Message) -> Result<(), String> + Send + Sync>;

/// Whom messages are for.
pub(in crate::station) struct Handlers {
    state: Mutex<State>,
    jobs: Receiver<Job>,
    loops: Receiver<Message>,
    grace_ends: Instant,
    /// No handler starts any more.
    is_closed: AtomicBool,
    /// The waker that event loops wait for, once one has asked.
    readiness: OnceLock<Arc<Waker>>,
}

struct State {
    listeners: HashMap<String, Handler>,
    /// `None` once the node has ended.
    channels: Option<(Sender<Job>, Sender<Message>)>,
    has_loop: bool,
    /// Those that came before their handler.
    early: Vec<Message>,
    /// For event loops.
    ready: ReadySignal,
}

/// Where a message belongs.
enum Place {
    /// It is there.
    Found,
    /// It has no listener.
    None(Message),
    /// The node has ended.
    Closed(Message),
}

/// A message and its handler.
struct Job(Message, Handler);

impl Handlers {
    pub(in crate::station) fn new() -> Handlers {
        // What is under way is bounded: a message for each flow.
        let (job, jobs) = crossbeam_channel::unbounded();
        let (message, loops) = crossbeam_channel::unbounded();
        Handlers {
            state: Mutex::new(State {
                listeners: HashMap::new(),
                channels: Some((job, message)),
                has_loop: false,
                early: Vec::new(),
                ready: ReadySignal::default(),
            }),
            jobs,
            loops,
            grace_ends: Instant::now() + GRACE,
            is_closed: AtomicBool::new(false),
            readiness: OnceLock::new(),
        }
    }

    /// Names the handler of a key; gives whether there was none before.
    pub(in crate::station) fn listen(&self, key: String, handler: Handler) -> bool {
        let is_new = {
            let mut state = self.state.lock();
            state.listeners.insert(key, handler).is_none()
        };
        self.look_again();
        is_new
    }

    /// Ends the handler of a key.
    pub(in crate::station) fn unlisten(&self, key: &str) -> bool {
        self.state.lock().listeners.remove(key).is_some()
    }

    /// Somebody takes messages in a loop, from now on.
    pub(in crate::station) fn begin_loop(&self) {
        self.state.lock().has_loop = true;
        self.look_again();
    }

    pub(in crate::station) fn loops(&self) -> &Receiver<Message> {
        &self.loops
    }

    /// What event loops wait for: that of another waker that can always be read, if there is no file for one.
    pub(in crate::station) fn readiness<'a>(&'a self, other: &'a Arc<Waker>) -> BorrowedFd<'a> {
        let made = self.readiness.get_or_init(|| {
            let mut state = self.state.lock();
            match state.ready.waker() {
                Ok(waker) => waker.clone(),
                Err(error) => {
                    warn!("an event loop cannot wait for a node: {error}; it looks all the time");
                    state.ready.stand_in(other);
                    other.clone()
                }
            }
        });
        match Arc::ptr_eq(made, other) {
            true => other.always_readable(),
            false => made.as_fd(),
        }
    }

    /// Nothing was found in the loop's queue; false if there is something by now.
    pub(in crate::station) fn found_nothing(&self) -> bool {
        let mut state = self.state.lock();
        let is_empty = self.loops.is_empty();
        if is_empty {
            state.ready.turn_off();
        }
        is_empty
    }

    /// Hands a message to its handler. Of a batch whose items have none, all have none.
    pub(super) fn dispatch(&self, message: Message) {
        let mut next = Some(message);
        while let Some(message) = next {
            // Whatever is dropped here is dropped without the lock: it tells the node.
            next = match self.place(message) {
                Place::Found => None,
                Place::None(message) => {
                    message.fail(format_args!("no listener for {}", message.key()));
                    message.end()
                }
                Place::Closed(message) => {
                    message.abandon();
                    None
                }
            };
        }
    }

    fn place(&self, message: Message) -> Place {
        let mut state = self.state.lock();
        let State {
            listeners,
            channels,
            has_loop,
            early,
            ready,
        } = &mut *state;
        let Some((jobs, loops)) = channels else {
            return Place::Closed(message);
        };
        if let Some(handler) = listeners.get(message.key()) {
            let sent = jobs.send(Job(message, handler.clone()));
            return sent.map_or_else(|unsent| Place::Closed(unsent.0.0), |()| Place::Found);
        }
        if *has_loop {
            let sent = loops.send(message);
            ready.turn_on();
            return sent.map_or_else(|unsent| Place::Closed(unsent.0), |()| Place::Found);
        }
        if Instant::now() < self.grace_ends {
            early.push(message);
            return Place::Found;
        }
        Place::None(message)
    }

    /// Looks whether the messages that came before their handler have one now.
    fn look_again(&self) {
        let early = std::mem::take(&mut self.state.lock().early);
        early.into_iter().for_each(|message| self.dispatch(message));
    }

    /// When they are to be looked at again, if nothing happens before.
    pub(super) fn next_look(&self) -> Option<Instant> {
        let has_early = !self.state.lock().early.is_empty();
        has_early.then_some(self.grace_ends)
    }

    /// Looks at those again whose time is over.
    pub(super) fn look_if_due(&self, now: Instant) {
        if now >= self.grace_ends {
            self.look_again();
        }
    }

    /// Runs handlers, one after the other, until the node ends.
    pub(in crate::station) fn work(&self) {
        while let Ok(Job(message, handler)) = self.jobs.recv() {
            let mut next = Some(message);
            while let Some(message) = next {
                if self.is_closed.load(Ordering::Acquire) {
                    message.abandon();
                    break;
                }
                match caught(|| handler(&message)) {
                    Ok(Ok(())) => {}
                    Ok(Err(reason)) => message.fail(reason),
                    Err(words) => message.fail_by(Fault::Panic, words),
                }
                // Its end is told before the next begins; a handler of the user's may panic as it is dropped.
                next = message.end();
            }
        }
    }

    /// No handler starts from now on. The messages that wait for one are given back: to be dropped without being handled.
    pub(super) fn close(&self) -> Vec<Message> {
        self.is_closed.store(true, Ordering::Release);
        let mut state = self.state.lock();
        state.channels = None;
        state.ready.turn_on();
        state.ready.end();
        let mut left = std::mem::take(&mut state.early);
        drop(state);
        left.extend(self.jobs.try_iter().map(|job| job.0));
        left.extend(self.loops.try_iter());
        left
    }
}

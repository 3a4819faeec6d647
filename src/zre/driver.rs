//! The thread of a node: it hands what comes in to the state machine, and does what that says.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use log::{Level, info, log, warn};
use nix::time::{ClockId, clock_gettime};
use parking_lot::Mutex;

use super::errands::Errands;
use super::link::Link;
use super::node::{Action, State};
use super::peer::FAREWELL;
use super::ports::wait_until_free;
use super::queue::Queue;
use super::search::Search;
use super::site::Site;
use super::{Event, Uuid};
use crate::background::guarded;
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::fork::ForkGuard;
use crate::message::{Frame, Message};
use crate::socket::{Interest, Socket};
use crate::throttle::Throttle;
use crate::wake::{Deadline, poll, readable};

/// How much is taken in at once, before anything else gets its turn.
const TURN: usize = 256;

/// How long a full queue of events keeps messages from being taken in, before they are dropped.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often it is looked whether the network has changed.
const LOOK_AROUND: Duration = Duration::from_secs(5);

/// How often it is looked whether a full queue is still full.
const LOOK: Duration = Duration::from_millis(1);

/// What the thread and the handles of a node share.
pub(crate) struct Shared {
    state: Mutex<State>,
    links: Mutex<HashMap<Uuid, Arc<Link>>>,
    watchers: Mutex<Vec<(u64, Watcher)>>,
    pub(crate) events: Queue,
    errands: Arc<Errands>,
    stopping: AtomicBool,
    /// Lines in the log of peers that cannot be reached.
    unreached: Throttle,
    /// What ended the thread, if it was not stopped.
    failure: OnceLock<Error>,
    /// Whether all events are logged.
    verbose: bool,
}

/// Called with each event, under the node's lock.
pub(super) type Watcher = Box<dyn Fn(&Event) + Send>;

/// Ends a watcher when it is dropped.
pub(super) struct Watching {
    shared: ForkGuard<Arc<Shared>>,
    number: u64,
}

impl Drop for Watching {
    fn drop(&mut self) {
        let Ok(shared) = self.shared.get() else {
            return;
        };
        let mut watchers = shared.watchers.lock();
        watchers.retain(|(number, _)| *number != self.number);
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl Shared {
    pub(crate) fn new(state: State, events: Queue, verbose: bool) -> Result<Shared> {
        Ok(Shared {
            state: Mutex::new(state),
            links: Mutex::default(),
            watchers: Mutex::default(),
            events,
            errands: Arc::new(Errands::new()?),
            stopping: AtomicBool::new(false),
            unreached: Throttle::new(),
            failure: OnceLock::new(),
            verbose,
        })
    }

    /// Looks at the state.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.lock())
    }

    /// Changes the state, and does what follows from it.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock();
        let result = change(&mut state);
        loop {
            let actions = state.take_actions();
            if actions.is_empty() {
                return result;
            }
            for action in actions {
                self.perform(action, &mut state);
            }
        }
    }

    fn perform(&self, action: Action, state: &mut State) {
        match action {
            Action::Open { peer, endpoint } => match Link::open(state.uuid(), &endpoint) {
                Ok(link) => drop(self.links.lock().insert(peer, Arc::new(link))),
                Err(error) => {
                    if let Some(left_out) = self.unreached.admit() {
                        let name = state.name();
                        warn!("{name}: connecting to {endpoint}: {error}{left_out}");
                    }
                    state.drop_peer(peer);
                }
            },
            Action::Send { peer, packet } => {
                if let Some(link) = self.link(peer)
                    && let Err(error) = link.say(packet)
                {
                    if let Some(left_out) = self.unreached.admit() {
                        let name = state.name();
                        warn!("{name}: {peer} is given up: {error}{left_out}");
                    }
                    state.drop_peer(peer);
                }
            }
            Action::Close { peer } => {
                if let Some(link) = self.links.lock().remove(&peer) {
                    link.abandon();
                }
            }
            Action::Tell(event) => {
                let level = if self.verbose {
                    Level::Info
                } else {
                    Level::Trace
                };
                log!(level, "{}: {event}", state.name());
                for (_, watcher) in self.watchers.lock().iter() {
                    watcher(&event);
                }
                self.events.push(event);
            }
        }
    }

    /// Calls this with each event, after those that tell who is here.
    pub(super) fn watch(shared: &Arc<Shared>, watcher: Watcher) -> Watching {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        // Nothing can happen in between.
        let state = shared.state.lock();
        for peer in state.peers() {
            watcher(&Event::Enter { peer });
        }
        if shared.is_stopping() {
            watcher(&Event::Stop);
        }
        shared.watchers.lock().push((number, watcher));
        let shared = ForkGuard::new(shared.clone());
        Watching { shared, number }
    }

    /// A peer may be gone: it is asked, and has left if it does not answer.
    pub(super) fn doubt(&self, peer: Uuid) {
        self.change(|state| state.doubt(peer, Instant::now()));
        // The thread is to look when the time for an answer is over.
        self.wake();
    }

    /// The connection to a peer, if there is one.
    pub(crate) fn link(&self, peer: Uuid) -> Option<Arc<Link>> {
        self.links.lock().get(&peer).cloned()
    }

    /// Has the thread look for what there is to do.
    pub(crate) fn wake(&self) {
        self.errands.waker().wake();
    }

    /// What others have for the thread to do.
    pub(super) fn errands(&self) -> &Arc<Errands> {
        &self.errands
    }

    /// Ends the thread, and all waiting for events.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.events.close();
        self.wake();
    }

    /// The error of what cannot be had any more: what has ended the thread, or a stop.
    pub(super) fn ended(&self) -> Error {
        self.failure.get().cloned().unwrap_or(Error::Stopped)
    }

    /// Tells all who watch that there is nothing more to come.
    fn tell_end(&self) {
        let _state = self.state.lock();
        for (_, watcher) in self.watchers.lock().iter() {
            watcher(&Event::Stop);
        }
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}

/// What the thread has for itself.
pub(crate) struct Driver {
    pub(crate) shared: Arc<Shared>,
    pub(crate) inbox: Socket,
    /// Where the inbox is bound.
    pub(crate) bound: Endpoint,
    pub(crate) site: Site,
    pub(crate) search: Search,
    pub(crate) interval: Duration,
}

/// Where there may be something to take in.
struct Ready {
    inbox: bool,
    search: bool,
}

impl Driver {
    /// Runs until the node is stopped. Should a user's logger panic in it, the node ends, and says
    /// why: nobody may wait for it in vain.
    pub(crate) fn run(mut self) {
        if guarded("a node", || self.run_until_stopped()).is_none() {
            let reason = "its thread has panicked; the log tells with what";
            let _ = self
                .shared
                .failure
                .set(Error::system("running a node", reason));
        }
        self.shared.stop();
        guarded("a node's goodbye", || self.search.leave(&self.shared));
        guarded("a node's end", || self.shared.tell_end());
        // What was sent still goes out, for as long as it may linger.
        self.shared.links.lock().clear();
        // Whoever has stopped the node may start another there.
        let mut bound = self.search.bound();
        let inbox = self.inbox.bound().unwrap_or_default();
        bound.extend(inbox.iter().filter_map(|it| it.parse().ok()));
        drop((self.inbox, self.search));
        wait_until_free(&bound);
    }

    fn run_until_stopped(&mut self) {
        let mut next = Instant::now();
        let mut look_around = next + LOOK_AROUND;
        let mut full: Option<Instant> = None;
        let mut ready = Ready {
            inbox: true,
            search: true,
        };
        while !self.shared.is_stopping() {
            let now = Instant::now();
            for errand in self.shared.errands.take() {
                errand(&self.shared);
            }
            if now >= next {
                next = now + self.until_next();
                // Where the inbox is: what is told of it may be elsewhere, or a name.
                let port = self.bound.port().unwrap_or(0);
                if !self.search.tell(&self.shared, port) || now >= look_around {
                    look_around = now + LOOK_AROUND;
                    // Another inbox must be found empty before it is waited for.
                    ready.inbox |= self.look_around();
                }
                self.shared.change(|state| state.tick(now));
                let links = self.shared.links.lock();
                links.values().for_each(|link| link.retry());
            } else if self.shared.look(State::is_in_doubt) {
                self.shared.change(|state| state.tick(now));
            }
            if ready.search || self.search.next().is_some_and(|next| now >= next) {
                ready.search = self.search.turn(&self.shared, now);
            }
            full = match self.shared.events.is_full() {
                true => full.or(Some(now)),
                false => None,
            };
            // Nobody has taken an event for long: nothing is gained by waiting on.
            let dropping = full.is_some_and(|since| now >= since + PATIENCE);
            if ready.inbox {
                ready.inbox = self.take_in(now, dropping);
            }
            let patient = ready.inbox && !dropping && self.shared.events.is_full();
            if ready.search || (ready.inbox && !patient) {
                continue;
            }
            let mut deadline = Deadline::At(self.search.next().map_or(next, |it| it.min(next)));
            if self.shared.look(State::is_in_doubt) {
                deadline = deadline.within(FAREWELL / 5);
            }
            if patient {
                deadline = deadline.within(LOOK);
            }
            let more = self.sleep(deadline);
            ready.inbox |= more.inbox;
            ready.search |= more.search;
        }
    }

    /// How long to wait until the next beacon. All nodes of a machine beacon at the same time, so
    /// that each wakes up once to hear all of them.
    fn until_next(&self) -> Duration {
        let interval = u64::try_from(self.interval.as_micros()).unwrap_or(u64::MAX);
        // Without a clock they would each have their own time.
        let now = clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(Duration::ZERO, Duration::from);
        let since = now.as_micros() % u128::from(interval);
        Duration::from_micros(interval - u64::try_from(since).unwrap_or(0))
    }

    /// Looks whether the network has changed; if so, the node is elsewhere from now on.
    fn look_around(&mut self) -> bool {
        let Some(new) = self.site.look() else {
            return false;
        };
        let old = std::mem::replace(&mut self.site.interface, new);
        if !self.site.keeps_inbox() {
            match self.site.open_inbox() {
                Ok((inbox, bound)) => (self.inbox, self.bound) = (inbox, bound),
                Err(error) => {
                    warn!("an inbox at {}: {error}", self.site.interface);
                    self.site.interface = old;
                    return false;
                }
            }
        }
        let (headers, wrong) = self.site.headers();
        let endpoint = self.site.told(&self.bound).to_string();
        let name = self.shared.look(|state| state.name().to_owned());
        info!("{name}: from {old} to {}", self.site.interface);
        wrong.iter().for_each(|error| warn!("{name}: {error}"));
        self.shared.change(|state| state.moved(endpoint, headers));
        self.search.move_to(&self.site.interface, &self.shared);
        true
    }

    /// Waits until there is something to do.
    fn sleep(&self, deadline: Deadline) -> Ready {
        let searches = self.search.fds();
        let waker = self.shared.errands.waker();
        let fds = [waker.fd(), self.inbox.fd()];
        let fds = fds.iter().chain(&searches);
        let mut fds: Vec<_> = fds.map(|fd| readable(*fd)).collect();
        poll(&mut fds, deadline);
        let is_ready = |at: usize| fds[at].revents != 0;
        let woken = is_ready(0);
        if woken {
            waker.clear();
        }
        Ready {
            inbox: is_ready(1),
            // A name that was looked up wakes, too.
            search: woken || (2..fds.len()).any(is_ready),
        }
    }

    /// Takes in messages, as long as there is room for what they tell or it is to be dropped;
    /// false if there are no more.
    fn take_in(&self, now: Instant, dropping: bool) -> bool {
        for _ in 0..TURN {
            if !dropping && self.shared.events.is_full() {
                return true;
            }
            let mut frames = Vec::new();
            let taken = self
                .inbox
                .perform(Interest::Readable, Deadline::Now, |locked| {
                    locked.recv_frames(&mut frames)
                });
            if taken.is_err() {
                return false;
            }
            if let Some((from, first, rest)) = read(frames) {
                self.shared
                    .change(|state| state.message(from, &first, rest, now));
            }
        }
        true
    }
}

/// A message: who calls itself what, the first frame, and what follows; `None` for what cannot be
/// one.
fn read(frames: Vec<Frame>) -> Option<(Uuid, Frame, Option<Message>)> {
    let mut frames = frames.into_iter();
    let uuid = Uuid::from_identity(&frames.next()?)?;
    let first = frames.next()?;
    let rest = frames
        .next()
        .map(|second| Message::new(second, frames.collect()));
    Some((uuid, first, rest))
}

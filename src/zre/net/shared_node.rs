//! The part of a node that its thread and all its handles share.

use std::collections::HashMap;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use log::{Level, log, warn};
use parking_lot::Mutex;

use super::event_queue::EventQueue;
use super::link::Link;
use super::node_security::NodeSecurity;
use super::task_queue::TaskQueue;
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::fork::ForkGuard;
use crate::security::PublicKey;
use crate::throttle::Throttle;
use crate::wake::Waker;
use crate::zre::event::Event;
use crate::zre::machine::{Action, Machine};
use crate::zre::uuid::Uuid;

/// A node: its state machine, its connections, its events, and the tasks of its thread.
pub(crate) struct SharedNode {
    machine: Mutex<Machine>,
    links: Mutex<HashMap<Uuid, Arc<Link>>>,
    observers: Mutex<Vec<(u64, Arc<Observer>)>>,
    pub(crate) events: EventQueue,
    /// The waker that event loops wait for, once one has asked: that of the thread, if there is no other.
    readiness: OnceLock<Arc<Waker>>,
    tasks: Arc<TaskQueue<Task>>,
    stopping: AtomicBool,
    /// Lines in the log of peers that cannot be reached.
    unreached: Throttle,
    /// The error that ended the thread, if it was not stopped.
    failure: OnceLock<Error>,
    /// Whether all events are logged.
    verbose: bool,
    security: Option<NodeSecurity>,
}

/// Something to be done in the node's thread.
pub(crate) type Task = Box<dyn FnOnce(&SharedNode) + Send>;

/// Called with each event, under the node's lock.
pub(crate) type Observer = Box<dyn Fn(&Event) + Send + Sync>;

/// Ends an observer when it is dropped.
pub(crate) struct Observation {
    shared: ForkGuard<Arc<SharedNode>>,
    number: u64,
}

impl Drop for Observation {
    fn drop(&mut self) {
        let Ok(shared) = self.shared.get() else {
            return;
        };
        let mut observers = shared.observers.lock();
        observers.retain(|(number, _)| *number != self.number);
    }
}

impl std::fmt::Debug for SharedNode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SharedNode")
            .field("machine", &self.machine)
            .finish_non_exhaustive()
    }
}

impl SharedNode {
    pub(crate) fn new(
        machine: Machine,
        events: EventQueue,
        verbose: bool,
        security: Option<NodeSecurity>,
    ) -> Result<SharedNode> {
        Ok(SharedNode {
            machine: Mutex::new(machine),
            links: Mutex::default(),
            observers: Mutex::default(),
            events,
            readiness: OnceLock::new(),
            tasks: Arc::new(TaskQueue::new()?),
            stopping: AtomicBool::new(false),
            unreached: Throttle::new(),
            failure: OnceLock::new(),
            verbose,
            security,
        })
    }

    /// Reads the state machine.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Machine) -> T) -> T {
        read(&self.machine.lock())
    }

    /// Changes the state machine, and performs the actions that follow.
    pub(crate) fn update<T>(&self, update: impl FnOnce(&mut Machine) -> T) -> T {
        let mut machine = self.machine.lock();
        let result = update(&mut machine);
        loop {
            let actions = machine.take_actions();
            if actions.is_empty() {
                return result;
            }
            for action in actions {
                self.perform(action, &mut machine);
            }
        }
    }

    fn perform(&self, action: Action, machine: &mut Machine) {
        match action {
            Action::Open {
                peer,
                endpoint,
                key,
            } => match self.open_link(machine.uuid(), endpoint.clone(), key) {
                Ok(link) => drop(self.links.lock().insert(peer, Arc::new(link))),
                Err(reason) => {
                    if let Some(left_out) = self.unreached.admit() {
                        let name = machine.name();
                        warn!("{name}: connecting to {endpoint}: {reason}{left_out}");
                    }
                    machine.drop_peer(peer);
                }
            },
            Action::Send { peer, packet } => {
                if let Some(link) = self.link(peer)
                    && let Err(error) = link.post(packet)
                {
                    if let Some(left_out) = self.unreached.admit() {
                        let name = machine.name();
                        warn!("{name}: {peer} is given up: {error}{left_out}");
                    }
                    machine.drop_peer(peer);
                }
            }
            Action::Close { peer } => {
                if let Some(link) = self.links.lock().remove(&peer) {
                    link.discard_queue();
                }
            }
            Action::Emit(event) => {
                let level = if self.verbose {
                    Level::Info
                } else {
                    Level::Trace
                };
                log!(level, "{}: {event}", machine.name());
                self.tell_observers(&event);
                self.events.push(event);
            }
        }
    }

    /// Connects to a node: with CURVE, to the owner of this key, if the node may enter here.
    fn open_link(
        &self,
        own: Uuid,
        endpoint: Endpoint,
        key: Option<PublicKey>,
    ) -> Result<Link, String> {
        let security = match (&self.security, key) {
            (Some(security), Some(key)) => Some(security.towards(&endpoint, key)?),
            _ => None,
        };
        Link::open(own, endpoint, security).map_err(|error| error.to_string())
    }

    /// Parts from the peers that may not enter any more.
    pub(crate) fn part_from_refused(&self) {
        let Some(security) = &self.security else {
            return;
        };
        self.update(|machine| {
            for (peer, endpoint, key) in machine.keys() {
                if security.refuses(&endpoint, key) {
                    machine.drop_peer(peer);
                }
            }
        });
    }

    /// Calls this with each event, after those that tell of the peers that are here.
    pub(crate) fn observe(shared: &Arc<SharedNode>, observer: Observer) -> Observation {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        // Nothing can happen in between.
        let machine = shared.machine.lock();
        for peer in machine.peers() {
            observer(&Event::Enter { peer });
        }
        if shared.is_stopping() {
            observer(&Event::Stop);
        }
        shared.observers.lock().push((number, Arc::new(observer)));
        let shared = ForkGuard::new(shared.clone());
        Observation { shared, number }
    }

    /// Suspects that a peer has gone: the node pings it, and tells its exit if no answer comes.
    pub(crate) fn suspect(&self, peer: Uuid) {
        self.update(|machine| machine.suspect(peer, Instant::now()));
        // The thread is to look when the time for an answer is over.
        self.wake();
    }

    /// The connection to a peer, if there is one.
    pub(crate) fn link(&self, peer: Uuid) -> Option<Arc<Link>> {
        self.links.lock().get(&peer).cloned()
    }

    /// A file descriptor that can be read while there may be events, and once there are no more. If
    /// none can be made, it is one that can always be read.
    pub(crate) fn readiness(&self) -> BorrowedFd<'_> {
        let mut refused = None;
        let waker = self.readiness.get_or_init(|| {
            self.events.for_loops().unwrap_or_else(|error| {
                refused = Some(error);
                self.events.stand_in(self.waker());
                self.waker().clone()
            })
        });
        if let Some(error) = refused {
            let name = self.read(|machine| machine.name().to_owned());
            warn!("{name}: its event loops look for events without a pause: {error}");
        }
        match Arc::ptr_eq(waker, self.waker()) {
            true => waker.always_readable(),
            false => waker.as_fd(),
        }
    }

    /// Has the thread look for tasks.
    pub(crate) fn wake(&self) {
        self.tasks.waker().wake();
    }

    /// The tasks of the node's thread.
    pub(crate) fn tasks(&self) -> &Arc<TaskQueue<Task>> {
        &self.tasks
    }

    /// Ends the thread, and all waiting for events.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.events.close();
        self.wake();
    }

    /// The error of a call that the node cannot serve any more: the one that has ended the thread, or a stop.
    pub(crate) fn ended(&self) -> Error {
        self.failure.get().cloned().unwrap_or(Error::Stopped)
    }

    /// The thread has ended, and not because of a stop.
    pub(super) fn fail(&self, error: Error) {
        let _ = self.failure.set(error);
    }

    /// Runs the tasks that other threads have left.
    pub(super) fn run_tasks(&self) {
        for task in self.tasks.take() {
            task(self);
        }
    }

    /// Tries again to send the packets that found no room.
    pub(super) fn retry_links(&self) {
        self.links.lock().values().for_each(|link| link.retry());
    }

    /// Closes all connections; messages that were sent still go out, for as long as they may linger.
    pub(super) fn close_links(&self) {
        self.links.lock().clear();
    }

    /// The wake-up of the node's thread.
    pub(super) fn waker(&self) -> &Arc<Waker> {
        self.tasks.waker()
    }

    /// Tells all observers that nothing more is to come.
    pub(super) fn end_observers(&self) {
        let _state = self.machine.lock();
        self.tell_observers(&Event::Stop);
    }

    /// Calls the observers, without their lock: a user's logger may drop one meanwhile.
    fn tell_observers(&self, event: &Event) {
        let observers = self.observers.lock().clone();
        observers.iter().for_each(|(_, observer)| observer(event));
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}

//! The servers of a client: which are there, and which is called next.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::{Condvar, MutexGuard};

use super::backend::Backend;
use super::{Balance, OnDownMaker};
use crate::endpoint::Endpoint;
use crate::error::{Error, Result, Wait};
use crate::fork::ForkMutex;
use crate::options::Options;
use crate::pattern::Unsent;
use crate::wake::Deadline;

/// How long a call waits for room at a server before it looks at the others.
pub(super) const WAIT_FOR_ROOM: Duration = Duration::from_millis(20);

/// The servers of a client, shared by its clones and its calls.
pub(in crate::rpc) struct Backends {
    state: Arc<State>,
    /// The place at which the next choice begins.
    next: AtomicUsize,
    /// The id of the call that was made last.
    last_id: AtomicU64,
    options: Options,
    on_down: Option<OnDownMaker>,
}

#[derive(Default)]
struct State {
    list: ForkMutex<Vec<Arc<Backend>>>,
    /// A connection has changed, or the list.
    changed: Condvar,
    is_stopped: AtomicBool,
}

impl State {
    /// Wakes those that wait for a server.
    fn wake(&self) {
        // With the lock, or one that is about to wait would miss it.
        if let Ok(_list) = self.list.lock() {
            self.changed.notify_all();
        }
    }
}

impl Backends {
    pub(in crate::rpc) fn new(options: Options, on_down: Option<OnDownMaker>) -> Backends {
        Backends {
            state: Arc::default(),
            next: AtomicUsize::new(0),
            last_id: AtomicU64::new(0),
            options,
            on_down,
        }
    }

    /// The id of a new call.
    pub(super) fn new_id(&self) -> u64 {
        self.last_id.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Adds a server, and begins to connect to it.
    pub(in crate::rpc) fn add(&self, endpoint: Endpoint) -> Result<()> {
        let state: Weak<State> = Arc::downgrade(&self.state);
        let on_change = move || {
            if let Some(state) = state.upgrade() {
                state.wake();
            }
        };
        let on_down = self.on_down.as_ref().map(|make| make());
        // Without the lock: it may take a while, and the monitor thread must not wait.
        let backend = Backend::connect(endpoint, &self.options, on_down, on_change)?;
        self.state.list.lock()?.push(Arc::new(backend));
        self.state.wake();
        Ok(())
    }

    /// Leaves a server. Calls that it has go on.
    pub(super) fn remove(&self, endpoint: &Endpoint) -> Result<()> {
        let mut list = self.state.list.lock()?;
        let place = list.iter().position(|it| it.endpoint() == endpoint);
        let left = place.map(|place| list.remove(place));
        drop(list);
        // Without the lock: its socket may be closed.
        drop(left);
        Ok(())
    }

    /// The endpoints of all servers.
    pub(super) fn endpoints(&self) -> Result<Vec<Endpoint>> {
        Ok(endpoints(&self.all()?))
    }

    /// All servers, whether they are there or not.
    pub(in crate::rpc) fn all(&self) -> Result<Vec<Arc<Backend>>> {
        Ok(self.state.list.lock()?.clone())
    }

    /// Chooses a server that is connected, and is not one of those to be passed over; waits until there is one. `None` if all
    /// that are connected are to be passed over.
    pub(super) fn choose(
        &self,
        balance: Balance,
        passed_over: &[Arc<Backend>],
        until: Deadline,
    ) -> Result<Option<Arc<Backend>>> {
        let mut list = self.state.list.lock()?;
        loop {
            self.check()?;
            if let Some(chosen) = self.look(&list, balance, passed_over) {
                return Ok(chosen);
            }
            if until.is_over() {
                return Err(not_connected(&list));
            }
            until.wait(&self.state.changed, &mut list);
        }
    }

    /// Hands something over to a server that is connected, is not one of those to be passed over, and has room; waits until
    /// there is one. `None` if all that are connected are to be passed over.
    pub(in crate::rpc) fn deliver<T>(
        &self,
        balance: Balance,
        passed_over: &[Arc<Backend>],
        until: Deadline,
        mut hand_over: impl FnMut(&Arc<Backend>, Deadline) -> Result<T, Unsent>,
    ) -> Result<Option<T>> {
        let mut full: Vec<Arc<Backend>> = Vec::new();
        loop {
            let passed_over = [passed_over, &full].concat();
            let (backend, patience) = match self.choose(balance, &passed_over, until)? {
                Some(backend) => (backend, Deadline::Now),
                // The others have no room either: it waits for some.
                None => match full.pop() {
                    Some(backend) => {
                        full.clear();
                        (backend, until.within(WAIT_FOR_ROOM))
                    }
                    None => return Ok(None),
                },
            };
            match hand_over(&backend, patience) {
                Ok(done) => return Ok(Some(done)),
                Err(Unsent::Failed(error)) => return Err(error),
                Err(Unsent::Full) if until.is_over() => return Err(Error::timeout(Wait::Room)),
                Err(Unsent::Full) => full.push(backend),
                // By now it is known that it is not connected, or soon will be.
                Err(Unsent::Down) => {}
            }
        }
    }

    /// As [`choose`](Self::choose), without waiting: `None` if no server is connected.
    fn look(
        &self,
        list: &[Arc<Backend>],
        balance: Balance,
        passed_over: &[Arc<Backend>],
    ) -> Option<Option<Arc<Backend>>> {
        // Each is asked once whether it is up, since it may come up at any time.
        let mut up = self.in_turn(list).filter(|it| it.is_up()).peekable();
        up.peek()?;
        let mut candidates =
            up.filter(|backend| !passed_over.iter().any(|it| Arc::ptr_eq(it, backend)));
        let chosen = match balance {
            Balance::RoundRobin => candidates.next(),
            Balance::LeastInFlight => candidates.min_by_key(|backend| backend.in_flight()),
        };
        Some(chosen.cloned())
    }

    /// The servers, each time from the next one on.
    fn in_turn<'a>(&self, list: &'a [Arc<Backend>]) -> impl Iterator<Item = &'a Arc<Backend>> {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        let (before, from) = list.split_at(next.checked_rem(list.len()).unwrap_or(0));
        from.iter().chain(before)
    }

    /// Waits until a server is connected, or an attempt to connect to it has failed; whether it is connected.
    pub(super) fn wait_known(&self, backend: &Backend, until: Deadline) -> Result<bool> {
        self.wait(until, |_| backend.is_up() || backend.has_failed())?;
        Ok(backend.is_up())
    }

    /// Waits until a server is connected; whether it is.
    #[cfg(feature = "zmqrpc")]
    pub(in crate::rpc) fn wait_up_at(&self, backend: &Backend, until: Deadline) -> Result<bool> {
        self.wait(until, |_| backend.is_up())
    }

    /// Ends all waits and calls, for good.
    #[cfg(feature = "zmqrpc")]
    pub(in crate::rpc) fn stop(&self) {
        self.state.is_stopped.store(true, Ordering::Relaxed);
        self.state.wake();
        for backend in self.all().unwrap_or_default() {
            backend.stop();
        }
    }

    fn check(&self) -> Result<()> {
        match self.state.is_stopped.load(Ordering::Relaxed) {
            true => Err(Error::Stopped),
            false => Ok(()),
        }
    }

    /// Waits until so many servers are connected.
    pub(in crate::rpc) fn wait_up(&self, count: usize, until: Deadline) -> Result<()> {
        let up = |list: &[Arc<Backend>]| list.iter().filter(|it| it.is_up()).count();
        match self.wait(until, |list| up(list) >= count)? {
            true => Ok(()),
            false => {
                let list = self.all()?;
                let waited_for = Wait::Connections {
                    wanted: count,
                    up: up(&list),
                    endpoints: endpoints(&list),
                };
                Err(timeout(waited_for, &list))
            }
        }
    }

    /// Waits until this is so; false if it is not by then.
    fn wait(&self, until: Deadline, is_so: impl Fn(&[Arc<Backend>]) -> bool) -> Result<bool> {
        let mut list = self.state.list.lock()?;
        loop {
            self.check()?;
            if is_so(&list) {
                return Ok(true);
            }
            if until.is_over() {
                return Ok(false);
            }
            until.wait(&self.state.changed, &mut list);
        }
    }
}

impl fmt::Debug for Backends {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.endpoints().unwrap_or_default())
            .finish()
    }
}

fn endpoints(list: &[Arc<Backend>]) -> Vec<Endpoint> {
    list.iter().map(|it| it.endpoint().clone()).collect()
}

/// The error of a call that has waited for a server in vain.
#[cold]
fn not_connected(list: &MutexGuard<'_, Vec<Arc<Backend>>>) -> Error {
    let waited_for = Wait::Peer {
        endpoints: endpoints(list),
    };
    timeout(waited_for, list)
}

/// The error of a wait that was in vain, with the refusal of a server, if there is one.
fn timeout(waited_for: Wait, list: &[Arc<Backend>]) -> Error {
    let refused = list.iter().find_map(|backend| backend.refusal());
    Error::Timeout {
        waited_for,
        refused: refused.map(Box::new),
    }
}

//! A socket that any number of threads share: the only file that blocks, waits, and retries.
//!
//! A libzmq socket is not thread-safe, and whoever blocks in one keeps all others out. Here
//! the socket sits behind a mutex, and no operation on it ever waits. Whoever must wait does
//! so outside the lock, on the socket's file descriptor and on a wake-up of its own.
//!
//! The file descriptor is edge-triggered: it signals once, and whoever touches the socket next
//! takes the signal with it, no matter for whom it was. Two rules keep a wake-up from being
//! lost:
//!
//! 1. Before it unlocks, whoever has touched the socket looks whether it is ready for one of
//!    those who wait, and wakes that one. ([`Core::leave`])
//! 2. Before it waits, a thread looks whether the socket is ready for itself, under the lock
//!    under which it registers, and does not touch the socket after that. ([`Core::sleep`])

mod held;
mod kind;
mod open;
mod waiters;

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};

use log::debug;
use parking_lot::{Mutex, MutexGuard};

pub(crate) use held::{Attempt, Held};
pub(crate) use kind::Kind;
pub(crate) use open::{check_host, check_path, listen};
pub(crate) use waiters::Way;
use waiters::{Patience, Waiters};

use crate::context::Context;
use crate::error::{Error, Fault, Result};
use crate::message::{Frame, Message};
use crate::options::{Options, milliseconds};
use crate::raw;
use crate::wake::{Deadline, Waker, poll, readable};
use crate::watch::{Sight, Watched};

/// How often a socket is asked that says it is ready when it is not.
const ASK_AGAIN: Duration = Duration::from_millis(1);

/// A reference to a shared socket; the socket closes with the last of them.
#[derive(Debug, Clone)]
pub struct Socket {
    // Dropped before the context, which waits until what is queued is delivered.
    core: Arc<Core>,
    #[expect(
        dead_code,
        reason = "held so that the context lives as long as its sockets"
    )]
    context: Arc<Context>,
    /// Held by the handles alone, so that others can tell whether there are any left.
    lease: Arc<()>,
}

impl Socket {
    /// What can be upgraded as long as there are handles.
    pub(crate) fn lease(&self) -> Weak<()> {
        Arc::downgrade(&self.lease)
    }

    /// A reference that does not keep the socket open.
    pub(crate) fn downgrade(&self) -> Weak<Core> {
        Arc::downgrade(&self.core)
    }
}

impl Deref for Socket {
    type Target = Core;

    #[inline]
    fn deref(&self) -> &Core {
        &self.core
    }
}

/// The socket itself, and all who wait for it.
#[derive(Debug)]
pub struct Core {
    inner: Mutex<Inner>,
    fd: i32,
    kind: Kind,
    options: Options,
    /// How many forks there were when it was made: in a child of that process it is dead.
    forks: u32,
    stopped: Arc<AtomicBool>,
    /// Rung by signal handlers, which must not lock; it is never silenced.
    bell: OnceLock<Arc<Waker>>,
    sight: Arc<Sight>,
    /// What ended receiving for good, if anything but a stop has.
    fault: Mutex<Option<Error>>,
    /// How many messages were passed over because they did not fit.
    skipped: AtomicU64,
}

struct Inner {
    /// Gone once the socket was closed, though handles remain.
    socket: Option<zmq::Socket>,
    /// See [`Held`].
    spare: zmq::Message,
    waiters: Waiters,
    patience: [Patience; 2],
    bound: Vec<String>,
    connected: Vec<String>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner")
            .field("bound", &self.bound)
            .field("connected", &self.connected)
            .finish_non_exhaustive()
    }
}

impl Inner {
    #[inline]
    fn held(&mut self) -> Result<Held<'_>, Fault> {
        match &mut self.socket {
            Some(socket) => Ok(Held {
                socket,
                spare: &mut self.spare,
                more: false,
            }),
            None => Err(fault(Error::Stopped)),
        }
    }
}

impl Core {
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    pub(crate) fn sight(&self) -> &Arc<Sight> {
        &self.sight
    }

    /// The endpoints that this socket is bound to.
    pub(crate) fn bound(&self) -> Vec<String> {
        self.inner.lock().bound.clone()
    }

    /// Does something that never waits, on the socket.
    pub(crate) fn with<T>(
        &self,
        call: impl FnOnce(&mut Held<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let mut inner = self.lock()?;
        let result = call(&mut inner.held()?);
        self.leave(inner);
        result
    }

    #[inline]
    fn lock(&self) -> Result<MutexGuard<'_, Inner>, Fault> {
        match self.forks == raw::forks() {
            true => Ok(self.inner.lock()),
            false => Err(fault(Error::Forked)),
        }
    }

    /// Unlocks, as everybody must who has touched the socket: rule 1.
    #[inline]
    fn leave(&self, mut inner: MutexGuard<'_, Inner>) {
        if !inner.waiters.is_empty() {
            wake_ready(&mut inner);
        }
    }

    /// Does an operation as soon as it can be done, but waits no longer than the deadline.
    ///
    /// `attempt` must not block. It is called under the socket's lock, until it is
    /// [`Attempt::Done`] or fails. Its last touch of the socket, when it is blocked, must be the
    /// receive or send that came back empty.
    pub(crate) fn transact(
        &self,
        way: Way,
        deadline: Deadline,
        mut attempt: impl FnMut(&mut Held<'_>) -> Result<Attempt, Fault>,
    ) -> Result<(), Fault> {
        match self.once(deadline, &mut attempt)? {
            None => Ok(()),
            Some(inner) => self.wait(inner, way, deadline, &mut attempt),
        }
    }

    /// The first attempt of a [`transact`](Self::transact); if it has to wait, gives the lock
    /// to [`wait`](Self::wait) with.
    ///
    /// Who cares for every instruction calls these two with a function each, so that the first
    /// can be compiled into its caller.
    #[inline]
    fn once(
        &self,
        deadline: Deadline,
        attempt: impl FnOnce(&mut Held<'_>) -> Result<Attempt, Fault>,
    ) -> Result<Option<MutexGuard<'_, Inner>>, Fault> {
        let mut inner = self.lock()?;
        let outcome = inner.held().and_then(|mut held| attempt(&mut held));
        if matches!(outcome, Ok(Attempt::Blocked)) && deadline != Deadline::Now {
            return Ok(Some(inner));
        }
        self.leave(inner);
        match outcome? {
            Attempt::Done => Ok(None),
            Attempt::Blocked => Err(fault(Error::WouldBlock)),
        }
    }

    #[cold]
    fn wait<'a>(
        &'a self,
        mut inner: MutexGuard<'a, Inner>,
        way: Way,
        deadline: Deadline,
        attempt: &mut dyn FnMut(&mut Held<'_>) -> Result<Attempt, Fault>,
    ) -> Result<(), Fault> {
        let began = Instant::now();
        let most = self.options.spin;
        let mut outcome = Ok(Attempt::Blocked);
        if let Some(until) = inner.patience[way as usize].begin(began, most) {
            self.leave(inner);
            (inner, outcome) = self.stay_awake(until, deadline, attempt);
            let in_vain = matches!(outcome, Ok(Attempt::Blocked));
            inner.patience[way as usize].sleep(in_vain);
        }
        if matches!(outcome, Ok(Attempt::Blocked)) {
            (inner, outcome) = self.sleep(inner, way, deadline, attempt);
        }
        inner.patience[way as usize].end(began, Instant::now(), most);
        self.leave(inner);
        outcome.map(|_| ())
    }

    /// Tries again and again for a while, letting others run between the tries. The last try
    /// is under the lock that is handed back.
    fn stay_awake(
        &self,
        until: Instant,
        deadline: Deadline,
        attempt: &mut dyn FnMut(&mut Held<'_>) -> Result<Attempt, Fault>,
    ) -> (MutexGuard<'_, Inner>, Result<Attempt, Fault>) {
        loop {
            std::thread::yield_now();
            let mut inner = self.inner.lock();
            let outcome = inner.held().and_then(|mut held| attempt(&mut held));
            let over = self.is_stopped() || Instant::now() >= until || deadline.is_over();
            if over || !matches!(outcome, Ok(Attempt::Blocked)) {
                return (inner, outcome);
            }
            self.leave(inner);
        }
    }

    /// Waits asleep: rule 2. An attempt was just made in vain, under the lock that is given.
    fn sleep<'a>(
        &'a self,
        mut inner: MutexGuard<'a, Inner>,
        way: Way,
        deadline: Deadline,
        attempt: &mut dyn FnMut(&mut Held<'_>) -> Result<Attempt, Fault>,
    ) -> (MutexGuard<'a, Inner>, Result<Attempt, Fault>) {
        let waker = match Waker::current() {
            Ok(waker) => waker,
            Err(error) => return (inner, Err(error.into())),
        };
        let mut deceived = false;
        loop {
            if self.is_stopped() {
                return (inner, Err(Error::Stopped.into()));
            }
            if deadline.is_over() {
                return (inner, Err(deadline.error().into()));
            }
            // A receive that came back empty was a look at the socket: nothing can have come
            // since. A send was not, and others want to know what there is for them.
            let looked = way == Way::In && inner.waiters.is_empty();
            let events = match inner.held() {
                Ok(held) if !looked => held.events(),
                Ok(_) => zmq::PollEvents::empty(),
                Err(error) => return (inner, Err(error)),
            };
            let ready = events.contains(way.event());
            if !ready || deceived {
                // Some sockets say that they are ready when they are not (XPUB does, if it
                // may not drop): those must be asked again.
                let deadline = if ready {
                    deadline.within(ASK_AGAIN)
                } else {
                    deadline
                };
                // From here until the poll nobody of this thread touches the socket.
                inner.waiters.wake(events);
                inner.waiters.add(way, &waker);
                let bell = self.bell.get().cloned();
                drop(inner);
                let polled = self.poll(&waker, bell.as_deref(), deadline);
                inner = self.inner.lock();
                inner.waiters.remove(&waker);
                if let Err(error) = polled {
                    return (inner, Err(error.into()));
                }
            }
            deceived = ready;
            let outcome = inner.held().and_then(|mut held| attempt(&mut held));
            if !matches!(outcome, Ok(Attempt::Blocked)) {
                return (inner, outcome);
            }
        }
    }

    fn poll(&self, waker: &Waker, bell: Option<&Waker>, deadline: Deadline) -> Result<()> {
        // Without a bell the wake-up stands in twice.
        let bell = bell.unwrap_or(waker);
        let mut fds = [self.fd, waker.fd(), bell.fd()].map(readable);
        poll(&mut fds, deadline)?;
        if fds[1].revents != 0 {
            waker.clear();
        }
        Ok(())
    }

    /// Ends all waiting in this socket, now and later.
    pub(crate) fn stop(&self) {
        if !self.stopped.swap(true, Ordering::SeqCst) {
            debug!("{}: stopped", self.kind.name());
        }
        self.sight.end();
        if let Ok(mut inner) = self.lock() {
            inner.waiters.wake_all();
        }
    }

    #[inline]
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// What stops this socket without a lock: the flag, and the bell that is to be rung then.
    pub(crate) fn bell(&self) -> Result<(Arc<AtomicBool>, Arc<Waker>)> {
        let bell = match self.bell.get() {
            Some(bell) => bell.clone(),
            None => {
                let bell = Arc::new(Waker::new()?);
                self.bell.get_or_init(|| bell).clone()
            }
        };
        // Those who wait already do not listen to it yet.
        self.lock()?.waiters.wake_all();
        Ok((self.stopped.clone(), bell))
    }

    /// Closes the socket for all handles, and waits until what is queued is delivered.
    pub(crate) fn close(&self, timeout: Duration) -> Result<()> {
        self.stop();
        let Some(socket) = self.lock()?.socket.take() else {
            return Err(Error::Stopped);
        };
        socket
            .set_linger(milliseconds(timeout))
            .map_err(|error| Error::system("setting the linger time", error))?;
        drop(socket);
        let began = Instant::now();
        // libzmq counts in milliseconds, and takes a moment to clean up.
        let slack = Duration::from_millis(100);
        let done = self.sight.wait_end(began + timeout + slack);
        match done && (began.elapsed() < timeout || timeout.is_zero()) {
            true => Ok(()),
            false => Err(Error::Timeout),
        }
    }

    /// Keeps what ended receiving, for [`fault`](Self::fault) to tell.
    pub(crate) fn fail(&self, error: &Error) {
        self.fault.lock().get_or_insert_with(|| error.clone());
    }

    pub(crate) fn fault(&self) -> Option<Error> {
        self.fault.lock().clone()
    }

    /// Counts a message that was passed over.
    pub(crate) fn skip(&self) {
        self.skipped.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn skipped(&self) -> u64 {
        self.skipped.load(Ordering::Relaxed)
    }

    /// Logs how much was moved, never what.
    #[inline]
    fn log(&self, what: &str, size: impl Fn() -> (usize, usize)) {
        if log::max_level() >= log::Level::Debug {
            let (frames, bytes) = size();
            self.log_enabled(what, frames, bytes);
        }
    }

    #[cold]
    fn log_enabled(&self, what: &str, frames: usize, bytes: usize) {
        debug!(
            "{}: {what} {frames} frames, {bytes} bytes",
            self.kind.name()
        );
    }

    /// Receives a message, all its frames at once.
    #[inline]
    pub(crate) fn receive(&self, deadline: Deadline) -> Result<Message> {
        // Made where it is returned, so that it need not be moved there.
        let mut received = Ok(Message::single(Frame::new()));
        if let Ok(message) = &mut received
            && let Err(error) = self.receive_into(message, deadline)
        {
            received = Err(error.into());
        }
        received
    }

    #[inline]
    fn receive_into(&self, message: &mut Message, deadline: Deadline) -> Result<(), Fault> {
        if deadline != Deadline::Now && self.is_stopped() {
            return Err(fault(Error::Stopped));
        }
        if let Some(inner) = self.once(deadline, |held| held.take(message))? {
            self.wait(inner, Way::In, deadline, &mut |held| held.take(message))?;
        }
        self.log("received", || message.size());
        Ok(())
    }

    /// Sends a message, all its frames at once. What is not sent is still in it.
    #[inline]
    pub(crate) fn send(&self, message: &mut Message, deadline: Deadline) -> Result<(), Fault> {
        if self.is_stopped() {
            return Err(Error::Stopped.into());
        }
        self.log("sending", || message.size());
        self.transact(Way::Out, deadline, |held| held.give(message))
    }

    /// Sends a message of one frame, with a copy of these bytes.
    #[inline]
    pub(crate) fn send_bytes(&self, bytes: &[u8], deadline: Deadline) -> Result<(), Fault> {
        if self.is_stopped() {
            return Err(fault(Error::Stopped));
        }
        self.log("sending", || (1, bytes.len()));
        match self.once(deadline, |held| held.give_bytes(bytes))? {
            None => Ok(()),
            Some(inner) => self.wait(inner, Way::Out, deadline, &mut |held| {
                held.give_bytes(bytes)
            }),
        }
    }
}

impl Watched for Core {
    fn pump(&self) {
        // Any look at the events makes libzmq attach the peers that have come.
        let _ = self.with(|held| Ok(held.events()));
    }

    fn reconnect(&self, endpoint: &str) {
        let Ok(mut inner) = self.lock() else { return };
        if inner.connected.iter().any(|other| other == endpoint)
            && let Ok(held) = inner.held()
        {
            let _ = held.socket.disconnect(endpoint);
            if let Err(error) = held.socket.connect(endpoint) {
                log::error!("{}: connecting to {endpoint}: {error}", self.kind.name());
            }
        }
        self.leave(inner);
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        self.sight.end();
        if self.forks != raw::forks() {
            // Closing it would be the business of threads that this process does not have.
            std::mem::forget(self.inner.get_mut().socket.take());
        }
    }
}

#[cold]
fn wake_ready(inner: &mut Inner) {
    if let Ok(held) = inner.held() {
        let events = held.events();
        inner.waiters.wake(events);
    }
}

/// An error, put away where it is not in the way of what is done for every message.
#[cold]
fn fault(error: Error) -> Fault {
    error.into()
}

/// An error that libzmq gave a number for.
fn system(operation: &'static str, errno: raw::Errno) -> Error {
    match errno {
        libc::EMFILE | libc::ENFILE => Error::OutOfFiles,
        _ => Error::system(operation, std::io::Error::from_raw_os_error(errno)),
    }
}

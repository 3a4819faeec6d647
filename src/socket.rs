//! A socket that any number of threads share: the only layer that waits for messages, and retries.
//!
//! A libzmq socket is not thread-safe, and a thread that blocks in one keeps all others out. Here
//! the socket sits behind a mutex, and no operation on it ever waits. A thread that must wait does
//! so outside the lock, on the socket's file descriptor and on a wake-up of its own. The mutex is parking_lot's:
//! it hands the lock over after a while, so that a thread that sends flat out does not keep out one that
//! receives.
//!
//! The file descriptor is edge-triggered: it signals once, and the next thread that touches the
//! socket takes the signal, even if it was meant for another. Two rules keep a wake-up from being
//! lost:
//!
//! 1. A thread that has touched the socket reads its events before it unlocks, and wakes a waiter
//!    whose event is there. ([`SharedSocket::unlock_and_wake`])
//! 2. A thread that is about to wait reads the events for itself, under the lock under which it
//!    registers as a waiter, and does not touch the socket after that. ([`SharedSocket::sleep`],
//!    and [`SocketSource`](source::SocketSource) for several sockets at once, and
//!    [`perform_any`] for a thread that waits for any of several operations)
//!
//! An [event loop](SharedSocket::readiness) waits likewise: its waker is registered under the lock under
//! which a receive has found nothing.

mod bound;
mod close;
mod connect;
mod connected;
mod dropped;
mod forward;
mod inner;
mod linger;
mod listen;
mod locked;
mod message_origin;
mod monitored;
mod names;
mod open;
mod partial;
mod peers;
mod profile;
mod readiness;
mod receive_state;
mod resolve;
mod secured;
mod set_aside;
mod source;
mod spec;
mod wait;
mod wait_any;
mod waiters;

use std::any::Any;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use log::{debug, warn};
use parking_lot::MutexGuard;

use connected::Connected;
pub(crate) use forward::{Burst, BurstEnd};
use inner::Inner;
pub(crate) use linger::Linger;
pub(crate) use listen::{check_path, take_ports};
pub(crate) use locked::{BUDGET, LockedSocket, Progress};
pub(crate) use names::Target;
pub(crate) use profile::Profile;
use readiness::Readiness;
pub(crate) use spec::{SocketSpec, SocketType};
pub(crate) use wait_any::{ReceiveOperation, perform_any};
pub(crate) use waiters::Interest;
use waiters::{AdaptiveSpin, Waiters};

use crate::context::Context;
use crate::endpoint::Endpoint;
use crate::error::{BoxedError, Error, Result};
use crate::ffi::system;
use crate::fork::ForkMutex;
use crate::message::Message;
use crate::monitor::ConnectionStatus;
use crate::options::Options;
use crate::throttle::Throttle;
use crate::wake::{Deadline, Waker};
use crate::zap::Domain;

/// Shared by the handles of a socket: it counts them, and owns the things that live as long as they do, such
/// as a discovery.
#[derive(Debug, Default)]
pub(crate) struct HandleCount(OnceLock<Arc<dyn Any + Send + Sync>>);

/// A reference to a shared socket; the socket closes with the last of them.
#[derive(Debug, Clone)]
pub struct Socket {
    // Dropped before the context, which waits until the queue is delivered.
    shared: Arc<SharedSocket>,
    context: Arc<Context>,
    /// Held by the handles alone, so that its count says whether any is left.
    handle_count: Arc<HandleCount>,
}

impl Socket {
    /// A reference that can be upgraded as long as there are handles.
    pub(crate) fn handle_count(&self) -> Weak<HandleCount> {
        Arc::downgrade(&self.handle_count)
    }

    /// Keeps a value for as long as there are handles; a second value is ignored.
    pub(crate) fn keep(&self, thing: Arc<dyn Any + Send + Sync>) {
        let _ = self.handle_count.0.set(thing);
    }

    /// A reference that does not keep the socket open.
    pub(crate) fn downgrade(&self) -> Weak<SharedSocket> {
        Arc::downgrade(&self.shared)
    }
}

impl Socket {
    /// Makes the stop signal, and has everything that waits here listen to it. Gives the stop flag, and the
    /// waker to wake after it is set: together they stop this socket without a lock.
    pub(crate) fn arm_stop_signal(&self) -> Result<(Arc<AtomicBool>, Arc<Waker>)> {
        self.check_process()?;
        let stop_signal = match self.stop_signal.get() {
            Some(stop_signal) => stop_signal.clone(),
            None => {
                let stop_signal = Arc::new(Waker::new()?);
                self.stop_signal.get_or_init(|| stop_signal).clone()
            }
        };
        // Threads that wait already do not poll it yet, nor do event loops or the monitor thread.
        let mut inner = self.lock()?;
        inner.waiters.wake_all();
        let added = self.readiness.add(&stop_signal);
        drop(inner);
        added?;
        self.context
            .with_monitor_thread(|thread| thread.watch_stop_signal(&self.status, &stop_signal))?;
        Ok((self.stopped.clone(), stop_signal))
    }
}

impl Deref for Socket {
    type Target = SharedSocket;

    #[inline]
    fn deref(&self) -> &SharedSocket {
        &self.shared
    }
}

/// The socket itself, with its waiters and its connections.
pub struct SharedSocket {
    inner: ForkMutex<Inner>,
    fd: i32,
    spec: SocketSpec,
    options: Options,
    stopped: Arc<AtomicBool>,
    /// Woken by signal handlers, which must not lock; it is not cleared while there are handles.
    stop_signal: OnceLock<Arc<Waker>>,
    status: Arc<ConnectionStatus>,
    /// The file descriptor that event loops wait for.
    readiness: Readiness,
    /// The error that ended receiving for good, unless that was a stop.
    failure: ForkMutex<Option<Error>>,
    /// How many messages were received and not given to the user.
    skipped: Arc<AtomicU64>,
    /// Limits the log lines on messages that were passed over: peers can cause them.
    pub(crate) skip_throttle: Throttle,
    /// Whether messages are received with their origin.
    tells_origins: bool,
    /// Whether a message was ever sent.
    sent: AtomicBool,
    /// Whether it was ever connected over inproc.
    inproc: AtomicBool,
    /// Whether it was said that passwords can be read on their way.
    readable_warned: AtomicBool,
    /// Has its peers let in as long as it is there.
    _zap_domain: Option<Domain>,
    /// libzmq attaches peers, and handles their commands, only when the socket is used. The monitor thread
    /// *pumps* the socket, by a look at its events, when a peer has come, and again and again while the socket
    /// *drains*, for a while after one has gone.
    on_pump: OnceLock<OnPump>,
}

/// Called under a socket's lock each time the monitor thread pumps it.
pub(crate) type OnPump = Box<dyn Fn(&mut LockedSocket<'_>) -> Result<(), BoxedError> + Send + Sync>;

/// The envelope of a message that has none.
pub(crate) const NO_ENVELOPE: &[&[u8]] = &[];

impl std::fmt::Debug for SharedSocket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SharedSocket")
            .field("spec", &self.spec)
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}

impl SharedSocket {
    pub(crate) fn socket_type(&self) -> SocketType {
        self.spec.socket_type
    }

    /// Its name in the log.
    pub(crate) fn name(&self) -> &'static str {
        self.spec.name
    }

    /// How long it delivers once its last handle is gone.
    pub(crate) fn linger(&self) -> Linger {
        self.spec.profile.linger(&self.options)
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    /// The connections; an error in a child of the process that made the socket.
    pub(crate) fn status(&self) -> Result<&Arc<ConnectionStatus>> {
        self.check_process()?;
        Ok(&self.status)
    }

    /// The endpoints that this socket is bound to.
    pub(crate) fn bound(&self) -> Result<Vec<Endpoint>> {
        let inner = self.lock()?;
        let bound = inner.bound.iter().map(|known| known.endpoint.clone());
        Ok(bound.collect())
    }

    /// An error in a child of the process that made the socket: a lock that another thread held at the fork
    /// is never released there.
    #[inline]
    fn check_process(&self) -> Result<(), BoxedError> {
        self.inner.check()
    }

    /// Has the monitor thread call this from now on each time it pumps the socket.
    pub(crate) fn set_on_pump(&self, call: OnPump) {
        let _ = self.on_pump.set(call);
    }

    /// Unlocks as [`unlock_and_wake`](Self::unlock_and_wake) does, and logs that messages were dropped, if they
    /// were: not under the lock, since a logger may use the socket.
    #[cold]
    fn unlock_and_log(&self, mut inner: MutexGuard<'_, Inner>) {
        let state = inner.receive_state.as_mut();
        let line = state.and_then(|state| state.take_line());
        self.unlock_and_wake(inner);
        if let Some(line) = line {
            warn!("{}: {line}", self.name());
        }
    }

    /// Calls something that never waits, under the lock.
    pub(crate) fn with<T>(
        &self,
        call: impl FnOnce(&mut LockedSocket<'_>) -> Result<T, BoxedError>,
    ) -> Result<T, BoxedError> {
        let mut inner = self.lock()?;
        let result = call(&mut inner.locked()?);
        self.unlock_and_log(inner);
        result
    }

    #[inline]
    fn lock(&self) -> Result<MutexGuard<'_, Inner>, BoxedError> {
        self.inner.lock()
    }

    /// Unlocks after the socket was touched, and wakes a waiter for each event: rule 1.
    #[inline]
    fn unlock_and_wake(&self, mut inner: MutexGuard<'_, Inner>) {
        if !inner.waiters.is_empty() {
            inner.wake_ready();
        }
    }

    /// Ends all waits in this socket, now and later.
    pub(crate) fn stop(&self) {
        if !self.stopped.swap(true, Ordering::SeqCst) {
            debug!("{}: stopped", self.name());
        }
        if let Ok(mut inner) = self.lock() {
            inner.waiters.end_loops();
            drop(inner);
            self.status.end_waits();
        }
    }

    #[inline]
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Keeps the error that ended receiving, for [`failure`](Self::failure).
    pub(crate) fn fail(&self, error: &Error) {
        if let Ok(mut failure) = self.failure.lock() {
            failure.get_or_insert_with(|| error.clone());
        }
    }

    pub(crate) fn failure(&self) -> Result<Option<Error>> {
        Ok(self.failure.lock()?.clone())
    }

    /// Counts messages that are not given to the user.
    pub(crate) fn skip(&self, messages: u64) {
        self.skipped.fetch_add(messages, Ordering::Relaxed);
    }

    pub(crate) fn skipped(&self) -> u64 {
        self.skipped.load(Ordering::Relaxed)
    }

    /// Logs the size of a message, never its contents.
    #[inline]
    pub(crate) fn log(&self, what: &str, size: impl Fn() -> (usize, usize)) {
        if log::max_level() >= log::Level::Debug {
            let (frames, bytes) = size();
            self.log_enabled(what, frames, bytes);
        }
    }

    #[cold]
    fn log_enabled(&self, what: &str, frames: usize, bytes: usize) {
        debug!("{}: {what} {frames} frames, {bytes} bytes", self.name());
    }

    /// Receives a message, all its frames together.
    ///
    /// Compiled into its caller, so that the message is moved as little as can be.
    #[inline(always)]
    pub(crate) fn receive(&self, deadline: Deadline) -> Result<Message> {
        let mut message = Message::new();
        match self.receive_into(&mut message, deadline) {
            Ok(()) => Ok(message),
            Err(error) => Err(error.into()),
        }
    }

    /// Receives a message into an empty one.
    #[inline(never)]
    fn receive_into(&self, message: &mut Message, deadline: Deadline) -> Result<(), BoxedError> {
        match self.tells_origins {
            false => self.receive_as::<false>(message, deadline),
            true => self.receive_as::<true>(message, deadline),
        }
    }

    /// The same where messages tell their origin, or do not. Each way is shorter in a function of its own.
    #[inline(never)]
    fn receive_as<const ORIGIN: bool>(
        &self,
        message: &mut Message,
        deadline: Deadline,
    ) -> Result<(), BoxedError> {
        self.check_waiting(deadline)?;
        if let Some(first_try) = self.try_once(Interest::Readable, deadline, |locked| {
            locked.recv_as::<ORIGIN>(message)
        })? {
            self.finish(
                first_try,
                Interest::Readable,
                deadline,
                &mut |locked| locked.recv(message),
                &mut |_| {},
            )?;
        }
        self.log("received", || message.size());
        Ok(())
    }

    /// A stopped socket does not wait. Calls that need not wait go on until it is closed: messages that
    /// have arrived can be received, and requests replied to.
    #[inline]
    pub(crate) fn check_waiting(&self, deadline: Deadline) -> Result<(), BoxedError> {
        match self.is_stopped() && deadline != Deadline::Now {
            true => Err(boxed(Error::Stopped)),
            false => Ok(()),
        }
    }

    /// Refuses a message without frames, and one with a frame above `max_frame`: its receiver would end
    /// the connection without a word to the sender.
    #[inline]
    pub(crate) fn check_frames(&self, message: &Message) -> Result<(), BoxedError> {
        if message.frame_count() == 0 {
            return Err(boxed(Error::EmptyMessage));
        }
        message.iter().try_for_each(|frame| self.check_frame(frame))
    }

    #[inline]
    fn check_frame(&self, frame: &[u8]) -> Result<(), BoxedError> {
        match frame.len() as u64 > self.options.max_frame {
            true => Err(self.too_large(frame.len() as u64)),
            false => Ok(()),
        }
    }

    #[cold]
    fn too_large(&self, size: u64) -> BoxedError {
        let max = self.options.max_frame;
        boxed(Error::FrameTooLarge { size, max })
    }

    /// Sends a message, all its frames together, after those of an envelope. Frames that were not sent stay
    /// in the message.
    pub(crate) fn send(
        &self,
        envelope: &[impl AsRef<[u8]>],
        message: &mut Message,
        deadline: Deadline,
    ) -> Result<(), BoxedError> {
        self.check_waiting(deadline)?;
        for frame in envelope {
            self.check_frame(frame.as_ref())?;
        }
        self.check_frames(message)?;
        self.sent.store(true, Ordering::Relaxed);
        self.log("sending", || message.size());
        self.perform(Interest::Writable, deadline, |locked| {
            locked.send(envelope, message)
        })
    }

    /// Sends a message by this attempt, as soon as it can: for a caller that waits for more than room, as with
    /// [`perform_registered`](Self::perform_registered).
    #[cfg(feature = "rpc")]
    pub(crate) fn send_registered(
        &self,
        deadline: Deadline,
        mut attempt: impl FnMut(&mut LockedSocket<'_>, &mut Message) -> Result<Progress, BoxedError>,
        register: impl FnMut(&Arc<Waker>),
    ) -> Result<(), BoxedError> {
        self.check_waiting(deadline)?;
        self.sent.store(true, Ordering::Relaxed);
        let mut message = Message::new();
        let attempt = |locked: &mut LockedSocket<'_>| attempt(locked, &mut message);
        self.perform_registered(Interest::Writable, deadline, attempt, register)
    }

    /// Sends a message of one frame, with a copy of these bytes.
    #[inline]
    pub(crate) fn send_bytes(&self, bytes: &[u8], deadline: Deadline) -> Result<(), BoxedError> {
        self.check_waiting(deadline)?;
        self.check_frame(bytes)?;
        self.sent.store(true, Ordering::Relaxed);
        self.log("sending", || (1, bytes.len()));
        let first_try = self.try_once(Interest::Writable, deadline, |locked| {
            locked.send_bytes(bytes)
        })?;
        match first_try {
            None => Ok(()),
            Some(first_try) => self.finish(
                first_try,
                Interest::Writable,
                deadline,
                &mut |locked| locked.send_bytes(bytes),
                &mut |_| {},
            ),
        }
    }

    /// Sends a message with a copy of these frames, all together, after those of an envelope.
    #[inline]
    pub(crate) fn send_copy(
        &self,
        envelope: &[impl AsRef<[u8]>],
        frames: &[&[u8]],
        deadline: Deadline,
    ) -> Result<(), BoxedError> {
        self.check_waiting(deadline)?;
        // All frames are checked first: once the first is sent, the message cannot be taken back.
        for frame in envelope {
            self.check_frame(frame.as_ref())?;
        }
        for frame in frames {
            self.check_frame(frame)?;
        }
        self.sent.store(true, Ordering::Relaxed);
        let bytes = || frames.iter().map(|frame| frame.len()).sum();
        self.log("sending", || (frames.len(), bytes()));
        let first_try = self.try_once(Interest::Writable, deadline, |locked| {
            locked.send_copy(envelope, frames)
        })?;
        match first_try {
            None => Ok(()),
            Some(first_try) => self.finish(
                first_try,
                Interest::Writable,
                deadline,
                &mut |locked| locked.send_copy(envelope, frames),
                &mut |_| {},
            ),
        }
    }
}

/// Boxed off the hot path.
#[cold]
fn boxed(error: Error) -> BoxedError {
    error.into()
}

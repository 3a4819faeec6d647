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
//!    those who wait, and wakes that one. ([`SharedSocket::leave`])
//! 2. Before it waits, a thread looks whether the socket is ready for itself, under the lock
//!    under which it registers, and does not touch the socket after that. ([`SharedSocket::sleep`])

mod connect;
mod linger;
mod listen;
mod locked;
mod names;
mod open;
mod partial;
mod profile;
mod spec;
mod wait;
mod wait_any;
mod waiters;

use std::any::Any;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};

use log::debug;
use parking_lot::MutexGuard;

pub(crate) use linger::Linger;
pub(crate) use listen::{check_path, listen};
pub(crate) use locked::{BUDGET, LockedSocket, Progress};
pub(crate) use names::Target;
use partial::PartialMessage;
pub(crate) use profile::Profile;
pub(crate) use spec::{SocketSpec, SocketType};
pub(crate) use wait_any::{Operation, perform_any};
pub(crate) use waiters::Interest;
use waiters::{AdaptiveSpin, Waiters};

use crate::context::Context;
use crate::endpoint::Endpoint;
use crate::error::{BoxedError, Error, Result, Wait};
use crate::ffi::{self, RawMessage, system};
use crate::fork::ForkMutex;
use crate::message::Message;
use crate::monitor::{Closing, ConnectionStatus, MonitoredSocket};
use crate::options::Options;
use crate::throttle::Throttle;
use crate::wake::{Deadline, Waker};

/// What all handles of a socket hold together: whether there are any, and what lives as long.
#[derive(Debug, Default)]
pub(crate) struct HandleCount(OnceLock<Arc<dyn Any + Send + Sync>>);

/// A reference to a shared socket; the socket closes with the last of them.
#[derive(Debug, Clone)]
pub struct Socket {
    // Dropped before the context, which waits until what is queued is delivered.
    core: Arc<SharedSocket>,
    context: Arc<Context>,
    /// LockedSocket by the handles alone, so that others can tell whether there are any left.
    handle_count: Arc<HandleCount>,
}

impl Socket {
    /// What can be upgraded as long as there are handles.
    pub(crate) fn handle_count(&self) -> Weak<HandleCount> {
        Arc::downgrade(&self.handle_count)
    }

    /// Keeps something for as long as there are handles; it can be one thing only.
    pub(crate) fn keep(&self, thing: Arc<dyn Any + Send + Sync>) {
        let _ = self.handle_count.0.set(thing);
    }

    /// A reference that does not keep the socket open.
    pub(crate) fn downgrade(&self) -> Weak<SharedSocket> {
        Arc::downgrade(&self.core)
    }
}

impl Socket {
    /// What stops this socket without a lock: the flag, and the stop_signal that is to be rung then.
    pub(crate) fn stop_signal(&self) -> Result<(Arc<AtomicBool>, Arc<Waker>)> {
        self.check_process()?;
        let stop_signal = match self.stop_signal.get() {
            Some(stop_signal) => stop_signal.clone(),
            None => {
                let stop_signal = Arc::new(Waker::new()?);
                self.stop_signal.get_or_init(|| stop_signal).clone()
            }
        };
        // Those who wait already do not listen to it yet, nor does the monitor thread.
        self.lock()?.waiters.wake_all();
        self.context
            .with_monitor_thread(|thread| thread.listen(&self.status, &stop_signal))?;
        Ok((self.stopped.clone(), stop_signal))
    }
}

impl Deref for Socket {
    type Target = SharedSocket;

    #[inline]
    fn deref(&self) -> &SharedSocket {
        &self.core
    }
}

/// The socket itself, and all who wait for it.
pub struct SharedSocket {
    inner: ForkMutex<Inner>,
    fd: i32,
    spec: SocketSpec,
    options: Options,
    stopped: Arc<AtomicBool>,
    /// Rung by signal handlers, which must not lock; it is never silenced.
    stop_signal: OnceLock<Arc<Waker>>,
    status: Arc<ConnectionStatus>,
    /// What ended receiving for good, if anything but a stop has.
    failure: ForkMutex<Option<Error>>,
    /// How many messages were passed over because they did not fit.
    skipped: AtomicU64,
    /// Lines in the log that peers can cause.
    pub(crate) throttles: Throttles,
    /// Whether anything was sent.
    sent: AtomicBool,
    /// Whether it was ever connected within the process.
    inproc: AtomicBool,
    on_pump: OnceLock<OnPump>,
}

/// What is done with a socket when its peers change, under its lock.
pub(crate) type OnPump = Box<dyn Fn(&mut LockedSocket<'_>) -> Result<(), BoxedError> + Send + Sync>;

/// One for each kind of line that a socket's peers can cause.
#[derive(Debug, Default)]
pub(crate) struct Throttles {
    /// Messages were passed over.
    pub(crate) passed_over: Throttle,
    /// Replies that their requester does not read.
    pub(crate) unread: Throttle,
    /// Requests that were not replied to.
    pub(crate) unanswered: Throttle,
}

/// What a message is sent after that needs nothing before it.
pub(crate) const NO_ENVELOPE: &[&[u8]] = &[];

struct Inner {
    /// Gone once the socket was closed, though handles remain.
    socket: Option<zmq::Socket>,
    /// See [`LockedSocket`].
    scratch: RawMessage,
    /// See [`LockedSocket`].
    long: Option<Box<PartialMessage>>,
    /// How many frames may be received under one hold of the lock.
    frames: usize,
    waiters: Waiters,
    spin: AdaptiveSpin,
    bound: Vec<Endpoint>,
    connected: Vec<Connected>,
}

/// An endpoint connected to, and how.
#[derive(Debug, Clone)]
struct Connected {
    endpoint: Endpoint,
    /// As libzmq is told it.
    address: String,
    ipv6: bool,
    /// Its host's name did not resolve yet, and has been looked up so often.
    missing: bool,
    lookups: u32,
    /// When its host's name may be looked up again, if it has one, and if that is not being done.
    lookup: Option<Instant>,
    /// libzmq was not told to disconnect it, until it is connected anew.
    live: bool,
}

impl std::fmt::Debug for SharedSocket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SharedSocket")
            .field("spec", &self.spec)
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
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
    /// Where it is bound, and where it connects to.
    fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        let connected = self.connected.iter().map(|known| &known.endpoint);
        self.bound.iter().chain(connected)
    }

    #[inline]
    fn locked(&mut self) -> Result<LockedSocket<'_>, BoxedError> {
        match &mut self.socket {
            Some(socket) => Ok(LockedSocket {
                socket,
                scratch: &mut self.scratch,
                more: false,
                long: &mut self.long,
                left: self.frames,
            }),
            None => Err(boxed(Error::Stopped)),
        }
    }
}

impl SharedSocket {
    pub(crate) fn socket_type(&self) -> SocketType {
        self.spec.socket_type
    }

    /// What the log calls it.
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
        Ok(self.lock()?.bound.clone())
    }

    /// An error in a child of the process that made the socket: whatever lock another thread
    /// held when it forked is never released there.
    #[inline]
    fn check_process(&self) -> Result<(), BoxedError> {
        self.inner.check()
    }

    /// Does this from now on when a peer has come or gone, though nobody may be using the socket.
    pub(crate) fn on_pump(&self, call: OnPump) {
        let _ = self.on_pump.set(call);
    }

    /// Does something that never waits, on the socket.
    pub(crate) fn with<T>(
        &self,
        call: impl FnOnce(&mut LockedSocket<'_>) -> Result<T, BoxedError>,
    ) -> Result<T, BoxedError> {
        let mut inner = self.lock()?;
        let result = call(&mut inner.locked()?);
        self.leave(inner);
        result
    }

    #[inline]
    fn lock(&self) -> Result<MutexGuard<'_, Inner>, BoxedError> {
        self.inner.lock()
    }

    /// Unlocks, as everybody must who has touched the socket: rule 1.
    #[inline]
    fn leave(&self, mut inner: MutexGuard<'_, Inner>) {
        if !inner.waiters.is_empty() {
            wake_ready(&mut inner);
        }
    }

    /// Ends all waiting in this socket, now and later.
    pub(crate) fn stop(&self) {
        if !self.stopped.swap(true, Ordering::SeqCst) {
            debug!("{}: stopped", self.name());
        }
        if let Ok(mut inner) = self.lock() {
            inner.waiters.wake_all();
            drop(inner);
            self.status.end();
        }
    }

    #[inline]
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Closes the socket for all handles, and waits until what is queued is delivered.
    pub(crate) fn close(&self, timeout: Duration) -> Result<()> {
        self.stop();
        let Some(mut socket) = self.lock()?.socket.take() else {
            return Err(Error::Stopped);
        };
        let time = match ffi::tells_undelivered() {
            // In no time at all libzmq drops what is queued without a word.
            true => timeout.max(Duration::from_millis(1)),
            // What is not delivered in time is told from what is by how long it took.
            false => timeout.saturating_add(CLOCK_SLACK),
        };
        let linger = Linger::exactly(time);
        let set = linger.set(&mut socket);
        set.map_err(|errno| system("setting the linger time", errno))?;
        self.status.close(self.closing(linger, true));
        drop(socket);
        // libzmq takes a moment to clean up.
        let spin = time.saturating_add(Duration::from_secs(1));
        match self.status.wait_delivered(Deadline::after(spin)) {
            true => Ok(()),
            false => Err(self.status.timeout(Wait::Delivery)),
        }
    }

    /// Gives up, when it is dropped, what it has not delivered by then.
    pub(crate) fn abandon(&self) {
        let _ = self.with(|locked| Ok(locked.socket.set_linger(0).is_ok()));
    }

    /// Keeps what ended receiving, for [`failure`](Self::failure) to tell.
    pub(crate) fn fail(&self, error: &Error) {
        if let Ok(mut failure) = self.failure.lock() {
            failure.get_or_insert_with(|| error.clone());
        }
    }

    pub(crate) fn failure(&self) -> Result<Option<Error>> {
        Ok(self.failure.lock()?.clone())
    }

    /// Counts messages that were passed over.
    pub(crate) fn skip(&self, messages: u64) {
        self.skipped.fetch_add(messages, Ordering::Relaxed);
    }

    pub(crate) fn skipped(&self) -> u64 {
        self.skipped.load(Ordering::Relaxed)
    }

    /// Logs how much was moved, never what.
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

    /// Receives a message, all its frames at once.
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
        self.check_waiting(deadline)?;
        if let Some(first_try) = self.try_once(deadline, |locked| locked.recv(message))? {
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

    /// A stopped socket waits for nothing more. What need not wait goes on until it is closed:
    /// what has come can be had, and what was taken on be answered.
    #[inline]
    pub(crate) fn check_waiting(&self, deadline: Deadline) -> Result<(), BoxedError> {
        match self.is_stopped() && deadline != Deadline::Now {
            true => Err(boxed(Error::Stopped)),
            false => Ok(()),
        }
    }

    /// Refuses a message without frames, and one with a frame larger than those that we take: whoever
    /// receives it would cut the connection, and nobody would be told.
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

    /// Sends a message, all its frames at once, after those of an envelope. What is not sent is
    /// still in it.
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

    /// Sends a message of one frame, with a copy of these bytes.
    #[inline]
    pub(crate) fn send_bytes(&self, bytes: &[u8], deadline: Deadline) -> Result<(), BoxedError> {
        self.check_waiting(deadline)?;
        self.check_frame(bytes)?;
        self.sent.store(true, Ordering::Relaxed);
        self.log("sending", || (1, bytes.len()));
        match self.try_once(deadline, |locked| locked.send_bytes(bytes))? {
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

    /// Sends a message with a copy of these frames, all at once, after those of an envelope.
    #[inline]
    pub(crate) fn send_copy(
        &self,
        envelope: &[impl AsRef<[u8]>],
        frames: &[&[u8]],
        deadline: Deadline,
    ) -> Result<(), BoxedError> {
        self.check_waiting(deadline)?;
        // After the first there is no way back.
        for frame in envelope {
            self.check_frame(frame.as_ref())?;
        }
        for frame in frames {
            self.check_frame(frame)?;
        }
        self.sent.store(true, Ordering::Relaxed);
        let bytes = || frames.iter().map(|frame| frame.len()).sum();
        self.log("sending", || (frames.len(), bytes()));
        let first_try = self.try_once(deadline, |locked| locked.send_copy(envelope, frames))?;
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

impl MonitoredSocket for SharedSocket {
    fn pump(&self) -> bool {
        let pumped = self.with(|locked| {
            // Any look at the events makes libzmq do what it has to do.
            locked.events();
            match self.on_pump.get() {
                Some(call) => call(locked),
                None => Ok(()),
            }
        });
        pumped.is_ok()
    }

    fn reconnect(self: Arc<Self>, endpoint: &Endpoint) -> Option<Instant> {
        match self.is_missing(endpoint) {
            true => {
                self.look_up_missing(endpoint);
                None
            }
            false => self.reconnect_now(endpoint),
        }
    }

    fn retried(self: Arc<Self>, endpoint: &Endpoint) {
        self.doubt_family(endpoint);
    }
}

impl Drop for SharedSocket {
    fn drop(&mut self) {
        match self.check_process() {
            Ok(()) => {
                self.begin_linger();
                self.status.end();
            }
            // Closing it would be the business of threads that this process does not have.
            Err(_) => std::mem::forget(self.inner.get_mut().socket.take()),
        }
    }
}

impl SharedSocket {
    /// The last handle is gone: the socket closes, and delivers what is queued.
    fn begin_linger(&mut self) {
        let mut linger = self.linger();
        let Some(socket) = &mut self.inner.get_mut().socket else {
            return;
        };
        if !self.spec.profile.is_monitored {
            return;
        }
        if !ffi::tells_undelivered() && self.status.is_deserted() {
            linger = Linger::exactly(linger.alone);
            let _ = linger.set(socket);
        }
        self.status.close(self.closing(linger, false));
    }

    fn closing(&self, linger: Linger, awaited: bool) -> Closing {
        Closing {
            most: linger.most,
            alone: linger.alone,
            sent: self.sent.load(Ordering::Relaxed),
            inproc: self.inproc.load(Ordering::Relaxed),
            awaited,
            told: ffi::tells_undelivered(),
        }
    }
}

/// How much later than asked libzmq gives up when it does not tell what it could not deliver.
const CLOCK_SLACK: Duration = Duration::from_millis(100);

#[cold]
fn wake_ready(inner: &mut Inner) {
    if let Ok(locked) = inner.locked() {
        let events = locked.events();
        inner.waiters.wake(events);
    }
}

/// An error, put away where it is not in the way of what is done for every message.
#[cold]
fn boxed(error: Error) -> BoxedError {
    error.into()
}

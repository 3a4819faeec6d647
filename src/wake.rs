//! Waking a thread that waits, deadlines, and the one call that sleeps.

mod ready_signal;
mod wakers;

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use log::warn;
use parking_lot::{Condvar, MutexGuard};
pub(crate) use ready_signal::ReadySignal;
pub(crate) use wakers::Wakers;

use crate::error::{Error, Result};
use crate::ffi;
use crate::fork::ForkOrigin;

/// A thread's own wake-up: others wake it, it alone waits on it.
#[derive(Debug)]
pub(crate) struct Waker {
    rings: UnixStream,
    ring: UnixStream,
    origin: ForkOrigin,
}

impl Waker {
    pub(crate) fn new() -> Result<Waker> {
        let pair = || -> io::Result<Waker> {
            let (ring, rings) = UnixStream::pair()?;
            ring.set_nonblocking(true)?;
            rings.set_nonblocking(true)?;
            Ok(Waker {
                rings,
                ring,
                origin: ForkOrigin::here(),
            })
        };
        pair().map_err(|error| io_error("making a wake-up", &error))
    }

    /// The calling thread's, made when first needed; one for this call alone in a thread that ends,
    /// where the destructors of its own variables run.
    pub(crate) fn current() -> Result<Arc<Waker>> {
        thread_local! {
            static CURRENT: RefCell<Option<Arc<Waker>>> = const { RefCell::new(None) };
        }
        let own = CURRENT.try_with(|current| match &mut *current.borrow_mut() {
            // The other process would be woken, or its wake-ups stolen.
            Some(waker) if waker.origin.is_here() => Ok(waker.clone()),
            current => Ok(current.insert(Arc::new(Waker::new()?)).clone()),
        });
        own.unwrap_or_else(|_| Waker::new().map(Arc::new))
    }

    /// Wakes the thread. Allowed in a signal handler: one system call, which cannot block.
    pub(crate) fn wake(&self) {
        if !self.origin.is_here() {
            // It would wake the process that this one was forked from.
            return;
        }
        // A full pipe wakes just as well; nothing else can fail while both ends are here.
        let _ = (&self.ring).write(&[1]);
    }

    /// Whether it was woken since it was last cleared.
    pub(crate) fn is_woken(&self) -> bool {
        let mut fds = [readable(self.fd())];
        ffi::poll(&mut fds, 0).is_ok() && fds[0].revents != 0
    }

    /// Clears the wake-ups so far.
    pub(crate) fn clear(&self) {
        let mut rings = [0; 64];
        while matches!((&self.rings).read(&mut rings), Ok(64)) {}
    }

    pub(crate) fn fd(&self) -> RawFd {
        self.rings.as_raw_fd()
    }

    /// A file descriptor that can always be read: the end of this one that is only written to. Each
    /// call wakes anew all threads that wait for it.
    pub(crate) fn always_readable(&self) -> BorrowedFd<'_> {
        // Nothing was ever to be read there. From now on, that is its end.
        let _ = self.rings.shutdown(Shutdown::Write);
        self.ring.as_fd()
    }
}

impl AsFd for Waker {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.rings.as_fd()
    }
}

/// Until when a call may wait; the earlier is the smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Deadline {
    /// Not at all.
    Now,
    /// Until then.
    At(Instant),
    /// For ever.
    Never,
}

impl Deadline {
    pub(crate) fn after(timeout: Duration) -> Deadline {
        // A time beyond the clock's range is for ever.
        match Instant::now().checked_add(timeout) {
            Some(instant) => Deadline::At(instant),
            None => Deadline::Never,
        }
    }

    #[inline]
    pub(crate) fn after_some(timeout: Option<Duration>) -> Deadline {
        timeout.map_or(Deadline::Never, Deadline::after)
    }

    pub(crate) fn is_over(self) -> bool {
        match self {
            Deadline::Now => true,
            Deadline::At(instant) => Instant::now() >= instant,
            Deadline::Never => false,
        }
    }

    /// This deadline, or one so much from now if that is earlier.
    pub(crate) fn within(self, timeout: Duration) -> Deadline {
        match self.left() {
            Some(left) if left < timeout => self,
            _ => Deadline::after(timeout),
        }
    }

    /// The time that is left, or `None` for ever.
    pub(crate) fn left(self) -> Option<Duration> {
        match self {
            Deadline::Now => Some(Duration::ZERO),
            Deadline::At(instant) => Some(instant.saturating_duration_since(Instant::now())),
            Deadline::Never => None,
        }
    }

    /// Waits for a change, or until the deadline is over.
    pub(crate) fn wait<T>(self, changed: &Condvar, guard: &mut MutexGuard<'_, T>) {
        match self {
            Deadline::Now => {}
            Deadline::At(instant) => drop(changed.wait_until(guard, instant)),
            Deadline::Never => changed.wait(guard),
        }
    }

    /// The error of a call that waited for this until its time ran out.
    pub(crate) fn error(self, waited_for: impl FnOnce() -> Error) -> Error {
        match self {
            Deadline::Now => Error::WouldBlock,
            _ => waited_for(),
        }
    }
}

/// An entry for [`poll`]: it waits until this can be read.
pub(crate) fn readable(fd: RawFd) -> libc::pollfd {
    libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    }
}

/// Waits until one of these can be read or the deadline is over. A signal ends it too: the
/// caller looks again.
///
/// A system that refuses to wait (for more files than a lowered limit allows, or without memory) does
/// not end the caller: after a moment everything counts as ready.
pub(crate) fn poll(fds: &mut [libc::pollfd], deadline: Deadline) {
    const FAR: u128 = 3_600_000;
    let timeout = match deadline.left() {
        // Rounded up, or the last part of a millisecond would be spent awake.
        Some(left) => left.as_micros().div_ceil(1000).min(FAR) as i32,
        None => -1,
    };
    match ffi::poll(fds, timeout) {
        Ok(()) | Err(libc::EINTR) => {}
        Err(errno) => refused(fds, deadline, errno),
    }
}

#[cold]
fn refused(fds: &mut [libc::pollfd], deadline: Deadline, errno: ffi::Errno) {
    static LOGGED: AtomicBool = AtomicBool::new(false);
    const MOMENT: Duration = Duration::from_millis(5);
    if !LOGGED.swap(true, Ordering::Relaxed) {
        let reason = io::Error::from_raw_os_error(errno);
        warn!(
            "the system refuses to wait for {} files: {reason}; looking at them now and then",
            fds.len()
        );
    }
    std::thread::sleep(deadline.left().map_or(MOMENT, |left| left.min(MOMENT)));
    fds.iter_mut().for_each(|fd| fd.revents = libc::POLLIN);
}

/// An error of the system's; running out of file descriptors has a variant of its own.
pub(crate) fn io_error(operation: &'static str, error: &io::Error) -> Error {
    match error.raw_os_error() {
        Some(errno) => ffi::system(operation, errno),
        None => Error::system(operation, error),
    }
}

//! The process's one libzmq context, alive as long as any handle.

mod files;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use crossbeam_channel::Sender;
use files::check_files;
use parking_lot::{Mutex, MutexGuard};

use crate::background;
use crate::error::{Error, Result};
use crate::ffi::{PerProcess, RawContext, system};
use crate::fork::ForkMutex;
use crate::monitor::MonitorThread;
use crate::zap::ZapThread;

/// A libzmq context, the thread that watches its sockets' connections, and the one that lets clients in.
///
/// It is held by the handles, not by a static: when the last of them is dropped, libzmq
/// delivers queued messages (for the linger time at most). A static would never be dropped,
/// and messages that are queued when main returns would be lost.
pub(crate) struct Context {
    // Dropped first: its own sockets must be closed before the context can end.
    thread: ForkMutex<Option<MonitorThread>>,
    // The same, and not before libzmq is done with all sockets that need it.
    zap: ForkMutex<Option<ZapThread>>,
    /// The threads have it, too.
    zmq: Arc<RawContext>,
    /// Dropped after it, for which the thread that takes over the monitor thread waits: else this drop
    /// would have to wait for libzmq's end.
    dropped: Option<Sender<()>>,
}

/// How many sockets a context may have; libzmq keeps a pointer for each. Programs that
/// find each other have a socket for each two of them, and many may be in one process.
const SOCKETS: i32 = 65_535;

static CURRENT: PerProcess<Mutex<Weak<Context>>> = PerProcess::new();
static IO_THREADS: AtomicUsize = AtomicUsize::new(1);

impl Context {
    /// The process's context; a new one if no handle holds one.
    pub(crate) fn current() -> Result<Arc<Context>> {
        let mut current = CURRENT.get().lock();
        match current.upgrade() {
            Some(context) => Ok(context),
            None => Context::open(&mut current),
        }
    }

    fn open(current: &mut MutexGuard<'_, Weak<Context>>) -> Result<Arc<Context>> {
        check_files()?;
        let threads = IO_THREADS.load(Ordering::Relaxed);
        let threads = threads.try_into().unwrap_or(i32::MAX);
        let zmq =
            RawContext::new(threads, SOCKETS).map_err(|errno| system("starting libzmq", errno))?;
        let context = Arc::new(Context {
            thread: ForkMutex::new(None),
            zap: ForkMutex::new(None),
            zmq: Arc::new(zmq),
            dropped: None,
        });
        **current = Arc::downgrade(&context);
        Ok(context)
    }

    /// A new socket.
    pub(crate) fn socket(&self, kind: zmq::SocketType) -> Result<zmq::Socket> {
        check_files()?;
        let socket = self.zmq.socket(kind);
        socket.map_err(|errno| system("making a socket", errno))
    }

    pub(crate) fn zmq(&self) -> &RawContext {
        &self.zmq
    }

    /// Does something with the monitor thread, which is started when first needed.
    pub(crate) fn with_monitor_thread<T>(
        &self,
        call: impl FnOnce(&MonitorThread) -> Result<T>,
    ) -> Result<T> {
        with_started(&self.thread, || MonitorThread::start(&self.zmq), call)
    }

    /// Does something with the handler that lets clients into secured sockets, which is bound when first
    /// needed: before the first of these.
    pub(crate) fn with_zap<T>(&self, call: impl FnOnce(&ZapThread) -> Result<T>) -> Result<T> {
        let start = || {
            check_files()?;
            ZapThread::start(&self.zmq)
        };
        with_started(&self.zap, start, call)
    }
}

/// Does something with a thread, which is started if there is none yet.
fn with_started<Thread, T>(
    thread: &ForkMutex<Option<Thread>>,
    start: impl FnOnce() -> Result<Thread>,
    call: impl FnOnce(&Thread) -> Result<T>,
) -> Result<T> {
    let mut thread = thread.lock()?;
    let started = match thread.take() {
        Some(started) => started,
        None => start()?,
    };
    call(thread.insert(started))
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").finish_non_exhaustive()
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        if self.thread.check().is_err() {
            // Its threads are the parent's: waiting for them here would never end. Nor is the value behind
            // the mutex dropped here.
            return;
        }
        let zap = self.zap.get_mut().take();
        if let Some(thread) = self.thread.get_mut().take()
            && !thread.wait_all_released()
        {
            // libzmq goes on for a while, and nobody waits for it any more.
            let (sender, dropped) = crossbeam_channel::bounded(0);
            self.dropped = Some(sender);
            let _ = background::detach("zeroless-linger", move || {
                let _ = dropped.recv();
                drop(zap);
                drop(thread);
            });
        }
    }
}

/// Sets how many threads libzmq uses to move messages in and out. Default 1.
///
/// One thread moves about 3 million small messages a second in one direction; a process with
/// many busy sockets may want more. It counts for all handles of the process, so it is to be
/// set before the first is made (or after the last is gone).
///
/// # Errors
///
/// [`Error::InvalidOption`] for zero, for more than 64, or while there are handles.
///
/// # Examples
///
/// ```
/// zeroless::set_io_threads(2)?;
/// let pull = zeroless::Server::bind(0)?.pull()?;
/// assert!(zeroless::set_io_threads(1).is_err());
/// # Ok::<(), zeroless::Error>(())
/// ```
pub fn set_io_threads(threads: usize) -> Result<()> {
    let refuse = |reason: &str| {
        Err(Error::InvalidOption {
            option: "io_threads",
            reason: reason.to_owned(),
        })
    };
    let current = CURRENT.get().lock();
    if !(1..=64).contains(&threads) {
        return refuse("choose between 1 and 64");
    }
    if current.strong_count() > 0 {
        return refuse("set it before the first handle is made");
    }
    IO_THREADS.store(threads, Ordering::Relaxed);
    Ok(())
}

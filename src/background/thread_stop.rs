//! How a thread that waits is stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::Result;
use crate::wake::Waker;

/// The stop of one thread, and its wake-up: see
/// [`Background::start_waiting`](super::Background::start_waiting).
#[derive(Debug)]
pub(crate) struct ThreadStop {
    stopped: Arc<AtomicBool>,
    waker: Arc<Waker>,
}

impl ThreadStop {
    pub(super) fn new() -> Result<ThreadStop> {
        Ok(ThreadStop {
            stopped: Arc::default(),
            waker: Arc::new(Waker::new()?),
        })
    }

    /// Stops the thread, and ends its wait.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        self.waker.wake();
    }

    /// Whether the thread is to end. It looks before each wait.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// The flag, and the waker to wake after it is set: together they stop the thread without a lock.
    pub(crate) fn parts(&self) -> (Arc<AtomicBool>, Arc<Waker>) {
        (self.stopped.clone(), self.waker.clone())
    }

    /// Ends the thread's wait: for its [`WaitSet`](super::WaitSet), and for callers that have work for
    /// it.
    pub(crate) fn waker(&self) -> &Arc<Waker> {
        &self.waker
    }
}

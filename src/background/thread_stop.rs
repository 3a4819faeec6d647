//! How a thread that waits is stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::Result;
use crate::wake::Waker;

/// The stop of one thread, and its wake-up: see
/// [`Background::start_waiting`](super::Background::start_waiting).
#[derive(Debug)]
pub(crate) struct ThreadStop {
    stopped: AtomicBool,
    waker: Arc<Waker>,
}

impl ThreadStop {
    pub(super) fn new() -> Result<ThreadStop> {
        Ok(ThreadStop {
            stopped: AtomicBool::new(false),
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

    /// Ends the thread's wait: for its [`WaitSet`](super::WaitSet), and for callers that have work for
    /// it.
    pub(crate) fn waker(&self) -> &Arc<Waker> {
        &self.waker
    }
}

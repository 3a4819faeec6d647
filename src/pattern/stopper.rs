//! Stopping a handle from elsewhere, without a lock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::ffi;
use crate::wake::Waker;

/// Stops a handle from another thread or from a signal handler; see
/// [`Push::stopper`](crate::Push::stopper).
///
/// Its [`stop`](Stopper::stop) is async-signal-safe: an atomic store, and a poll and a write
/// that do not block; it leaves `errno` as it was.
///
/// ```
/// let pull = zeroless::Server::bind(0)?.pull()?;
/// pull.stopper()?.stop();
/// assert!(pull.recv().is_err());
/// # Ok::<(), zeroless::Error>(())
/// ```
#[doc(alias = "ctrlc")]
#[derive(Debug, Clone)]
pub struct Stopper {
    stopped: Arc<AtomicBool>,
    stop_signal: Arc<Waker>,
}

impl Stopper {
    pub(crate) fn new(stopped: Arc<AtomicBool>, stop_signal: Arc<Waker>) -> Stopper {
        Stopper {
            stopped,
            stop_signal,
        }
    }

    /// Stops the handle, as [`Push::stop`](crate::Push::stop) does.
    ///
    /// ```
    /// # let pull = zeroless::Server::bind(0)?.pull()?;
    /// # let stopper = pull.stopper()?;
    /// stopper.stop();
    /// assert_eq!(pull.into_iter().count(), 0);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn stop(&self) {
        // A signal handler must not change the error number of the code that it interrupts.
        ffi::keep_errno(|| {
            self.stopped.store(true, Ordering::SeqCst);
            // One wake-up is enough, and none is taken out while there are handles.
            if !self.stop_signal.is_woken() {
                self.stop_signal.wake();
            }
        });
    }
}

//! How many calls, and threads that run them, have not ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

/// What has not ended.
#[derive(Debug, Default)]
pub(super) struct OpenCalls {
    count: AtomicUsize,
    waiting: Mutex<()>,
    ended: Condvar,
}

/// One of them, until this is dropped.
#[derive(Debug)]
pub(super) struct Open(Arc<OpenCalls>);

impl OpenCalls {
    pub(super) fn open(self: &Arc<OpenCalls>) -> Open {
        self.count.fetch_add(1, Ordering::SeqCst);
        Open(self.clone())
    }

    /// Waits until all have ended: whether they have.
    pub(super) fn wait(&self, timeout: Duration) -> bool {
        let mut waiting = self.waiting.lock();
        let are_open = |_: &mut ()| self.count.load(Ordering::SeqCst) > 0;
        let waited = self.ended.wait_while_for(&mut waiting, are_open, timeout);
        !waited.timed_out()
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, Ordering::SeqCst) == 1 {
            let _waiting = self.0.waiting.lock();
            self.0.ended.notify_all();
        }
    }
}

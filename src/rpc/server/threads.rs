//! How many threads of a server have not ended.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

/// The threads of a server.
#[derive(Debug, Default)]
pub(super) struct Threads {
    count: Mutex<usize>,
    ended: Condvar,
}

/// One of them, until this is dropped.
#[derive(Debug)]
pub(super) struct Thread(Arc<Threads>);

impl Threads {
    pub(super) fn add(self: &Arc<Threads>) -> Thread {
        *self.count.lock() += 1;
        Thread(self.clone())
    }

    /// Waits until all have ended: whether they have.
    pub(super) fn wait(&self, timeout: Duration) -> bool {
        let mut count = self.count.lock();
        let are_there = |count: &mut usize| *count > 0;
        let waited = self.ended.wait_while_for(&mut count, are_there, timeout);
        !waited.timed_out()
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        let mut count = self.0.count.lock();
        *count -= 1;
        if *count == 0 {
            self.0.ended.notify_all();
        }
    }
}

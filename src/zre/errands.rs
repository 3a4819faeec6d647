//! What others have for a node's thread to do.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;

use super::driver::Shared;
use crate::error::Result;
use crate::wake::Waker;

/// How many errands wait at most. Those that come in such numbers are news of connections, which
/// are told again.
const MOST: usize = 1024;

/// Something to be done in the node's thread, with what it shares.
pub(super) type Errand = Box<dyn FnOnce(&Shared) + Send>;

/// The errands of one node, and the wake-up of its thread.
pub(super) struct Errands {
    queue: Mutex<VecDeque<Errand>>,
    waker: Arc<Waker>,
}

impl Errands {
    pub(super) fn new() -> Result<Errands> {
        Ok(Errands {
            queue: Mutex::default(),
            waker: Arc::new(Waker::new()?),
        })
    }

    /// Has the thread do something, as soon as it can.
    pub(super) fn add(&self, errand: Errand) {
        let mut queue = self.queue.lock();
        if queue.len() < MOST {
            queue.push_back(errand);
        }
        drop(queue);
        self.waker.wake();
    }

    /// Takes what there is to do.
    pub(super) fn take(&self) -> VecDeque<Errand> {
        std::mem::take(&mut *self.queue.lock())
    }

    pub(super) fn waker(&self) -> &Arc<Waker> {
        &self.waker
    }
}

impl fmt::Debug for Errands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Errands").finish_non_exhaustive()
    }
}

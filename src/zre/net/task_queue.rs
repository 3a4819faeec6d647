//! Tasks that other threads leave for a node's thread.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::error::Result;
use crate::wake::Waker;

/// How many tasks wait at most. Those that come in such numbers are news of connections, which
/// are told again.
const MOST: usize = 1024;

/// The tasks of one node, and the wake-up of its thread.
pub(crate) struct TaskQueue<T> {
    queue: Mutex<VecDeque<T>>,
    waker: Arc<Waker>,
}

impl<T> TaskQueue<T> {
    pub(crate) fn new() -> Result<TaskQueue<T>> {
        Ok(TaskQueue {
            queue: Mutex::default(),
            waker: Arc::new(Waker::new()?),
        })
    }

    /// Has the thread do something, as soon as it can.
    pub(crate) fn push(&self, task: T) {
        let mut queue = self.queue.lock();
        if queue.len() < MOST {
            queue.push_back(task);
        }
        drop(queue);
        self.waker.wake();
    }

    /// Takes all tasks.
    pub(crate) fn take(&self) -> VecDeque<T> {
        std::mem::take(&mut *self.queue.lock())
    }

    pub(crate) fn waker(&self) -> &Arc<Waker> {
        &self.waker
    }
}

impl<T> fmt::Debug for TaskQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskQueue").finish_non_exhaustive()
    }
}

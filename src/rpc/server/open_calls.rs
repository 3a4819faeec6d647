//! How many calls have not ended: once a server stops, it goes on until that is none.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// The calls that have not ended.
pub(super) struct OpenCalls {
    count: AtomicUsize,
    is_stopping: AtomicBool,
    /// Called when the server stops and there are none; perhaps more than once.
    on_drained: Box<dyn Fn() + Send + Sync>,
}

/// One of them, until this is dropped.
#[derive(Debug)]
pub(super) struct Open(Arc<OpenCalls>);

impl OpenCalls {
    pub(super) fn new(on_drained: impl Fn() + Send + Sync + 'static) -> OpenCalls {
        OpenCalls {
            count: AtomicUsize::new(0),
            is_stopping: AtomicBool::new(false),
            on_drained: Box::new(on_drained),
        }
    }

    /// A call that comes. Whether the server stops is to be asked after this: then it waits for those that are not told so.
    pub(super) fn open(self: &Arc<OpenCalls>) -> Open {
        self.count.fetch_add(1, Ordering::SeqCst);
        Open(self.clone())
    }

    /// The server stops: no call begins from now on.
    pub(super) fn stop(&self) {
        self.is_stopping.store(true, Ordering::SeqCst);
        if self.are_none() {
            (self.on_drained)();
        }
    }

    pub(super) fn are_none(&self) -> bool {
        self.count.load(Ordering::SeqCst) == 0
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::SeqCst)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let was_last = self.0.count.fetch_sub(1, Ordering::SeqCst) == 1;
        if was_last && self.0.is_stopping() {
            (self.0.on_drained)();
        }
    }
}

impl fmt::Debug for OpenCalls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenCalls")
            .field("count", &self.count)
            .field("is_stopping", &self.is_stopping)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_stops_is_drained_once_its_last_call_has_ended() {
        let drained = Arc::new(AtomicUsize::new(0));
        let own = drained.clone();
        let calls = Arc::new(OpenCalls::new(move || {
            own.fetch_add(1, Ordering::SeqCst);
        }));
        let times = || drained.load(Ordering::SeqCst);
        drop(calls.open());
        let (one, two) = (calls.open(), calls.open());
        calls.stop();
        drop(one);
        assert_eq!(times(), 0);
        drop(two);
        assert_eq!(times(), 1);
        calls.stop();
        assert_eq!(times(), 2);
    }
}

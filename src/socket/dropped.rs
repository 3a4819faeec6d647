//! Messages that are dropped because their sender may not send: they are counted, and the log tells of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::origin::Origin;
use crate::throttle::Throttle;

/// Counts dropped messages, and has a line for the log.
#[derive(Debug)]
pub(super) struct DroppedMessages {
    /// The socket's count of messages that the user is not given.
    skipped: Arc<AtomicU64>,
    throttle: Throttle,
    /// To be logged once the socket is unlocked: a logger may use it.
    line: Option<String>,
}

impl DroppedMessages {
    pub(super) fn new(skipped: Arc<AtomicU64>) -> DroppedMessages {
        DroppedMessages {
            skipped,
            throttle: Throttle::new(),
            line: None,
        }
    }

    /// Counts a message of this origin.
    #[cold]
    pub(super) fn add(&mut self, origin: Option<&Origin>) {
        self.skipped.fetch_add(1, Ordering::Relaxed);
        if let Some(left_out) = self.throttle.admit() {
            self.line = Some(match origin.and_then(Origin::user) {
                Some(user) => format!("dropped a message of the revoked user {user:?}{left_out}"),
                None => format!("dropped a message of a peer that was not let in{left_out}"),
            });
        }
    }

    /// Whether there is a line to be logged.
    pub(super) fn has_line(&self) -> bool {
        self.line.is_some()
    }

    /// The line to be logged now.
    pub(super) fn take_line(&mut self) -> Option<String> {
        self.line.take()
    }
}

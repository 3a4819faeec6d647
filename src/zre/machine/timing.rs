//! When a node speaks, and when it suspects that a peer is gone.

use std::time::Duration;

/// When a node speaks, and when it suspects that a peer is gone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timing {
    pub(crate) interval: Duration,
    pub(crate) evasive: Duration,
    pub(crate) silent: Duration,
    pub(crate) expired: Duration,
}

impl Default for Timing {
    fn default() -> Timing {
        Timing {
            interval: Duration::from_secs(1),
            evasive: Duration::from_secs(5),
            silent: Duration::from_secs(5),
            expired: Duration::from_secs(30),
        }
    }
}

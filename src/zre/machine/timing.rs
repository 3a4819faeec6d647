//! When a node speaks, and when it suspects that a peer is gone.

use std::time::Duration;

/// When a node speaks, and when it suspects that a peer is gone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timing {
    /// The time between two beacons, and between two pings to a node that is not verified; also how long
    /// a group is unchanged before its leader is decided.
    pub(crate) interval: Duration,
    /// How long a peer may be silent before it is pinged, and a node unverified before it is dropped.
    pub(crate) evasive: Duration,
    /// How long a pinged peer may be silent before that is reported.
    pub(crate) silent: Duration,
    /// How long no message may come from a peer before it is dropped.
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

//! TCP's own question whether a peer is still there.

use std::time::Duration;

/// TCP's own probes of a silent connection; see [`Options::keep_alive`](super::Options::keep_alive).
///
/// ```
/// use zeroless::{KeepAlive, Options};
/// let probes = KeepAlive { count: 5, ..KeepAlive::default() };
/// let options = Options::default().keep_alive(Some(probes));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeepAlive {
    /// Silence before the first probe; whole seconds, 32767 s at most. Default 30 s.
    pub idle: Duration,
    /// Time between probes; whole seconds, 32767 s at most. Default 10 s.
    pub interval: Duration,
    /// Probes without an answer before the connection is cut; 127 at most. Default 3.
    pub count: u16,
}

impl KeepAlive {
    /// The longest time that Linux takes. More is refused for each connection, and libzmq then leaves its file open.
    pub(crate) const LONGEST: Duration = Duration::from_secs(32767);
    pub(super) const MOST: u16 = 127;

    /// How long it takes to find that a peer is gone.
    pub(crate) fn whole(&self) -> Duration {
        let probes = self.interval.saturating_mul(u32::from(self.count));
        self.idle.saturating_add(probes)
    }
}

impl Default for KeepAlive {
    fn default() -> KeepAlive {
        KeepAlive {
            idle: Duration::from_secs(30),
            interval: Duration::from_secs(10),
            count: 3,
        }
    }
}

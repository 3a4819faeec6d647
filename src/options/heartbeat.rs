//! ZeroMQ's own question whether a peer is still there.

use std::time::Duration;

/// Whether silent peers are asked if they are still there; see [`Options::heartbeat`](super::Options::heartbeat).
///
/// ```
/// use std::time::Duration;
/// use zeroless::{Heartbeat, Options};
/// let every = Heartbeat::Every { interval: Duration::from_millis(200), timeout: Duration::from_millis(600) };
/// let options = Options::default().heartbeat(every);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Heartbeat {
    /// As suits the pattern.
    #[default]
    Auto,
    /// Never.
    Off,
    /// After this much silence ask, and after this much more give the peer up.
    Every {
        /// How often a ping is sent.
        interval: Duration,
        /// How long a peer may be silent after a ping.
        timeout: Duration,
    },
}

//! How a socket was closed, and the losses that libzmq has reported since.

use std::fmt;
use std::time::{Duration, Instant};

use crate::endpoint::Endpoint;

/// How a socket was closed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Closing {
    /// How long it delivers at most, while a peer is connected.
    pub(crate) most: Duration,
    /// The same while no peer is connected.
    pub(crate) alone: Duration,
    /// Whether anything was sent.
    pub(crate) sent: bool,
    /// Whether a caller waits for the outcome, which then is not logged.
    pub(crate) awaited: bool,
    /// Whether it was connected within the process. Where nobody has bound such an endpoint,
    /// libzmq is done with the socket only when the context ends.
    pub(crate) inproc: bool,
}

/// A socket that was closed, and the losses that libzmq has reported since.
#[derive(Debug)]
pub(super) struct Closed {
    pub(super) how: Closing,
    pub(super) since: Instant,
    pub(super) undelivered: Option<Undelivered>,
}

/// The messages that libzmq could not deliver.
#[derive(Debug)]
pub(super) struct Undelivered {
    /// Of one of the connections.
    pub(super) endpoint: Endpoint,
    pub(super) connections: u32,
    pub(super) messages: u64,
}

/// Counts whole messages; one that was partly sent is not among them.
impl fmt::Display for Undelivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoint = &self.endpoint;
        match (self.connections, self.messages) {
            (1, 0) => write!(
                f,
                "the last message for {endpoint} could not be delivered in full"
            ),
            (1, 1) => write!(
                f,
                "a message for {endpoint} could not be delivered, and is lost"
            ),
            (1, messages) => write!(
                f,
                "{messages} messages for {endpoint} could not be delivered, and are lost"
            ),
            (connections, messages) => write!(
                f,
                "{messages} messages for {connections} connections could not be delivered, and \
                 are lost; one is of {endpoint}"
            ),
        }
    }
}

/// libzmq's timers may end a little early.
const TIMER_SLACK: Duration = Duration::from_millis(5);

impl Closed {
    /// Whether libzmq's time was over, by the clock.
    pub(super) fn ran_out(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) + TIMER_SLACK >= self.how.most
    }
}

//! How a socket behaves where its user's options leave it open.

use std::time::Duration;

use super::Linger;
use super::set_aside::FRAMES;
use crate::options::{Batch, Heartbeat, KeepAlive, Options};

/// How a socket behaves; where the user's options say something else, they count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Profile {
    /// How long it goes on delivering once it is closed.
    pub(crate) linger: Linger,
    /// Whether its connections are monitored, which costs a pair of sockets more.
    pub(crate) is_monitored: bool,
    /// Whether [`Options::send_queue`] bounds its queue for each peer.
    ///
    /// libzmq drops a subscription without a word beyond the limit: topics would never arrive, and
    /// subscribers never leave.
    pub(crate) has_send_limit: bool,
    /// How many times [`Options::send_queue`] that is.
    pub(crate) send_queues: u32,
    /// Whether it moves many messages in one direction, so that it gets large batches.
    pub(crate) is_stream: bool,
    /// TCP's probes of a silent connection.
    pub(crate) keep_alive: KeepAlive,
    /// Whether a connection that takes nothing for as long as the probes take is ended. TCP does not
    /// probe while data is on its way, so nothing else finds a host that is gone. But a live peer that
    /// is busy for so long is cut off too.
    pub(crate) ends_stalled: bool,
    /// Whether a receive tries again for a while before it sleeps.
    ///
    /// Where messages answer each other, being late costs. In a stream no peer waits for an answer, and
    /// being early costs: it takes the processor from the threads that move the messages, and makes more
    /// system calls for fewer messages each.
    pub(crate) spins: bool,
    /// Whether messages go only to connections that are up, once there are several endpoints.
    ///
    /// A request is better sent to another server than to one that is down. But with immediate
    /// connections libzmq drops messages that have arrived on one and were not yet received when it breaks, so
    /// they are not worth it where there is no other server.
    pub(crate) is_immediate_beside_others: bool,
    /// Whether a message is received whole under one hold of the lock, however long it is.
    ///
    /// It must be where connections may be immediate: libzmq drops the messages that have arrived
    /// when one breaks, and asserts that it was not in the middle of a message.
    pub(crate) receives_whole: bool,
    /// Whether a message is queued for one peer, and goes to no other.
    pub(crate) queues_for_peer: bool,
}

impl Default for Profile {
    fn default() -> Profile {
        Profile {
            linger: Linger::default(),
            is_monitored: true,
            has_send_limit: true,
            send_queues: 1,
            is_stream: false,
            keep_alive: KeepAlive::default(),
            ends_stalled: false,
            spins: false,
            is_immediate_beside_others: false,
            receives_whole: false,
            queues_for_peer: false,
        }
    }
}

/// How many bytes libzmq moves in one system call by default.
const SMALL_BATCH: i32 = 8 * 1024;

/// The fastest for streams of messages, measured from 32 B to 1 MiB (benches/).
const LARGE_BATCH: i32 = 256 * 1024;

impl Profile {
    pub(crate) fn linger(&self, options: &Options) -> Linger {
        options.linger.map_or(self.linger, Linger::exactly)
    }

    /// How many messages wait for each peer before there is no room for more; `None` for no limit.
    pub(super) fn send_queue(&self, options: &Options) -> Option<u32> {
        let messages = options.send_queue.saturating_mul(self.send_queues);
        self.has_send_limit.then_some(messages)
    }

    /// The batch size to set, or `None` to leave libzmq's own.
    pub(super) fn batch(&self, options: &Options) -> Option<i32> {
        match options.batch {
            Batch::Auto => self.is_stream.then_some(LARGE_BATCH),
            Batch::Small => Some(SMALL_BATCH),
            Batch::Bytes(bytes) => i32::try_from(bytes).ok(),
        }
    }

    /// The probes of a silent connection; `None` for none.
    pub(super) fn keep_alive(&self, options: &Options) -> Option<KeepAlive> {
        match options.keep_alive {
            Some(probes)
                if probes == KeepAlive::default() && options.heartbeat == Heartbeat::Auto =>
            {
                Some(self.keep_alive)
            }
            probes => probes,
        }
    }

    /// How long sent bytes may wait for TCP's acknowledgement, or for room at the peer, before the connection
    /// is ended.
    pub(super) fn stall_timeout(&self, options: &Options) -> Option<Duration> {
        let probes = self.keep_alive(options).filter(|_| self.ends_stalled);
        probes.map(|probes| probes.whole())
    }

    /// How many frames may be received before others get the lock, in the middle of a message.
    pub(super) fn frame_limit(&self, options: &Options) -> usize {
        match self.receives_whole || options.immediate == Some(true) {
            true => usize::MAX,
            false => FRAMES,
        }
    }

    /// How long a receive tries again, at most, before it sleeps.
    pub(super) fn spin(&self, options: &Options) -> Duration {
        match self.spins {
            true => options.spin,
            false => Duration::ZERO,
        }
    }

    /// Whether messages go only to connections that are up, when it connects to an endpoint
    /// beside so many others.
    pub(super) fn is_immediate(&self, options: &Options, others: usize) -> bool {
        let own = self.is_immediate_beside_others && others > 0;
        options.immediate.unwrap_or(own)
    }
}

/// Interval and timeout of heartbeats, if the user asks for any.
///
/// There are none by default: a connection that is only slow would be cut.
pub(super) fn heartbeat(options: &Options) -> Option<(Duration, Duration)> {
    match options.heartbeat {
        Heartbeat::Auto | Heartbeat::Off => None,
        Heartbeat::Every { interval, timeout } => Some((interval, timeout)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_messages_are_received_whole_where_connections_are_immediate() {
        let (profile, options) = (Profile::default(), Options::default());
        assert_eq!(profile.frame_limit(&options), FRAMES);
        assert_eq!(
            profile.frame_limit(&options.clone().immediate(Some(true))),
            usize::MAX
        );
        let whole = Profile {
            receives_whole: true,
            ..profile
        };
        assert_eq!(whole.frame_limit(&options), usize::MAX);
    }
}

//! The kinds of socket that the patterns use, and what suits each by default.

use std::time::Duration;

use super::partial::FRAMES;
use crate::options::{Batch, Heartbeat, KeepAlive, Options};

/// The socket type behind each end of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Push,
    Pull,
    Publisher,
    Subscriber,
    Requester,
    Replier,
    Pair,
    /// Where a ZRE node receives from all its peers.
    Inbox,
    /// By which a ZRE node sends to one of its peers, or gossips with one.
    Link,
    /// Where a ZRE node gossips with all who connect to it.
    Hub,
}

/// libzmq moves this much in one system call if nobody says otherwise.
const SMALL_BATCH: i32 = 8 * 1024;

/// The fastest for streams of messages, measured from 32 B to 1 MiB (benches/).
const LARGE_BATCH: i32 = 256 * 1024;

impl Kind {
    /// The pattern of this name.
    pub(crate) fn named(name: &str) -> Option<Kind> {
        let patterns = [
            Kind::Push,
            Kind::Pull,
            Kind::Publisher,
            Kind::Subscriber,
            Kind::Requester,
            Kind::Replier,
            Kind::Pair,
        ];
        patterns.into_iter().find(|kind| kind.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Push => "push",
            Kind::Pull => "pull",
            Kind::Publisher => "publish",
            Kind::Subscriber => "subscribe",
            Kind::Requester => "request",
            Kind::Replier => "reply",
            Kind::Pair => "pair",
            Kind::Inbox => "inbox",
            Kind::Link => "link",
            Kind::Hub => "hub",
        }
    }

    /// The other end of the pattern.
    pub(crate) fn partner(self) -> Kind {
        match self {
            Kind::Push => Kind::Pull,
            Kind::Pull => Kind::Push,
            Kind::Publisher => Kind::Subscriber,
            Kind::Subscriber => Kind::Publisher,
            Kind::Requester => Kind::Replier,
            Kind::Replier => Kind::Requester,
            Kind::Pair => Kind::Pair,
            Kind::Inbox | Kind::Hub => Kind::Link,
            Kind::Link => Kind::Inbox,
        }
    }

    pub(crate) fn zmq(self) -> zmq::SocketType {
        match self {
            Kind::Push => zmq::PUSH,
            Kind::Pull => zmq::PULL,
            Kind::Publisher => zmq::XPUB,
            Kind::Subscriber => zmq::SUB,
            Kind::Requester => zmq::DEALER,
            Kind::Replier => zmq::ROUTER,
            Kind::Pair => zmq::PAIR,
            Kind::Inbox | Kind::Hub => zmq::ROUTER,
            Kind::Link => zmq::DEALER,
        }
    }

    fn is_call(self) -> bool {
        matches!(self, Kind::Requester | Kind::Replier)
    }

    /// How many messages wait for each peer before there is no room for more; `None` for no limit.
    ///
    /// All that a subscriber sends is what it subscribes to, and no longer. libzmq drops that without
    /// a word beyond the limit: topics that never arrive, and subscribers that never leave.
    pub(crate) fn send_queue(self, options: &Options) -> Option<u32> {
        (self != Kind::Subscriber).then_some(options.send_queue)
    }

    /// The batch size to set, or `None` to leave libzmq's own.
    pub(crate) fn batch(self, options: &Options) -> Option<i32> {
        match options.batch {
            Batch::Auto if self.is_call() || !self.is_monitored() => None,
            Batch::Auto => Some(LARGE_BATCH),
            Batch::Small => Some(SMALL_BATCH),
            Batch::Bytes(bytes) => i32::try_from(bytes).ok(),
        }
    }

    /// Interval and timeout of heartbeats, if there are to be any.
    ///
    /// libzmq 4.3.4 ends the process if one falls due on a connection that broke while the receive
    /// queue was full, which any peer could bring about. So there are none but those asked for.
    pub(crate) fn heartbeat(self, options: &Options) -> Option<(Duration, Duration)> {
        match options.heartbeat {
            Heartbeat::Auto | Heartbeat::Off => None,
            Heartbeat::Every { interval, timeout } => Some((interval, timeout)),
        }
    }

    /// TCP's probes of a silent connection. Who asks wants to know soon that nobody will answer.
    pub(crate) fn keep_alive(self, options: &Options) -> Option<KeepAlive> {
        match options.keep_alive {
            Some(probes) if self.is_impatient(options) && probes == KeepAlive::default() => {
                Some(KeepAlive {
                    idle: Duration::from_secs(1),
                    interval: Duration::from_secs(1),
                    count: 3,
                })
            }
            probes => probes,
        }
    }

    /// How long what was sent may be without TCP's acknowledgement, or without room at the peer's.
    ///
    /// TCP does not probe while data is on its way. Where no peer holds up the flow for good reasons,
    /// or one must not hold up all others, the same time counts then.
    pub(crate) fn unacknowledged(self, options: &Options) -> Option<Duration> {
        let whole = self.keep_alive(options)?.whole();
        match self {
            Kind::Requester | Kind::Replier | Kind::Subscriber | Kind::Pull => Some(whole),
            Kind::Publisher => options.wait_for_slow.then_some(whole),
            Kind::Push | Kind::Pair | Kind::Inbox | Kind::Link | Kind::Hub => None,
        }
    }

    fn is_impatient(self, options: &Options) -> bool {
        self.is_call() && options.heartbeat == Heartbeat::Auto
    }

    /// Whether its connections are monitored. A ZRE node has sockets by the hundred, and monitors
    /// would cost as much as all the rest; it notices by itself who is there.
    pub(crate) fn is_monitored(self) -> bool {
        !matches!(self, Kind::Inbox | Kind::Link | Kind::Hub)
    }

    /// How many frames may be received before others get the lock, in the middle of a message.
    ///
    /// A requester's connections may be immediate: libzmq then throws away what has arrived when one
    /// breaks, and asserts that it was not in the middle of a message. So it is not to have time.
    pub(super) fn frames(self) -> usize {
        match self {
            Kind::Requester => usize::MAX,
            _ => FRAMES,
        }
    }

    /// How long a receive that waits stays awake at most.
    ///
    /// Where messages answer each other, to be late is what costs. In a stream nobody waits for
    /// an answer: to be early costs there, the processor for those who move the messages, and
    /// more system calls for fewer messages each.
    pub(crate) fn awake(self, options: &Options) -> Duration {
        match self {
            Kind::Requester | Kind::Replier | Kind::Pair => options.spin,
            _ => Duration::ZERO,
        }
    }

    /// Whether messages go only to connections that are up, when it connects to an endpoint
    /// beside others.
    ///
    /// A request for a server that is down is better asked of another. But libzmq, told so,
    /// throws away what has arrived on a connection and was not yet read when it breaks: where
    /// there is no other server, there would be nothing to gain.
    pub(crate) fn immediate(self, options: &Options, others: usize) -> bool {
        options
            .immediate
            .unwrap_or(self == Kind::Requester && others > 0)
    }
}

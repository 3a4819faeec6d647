//! How often each command was called, what became of the calls, and how long they took.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A command of a server, and what became of its calls since the server was started.
///
/// The times are those of the handler, in nanoseconds, of calls that were run.
///
/// ```
/// use zeroless::rpc::{self, Failure};
///
/// let double = |x: i64| Ok::<_, Failure>(2 * x);
/// let server = rpc::Server::bind(0)?.function("double", double).start()?;
/// rpc::Client::connect(server.port())?.call_by_name::<i64>("double", &21)?;
/// let [double] = &server.commands()[..] else { panic!("one command") };
/// assert_eq!((&double.name[..], double.calls, double.failed), ("double", 1, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct CommandStatistics {
    /// The command's name.
    pub name: String,
    /// How many calls and casts were run.
    pub calls: u64,
    /// How many of them ended with an error of the service.
    pub failed: u64,
    /// How many of them panicked.
    pub panicked: u64,
    /// How many were refused because their body is not the command.
    pub bad_requests: u64,
    /// How many were refused because there was too much to do.
    pub busy: u64,
    /// How many were refused because the caller may not call it.
    pub denied: u64,
    /// How many were dropped because their time was over before they could begin.
    pub expired: u64,
    /// How many were dropped because they were cancelled before they could begin.
    pub cancelled: u64,
    /// How long a call took on average.
    pub mean_ns: u64,
    /// How long the longest call took.
    pub max_ns: u64,
}

/// The counters of a command.
#[derive(Debug, Default)]
pub(super) struct Statistics {
    pub(super) calls: Counter,
    pub(super) failed: Counter,
    pub(super) panicked: Counter,
    pub(super) bad_requests: Counter,
    pub(super) busy: Counter,
    pub(super) denied: Counter,
    pub(super) expired: Counter,
    pub(super) cancelled: Counter,
    total_ns: Counter,
    max_ns: AtomicU64,
    /// A mean of the last calls' times.
    lately_ns: AtomicU64,
}

/// A count that many threads add to.
#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A call that takes this long is worth that another thread is woken, which receives meanwhile.
const LONG: Duration = Duration::from_micros(20);

impl Statistics {
    /// Counts a call that was run.
    pub(super) fn ran(&self, time: Duration) {
        let time = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.calls.add(1);
        self.total_ns.add(time);
        self.max_ns.fetch_max(time, Ordering::Relaxed);
        let lately = self.lately_ns.load(Ordering::Relaxed);
        let lately = lately - lately / 8 + time / 8;
        self.lately_ns.store(lately, Ordering::Relaxed);
    }

    /// Whether its calls have been long lately.
    pub(super) fn is_long(&self) -> bool {
        u128::from(self.lately_ns.load(Ordering::Relaxed)) >= LONG.as_nanos()
    }

    pub(super) fn of(&self, name: &str) -> CommandStatistics {
        let calls = self.calls.get();
        CommandStatistics {
            name: name.to_owned(),
            calls,
            failed: self.failed.get(),
            panicked: self.panicked.get(),
            bad_requests: self.bad_requests.get(),
            busy: self.busy.get(),
            denied: self.denied.get(),
            expired: self.expired.get(),
            cancelled: self.cancelled.get(),
            mean_ns: self.total_ns.get().checked_div(calls).unwrap_or(0),
            max_ns: self.max_ns.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_long_while_its_calls_are() {
        let statistics = Statistics::default();
        statistics.ran(Duration::from_micros(1));
        assert!(!statistics.is_long());
        (0..20).for_each(|_| statistics.ran(Duration::from_millis(1)));
        assert!(statistics.is_long());
        (0..60).for_each(|_| statistics.ran(Duration::from_micros(1)));
        assert!(!statistics.is_long());
        let told = statistics.of("name");
        assert_eq!((told.calls, told.max_ns), (81, 1_000_000));
        assert_eq!(told.mean_ns, (61_000 + 20 * 1_000_000) / 81);
    }
}

//! Limits the log lines that others can cause: a few of each kind, and the number of the rest.

use std::fmt;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How many lines of a kind are logged in a period.
const BURST: u64 = 5;

/// The period.
const PERIOD: Duration = Duration::from_secs(60);

/// Limits the lines of one kind, without a lock.
#[derive(Debug)]
pub(crate) struct Throttle {
    /// When the period began, in milliseconds of our own clock.
    began: AtomicU64,
    /// How many lines there were to be in it.
    lines: AtomicU64,
}

/// How many lines were left out; added to the one that is logged.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LeftOut(u64);

impl Throttle {
    pub(crate) const fn new() -> Throttle {
        Throttle {
            began: AtomicU64::new(0),
            lines: AtomicU64::new(0),
        }
    }

    /// Whether a line may be logged now.
    pub(crate) fn admit(&self) -> Option<LeftOut> {
        static BASE: LazyLock<Instant> = LazyLock::new(Instant::now);
        self.admit_at(BASE.elapsed())
    }

    fn admit_at(&self, now: Duration) -> Option<LeftOut> {
        let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let began = self.began.load(Ordering::Relaxed);
        let is_over = now.saturating_sub(began) >= PERIOD.as_millis() as u64;
        let order = Ordering::Relaxed;
        if is_over
            && self
                .began
                .compare_exchange(began, now, order, order)
                .is_ok()
        {
            let lines = self.lines.swap(1, Ordering::Relaxed);
            return Some(LeftOut(lines.saturating_sub(BURST)));
        }
        let lines = self.lines.fetch_add(1, Ordering::Relaxed);
        (lines < BURST).then_some(LeftOut(0))
    }
}

impl Default for Throttle {
    fn default() -> Throttle {
        Throttle::new()
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            count => write!(f, " (and {count} more such lines before, left out)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_lines_few_are_logged_and_the_others_counted() {
        let throttle = Throttle::new();
        let now = Duration::from_secs(7);
        let logged = (0..1000).filter_map(|_| throttle.admit_at(now)).count();
        assert_eq!(logged as u64, BURST);
        let next = throttle.admit_at(now + PERIOD);
        assert_eq!(next, Some(LeftOut(1000 - BURST)));
        assert!(next.unwrap().to_string().contains("995 more"));
        assert_eq!(throttle.admit_at(now + PERIOD), Some(LeftOut(0)));
    }
}

//! When enough was moved, or time is up.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::args::TrafficArgs;
use crate::exit::Exit;

/// The limits, and how far they are used up; all threads share them.
#[derive(Debug)]
pub(crate) struct Limits {
    count: Option<u64>,
    idle: Option<Duration>,
    total: Option<Duration>,
    end: Option<Instant>,
    used: Mutex<Used>,
}

#[derive(Debug)]
struct Used {
    taken: u64,
    moved: u64,
    last: Instant,
}

/// What there was to do when the time ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// Nothing that was asked for.
    Nothing,
    /// A message that cannot be sent, or a reply that is waited for.
    Something,
}

impl Limits {
    pub(crate) fn new(args: &TrafficArgs) -> Limits {
        let now = Instant::now();
        let used = Used {
            taken: 0,
            moved: 0,
            last: now,
        };
        Limits {
            count: args.count,
            idle: args.timeout,
            total: args.total,
            // A time beyond all clocks is none.
            end: args.total.and_then(|total| now.checked_add(total)),
            used: Mutex::new(used),
        }
    }

    /// The time of `-W`.
    pub(crate) fn idle(&self) -> Option<Duration> {
        self.idle
    }

    /// Takes the right to move one message more; false if there were enough.
    pub(crate) fn take(&self) -> bool {
        let mut used = self.used();
        let is_over = self.count.is_some_and(|count| used.taken >= count);
        used.taken += u64::from(!is_over);
        !is_over
    }

    /// Gives a right back that was not used.
    pub(crate) fn give_back(&self) {
        let mut used = self.used();
        used.taken = used.taken.saturating_sub(1);
    }

    /// A message was moved; which it was.
    pub(crate) fn moved(&self) -> u64 {
        let mut used = self.used();
        used.moved += 1;
        used.last = Instant::now();
        used.moved
    }

    /// A message was moved that does not count.
    pub(crate) fn touch(&self) -> u64 {
        let mut used = self.used();
        used.last = Instant::now();
        used.moved
    }

    /// When a wait that begins now is over.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let idle = self
            .idle
            .and_then(|idle| self.used().last.checked_add(idle));
        match (idle, self.end) {
            (Some(idle), Some(end)) => Some(idle.min(end)),
            (one, other) => one.or(other),
        }
    }

    /// When all is over, if nothing came of a wait; `why` is said where it is an error.
    pub(crate) fn over(&self, left: Left, why: impl ToString) -> Exit {
        let now = Instant::now();
        if self.end.is_none_or(|end| end > now) {
            return Exit::Timeout(why.to_string());
        }
        let moved = self.used().moved;
        match (self.count, left) {
            (Some(count), _) if moved < count => {
                let total = humantime::format_duration(self.total.unwrap_or_default());
                Exit::Timeout(format!("{moved} of {count} messages in {total}"))
            }
            (_, Left::Something) => Exit::Timeout(why.to_string()),
            (_, Left::Nothing) => Exit::Done,
        }
    }

    /// The same, for an error of the library; another error than that of time remains what it is.
    pub(crate) fn over_of(&self, left: Left, error: zeroless::Error) -> Exit {
        match error.is_timeout() {
            true => self.over(left, error),
            false => error.into(),
        }
    }

    fn used(&self) -> MutexGuard<'_, Used> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! How many guesses there may be in a time.

use std::time::{Duration, Instant};

/// How many come at once, after a pause; and how many a minute in the long run. So no minute has more than a
/// hundred.
const BURST: u32 = 50;
const EACH: Duration = Duration::from_millis(60_000 / 50);

/// A bucket of guesses, which fills up in time.
#[derive(Debug, Default)]
pub(super) struct Bucket {
    /// When it is full again; `None` until the first was taken.
    full_at: Option<Instant>,
}

impl Bucket {
    pub(super) fn is_full(&self, now: Instant) -> bool {
        self.full_at.is_none_or(|at| at <= now)
    }

    pub(super) fn has_any(&self, now: Instant) -> bool {
        let lacking = |at: Instant| at.saturating_duration_since(now);
        self.full_at
            .is_none_or(|at| lacking(at) <= EACH * (BURST - 1))
    }

    pub(super) fn take(&mut self, now: Instant) {
        self.full_at = Some(self.full_at.map_or(now, |at| at.max(now)) + EACH);
    }

    /// Puts one back that was taken before.
    pub(super) fn give_back(&mut self) {
        self.full_at = self.full_at.and_then(|at| at.checked_sub(EACH));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_minute_has_more_than_a_hundred() {
        let (mut bucket, began) = (Bucket::default(), Instant::now());
        let mut taken = Vec::new();
        for moment in 0..3000 {
            let now = began + Duration::from_millis(100) * moment;
            while bucket.has_any(now) {
                bucket.take(now);
                taken.push(now);
            }
        }
        for (place, first) in taken.iter().enumerate() {
            let minute = taken[place..].iter();
            let minute = minute.take_while(|at| **at - *first < Duration::from_secs(60));
            assert!(minute.count() <= 100);
        }
        assert!(taken.len() >= 50 + 5 * 49, "{}", taken.len());
    }

    #[test]
    fn one_that_is_put_back_is_there_again() {
        let (mut bucket, now) = (Bucket::default(), Instant::now());
        for _ in 0..BURST {
            assert!(bucket.has_any(now));
            bucket.take(now);
        }
        assert!(!bucket.has_any(now));
        bucket.give_back();
        assert!(bucket.has_any(now));
        assert!(!bucket.is_full(now));
        assert!(bucket.is_full(now + EACH * BURST));
    }
}

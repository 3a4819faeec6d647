//! What was said in the log of each endpoint, and is not said again for a while.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How long trouble with an endpoint is not said again.
const REPEAT_AFTER: Duration = Duration::from_secs(60);

/// Of so many endpoints at most it is known what was said; of more, nothing is said.
const MOST: usize = 256;

/// Of which endpoints trouble was logged, and when: by endpoint, and by what kind of trouble.
#[derive(Debug, Default)]
pub(super) struct LoggedTrouble(HashMap<(String, Trouble), Instant>);

/// Trouble with an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Trouble {
    /// Its peer does not fit.
    Refused,
    /// There is no connection yet.
    Retrying,
    /// Its peer sends what is too large.
    Frame,
}

impl LoggedTrouble {
    /// Whether trouble with an endpoint is news; from now on it is not.
    pub(super) fn is_to_be_logged(
        &mut self,
        endpoint: &str,
        trouble: Trouble,
        now: Instant,
    ) -> bool {
        let is_old = |at: &Instant| now.saturating_duration_since(*at) <= REPEAT_AFTER;
        let trouble = (endpoint.to_owned(), trouble);
        if self.0.get(&trouble).is_some_and(is_old) {
            return false;
        }
        if self.0.len() >= MOST {
            self.0.retain(|_, at| is_old(at));
        }
        if self.0.len() >= MOST {
            return false;
        }
        self.0.insert(trouble, now);
        true
    }

    /// Forgets an endpoint that was disconnected.
    pub(super) fn forget(&mut self, endpoint: &str) {
        for trouble in [Trouble::Refused, Trouble::Retrying, Trouble::Frame] {
            self.0.remove(&(endpoint.to_owned(), trouble));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_told_once_a_minute() {
        let (mut logged, now) = (LoggedTrouble::default(), Instant::now());
        assert!(logged.is_to_be_logged("tcp://a:1", Trouble::Refused, now));
        assert!(!logged.is_to_be_logged("tcp://a:1", Trouble::Refused, now + REPEAT_AFTER));
        assert!(logged.is_to_be_logged("tcp://a:1", Trouble::Retrying, now));
        let later = now + REPEAT_AFTER + Duration::from_millis(1);
        assert!(logged.is_to_be_logged("tcp://a:1", Trouble::Refused, later));
    }

    #[test]
    fn endpoints_that_come_and_go_leave_nothing() {
        const KINDS: [Trouble; 2] = [Trouble::Refused, Trouble::Retrying];
        let (mut logged, now) = (LoggedTrouble::default(), Instant::now());
        for port in 0..10_000 {
            let endpoint = format!("tcp://a:{port}");
            assert!(logged.is_to_be_logged(&endpoint, KINDS[port % 2], now));
            logged.forget(&endpoint);
        }
        assert!(logged.0.is_empty());
    }

    #[test]
    fn endpoints_without_end_are_bounded() {
        let (mut logged, now) = (LoggedTrouble::default(), Instant::now());
        let news = (0..10_000)
            .filter(|port| logged.is_to_be_logged(&format!("tcp://a:{port}"), Trouble::Frame, now));
        assert_eq!(news.count(), MOST);
        assert!(logged.is_to_be_logged("tcp://b:1", Trouble::Frame, now + REPEAT_AFTER * 2));
        assert_eq!(logged.0.len(), 1);
    }
}

//! Which trouble was logged, so that it is not logged again for a while.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::endpoint::Endpoint;

/// How long trouble with an endpoint is not logged again.
const REPEAT_AFTER: Duration = Duration::from_secs(60);

/// How many lines are logged in that time at most.
const MOST: usize = 256;

/// When trouble was logged last, for each endpoint and kind of trouble.
#[derive(Debug, Default)]
pub(super) struct LoggedTrouble {
    troubles: HashMap<(Endpoint, Trouble), Instant>,
    /// Since when `lines` counts.
    since: Option<Instant>,
    /// How many lines were logged since then, of forgotten endpoints too: where endpoints are
    /// discovered, others say which there are.
    lines: usize,
}

/// Trouble with an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Trouble {
    /// Its peer does not fit.
    Refused,
    /// There is no connection yet.
    Retrying,
    /// Its peer sends too large a frame.
    Frame,
}

impl LoggedTrouble {
    /// Whether trouble with an endpoint is to be logged now; if so, not again for a while.
    pub(super) fn is_to_be_logged(
        &mut self,
        endpoint: &Endpoint,
        trouble: Trouble,
        now: Instant,
    ) -> bool {
        let is_recent = |at: &Instant| now.saturating_duration_since(*at) <= REPEAT_AFTER;
        let trouble = (endpoint.clone(), trouble);
        if self.troubles.get(&trouble).is_some_and(is_recent) {
            return false;
        }
        if !self.since.as_ref().is_some_and(is_recent) {
            (self.since, self.lines) = (Some(now), 0);
            self.troubles.retain(|_, at| is_recent(at));
        }
        if self.lines >= MOST {
            return false;
        }
        self.lines += 1;
        self.troubles.insert(trouble, now);
        true
    }

    /// Forgets an endpoint that was disconnected.
    pub(super) fn forget(&mut self, endpoint: &Endpoint) {
        for trouble in [Trouble::Refused, Trouble::Retrying, Trouble::Frame] {
            self.troubles.remove(&(endpoint.clone(), trouble));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::Host;

    fn at(port: u16) -> Endpoint {
        Endpoint::tcp(Host::Any, port)
    }

    #[test]
    fn trouble_is_told_once_a_minute() {
        let (mut logged, now) = (LoggedTrouble::default(), Instant::now());
        assert!(logged.is_to_be_logged(&at(1), Trouble::Refused, now));
        assert!(!logged.is_to_be_logged(&at(1), Trouble::Refused, now + REPEAT_AFTER));
        assert!(logged.is_to_be_logged(&at(1), Trouble::Retrying, now));
        let later = now + REPEAT_AFTER + Duration::from_millis(1);
        assert!(logged.is_to_be_logged(&at(1), Trouble::Refused, later));
    }

    #[test]
    fn endpoints_that_come_and_go_leave_nothing_and_do_not_fill_the_log() {
        const KINDS: [Trouble; 2] = [Trouble::Refused, Trouble::Retrying];
        let (mut logged, now) = (LoggedTrouble::default(), Instant::now());
        let lines = (1..10_000).filter(|port| {
            let endpoint = at(*port);
            let is_logged = logged.is_to_be_logged(&endpoint, KINDS[usize::from(*port) % 2], now);
            logged.forget(&endpoint);
            is_logged
        });
        assert_eq!(lines.count(), MOST);
        assert!(logged.troubles.is_empty());
    }

    #[test]
    fn endpoints_without_end_are_bounded() {
        let (mut logged, now) = (LoggedTrouble::default(), Instant::now());
        let news =
            (1..10_000).filter(|port| logged.is_to_be_logged(&at(*port), Trouble::Frame, now));
        assert_eq!(news.count(), MOST);
        assert!(logged.is_to_be_logged(&at(0), Trouble::Frame, now + REPEAT_AFTER * 2));
        assert_eq!(logged.troubles.len(), 1);
    }
}

//! Whether libzmq retries or abandons an endpoint whose connection has ended: a pure state machine.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::raw_event::{RawEvent, kind};
use crate::endpoint::Endpoint;

/// How long libzmq has to report that it retries a connection that has ended.
pub(crate) const RETRY_GRACE: Duration = Duration::from_millis(100);

/// The fate of each endpoint that a socket is connected to.
///
/// After a connection has ended, libzmq reports that it retries it, or abandons it without a word.
/// An abandoned endpoint must be disconnected before any other is connected: libzmq has freed its
/// session but keeps a pointer to it, and a later disconnect would end a new session that got the
/// same memory.
#[derive(Debug, Default)]
pub(crate) struct EndpointFates(HashMap<Endpoint, Fate>);

#[derive(Debug, Default)]
struct Fate {
    /// The file descriptor of the connection, while there is one.
    fd: Option<u32>,
    ended: Option<End>,
    /// Whether libzmq has tried to connect in vain, and tries again.
    retrying: bool,
}

/// A connection that ended, and was not made again.
#[derive(Debug, Clone, Copy)]
struct End {
    fd: u32,
    at: Instant,
    /// Whether it was reported before its beginning, as can be with several I/O threads.
    early: bool,
}

/// The endpoints whose connections have ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) abandoned: Vec<Endpoint>,
    /// Those that libzmq may retry still.
    pub(crate) pending: Vec<Endpoint>,
    /// When all pending ones are decided.
    pub(crate) decided_at: Option<Instant>,
}

impl Verdict {
    /// Whether no connection has ended.
    pub(crate) fn is_empty(&self) -> bool {
        self.abandoned.is_empty() && self.pending.is_empty()
    }
}

impl EndpointFates {
    pub(crate) fn observe(&mut self, event: &RawEvent, now: Instant) {
        let RawEvent {
            kind,
            value,
            endpoint,
            ..
        } = event;
        match *kind {
            kind::CONNECTED => {
                let fate = self.0.entry(endpoint.clone()).or_default();
                let late = |end: &End| end.early && end.fd == *value;
                if !fate.ended.as_ref().is_some_and(late) {
                    *fate = Fate {
                        fd: Some(*value),
                        ..Fate::default()
                    };
                }
            }
            kind::DISCONNECTED => {
                let fate = self.0.entry(endpoint.clone()).or_default();
                let early = fate.fd != Some(*value);
                fate.fd = None;
                fate.ended = Some(End {
                    fd: *value,
                    at: now,
                    early,
                });
            }
            kind::CONNECT_RETRIED => {
                let fate = self.0.entry(endpoint.clone()).or_default();
                *fate = Fate {
                    retrying: true,
                    ..Fate::default()
                };
            }
            _ => {}
        }
    }

    /// The verdict on the wanted endpoints, by now.
    pub(crate) fn verdict(&self, wanted: impl Fn(&Endpoint) -> bool, now: Instant) -> Verdict {
        let mut verdict = Verdict::default();
        for (endpoint, fate) in self.0.iter().filter(|(endpoint, _)| wanted(endpoint)) {
            let Some(end) = fate.ended else { continue };
            let decided = end.at + RETRY_GRACE;
            if decided <= now {
                verdict.abandoned.push(endpoint.clone());
            } else {
                verdict.pending.push(endpoint.clone());
                verdict.decided_at = verdict.decided_at.max(Some(decided));
            }
        }
        verdict
    }

    /// Whether the last attempt to connect came up, as far as TCP is concerned; `None` while it is under way.
    pub(crate) fn attempt_came_up(&self, endpoint: &Endpoint) -> Option<bool> {
        let fate = self.0.get(endpoint)?;
        let over = fate.retrying || fate.ended.is_some();
        (over || fate.fd.is_some()).then_some(!fate.retrying)
    }

    /// Forgets an endpoint that was disconnected.
    pub(crate) fn forget(&mut self, endpoint: &Endpoint) {
        self.0.remove(endpoint);
    }
}

#[cfg(test)]
mod tests {
    use super::super::raw_event::example::{an_endpoint, event};
    use super::*;

    fn after(events: &[(u16, u32)], now: Instant) -> EndpointFates {
        let mut fates = EndpointFates::default();
        for (kind, value) in events {
            fates.observe(&event(*kind, *value), now);
        }
        fates
    }

    fn abandoned(fates: &EndpointFates, at: Instant) -> Vec<Endpoint> {
        fates.verdict(|_| true, at).abandoned
    }

    #[test]
    fn a_connection_that_ends_without_a_word_is_abandoned_after_the_grace() {
        let now = Instant::now();
        let fates = after(&[(kind::CONNECTED, 9), (kind::DISCONNECTED, 9)], now);
        let pending = Verdict {
            abandoned: vec![],
            pending: vec![an_endpoint()],
            decided_at: Some(now + RETRY_GRACE),
        };
        assert_eq!(fates.verdict(|_| true, now), pending);
        assert_eq!(abandoned(&fates, now + RETRY_GRACE), [an_endpoint()]);
        assert!(fates.verdict(|_| false, now + RETRY_GRACE).is_empty());
    }

    #[test]
    fn a_connection_that_libzmq_retries_is_not_abandoned() {
        let now = Instant::now();
        let ended = [(kind::CONNECTED, 9), (kind::DISCONNECTED, 9)];
        for word in [(kind::CONNECT_RETRIED, 100), (kind::CONNECTED, 9)] {
            let mut fates = after(&ended, now);
            fates.observe(&event(word.0, word.1), now);
            assert!(fates.verdict(|_| true, now + RETRY_GRACE).is_empty());
        }
    }

    #[test]
    fn a_beginning_told_after_its_end_takes_nothing_back() {
        let now = Instant::now();
        let late = [(kind::DISCONNECTED, 9), (kind::CONNECTED, 9)];
        let mut fates = after(&late, now);
        assert_eq!(abandoned(&fates, now + RETRY_GRACE), [an_endpoint()]);
        fates.observe(&event(kind::CONNECTED, 10), now);
        assert!(fates.verdict(|_| true, now + RETRY_GRACE).is_empty());
    }

    #[test]
    fn a_disconnected_endpoint_is_forgotten() {
        let now = Instant::now();
        let mut fates = after(&[(kind::CONNECTED, 9), (kind::DISCONNECTED, 9)], now);
        fates.forget(&an_endpoint());
        assert!(fates.verdict(|_| true, now + RETRY_GRACE).is_empty());
    }
}

//! Which connections have ended and what libzmq does about them: a pure state machine.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::raw_event::{RawEvent, kind};
use crate::endpoint::Endpoint;

/// How long libzmq has to say that it makes a connection again by itself.
pub(crate) const GRACE: Duration = Duration::from_millis(100);

/// What becomes of the endpoints of a socket when their connections end.
///
/// After a connection has ended, libzmq reports that it retries it, or abandons it without a word.
/// An abandoned endpoint must be disconnected before any other is connected: libzmq has freed its
/// session but keeps a pointer to it, and a later disconnect would end a new session that got the
/// same memory.
#[derive(Debug, Default)]
pub(crate) struct EndedConnections(HashMap<Endpoint, Fate>);

#[derive(Debug, Default)]
struct Fate {
    /// The file descriptor of the connection that is there.
    fd: Option<u32>,
    ended: Option<End>,
    /// libzmq has tried to connect in vain, and tries again.
    retried: bool,
}

/// A connection that ended, and was not made again.
#[derive(Debug, Clone, Copy)]
struct End {
    fd: u32,
    at: Instant,
    /// It was reported before its beginning, as can be with several I/O threads.
    early: bool,
}

/// What is known of the endpoints whose connections have ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) abandoned: Vec<Endpoint>,
    /// Those of which nothing is known yet.
    pub(crate) pending: Vec<Endpoint>,
    /// When all of these are decided.
    pub(crate) decided: Option<Instant>,
}

impl Verdict {
    /// Whether no connection has ended.
    pub(crate) fn is_empty(&self) -> bool {
        self.abandoned.is_empty() && self.pending.is_empty()
    }
}

impl EndedConnections {
    pub(crate) fn take(&mut self, event: &RawEvent, now: Instant) {
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
                    retried: true,
                    ..Fate::default()
                };
            }
            _ => {}
        }
    }

    /// What has become by now of those that are wanted.
    pub(crate) fn verdict(&self, wanted: impl Fn(&Endpoint) -> bool, now: Instant) -> Verdict {
        let mut verdict = Verdict::default();
        for (endpoint, fate) in self.0.iter().filter(|(endpoint, _)| wanted(endpoint)) {
            let Some(end) = fate.ended else { continue };
            let decided = end.at + GRACE;
            if decided <= now {
                verdict.abandoned.push(endpoint.clone());
            } else {
                verdict.pending.push(endpoint.clone());
                verdict.decided = verdict.decided.max(Some(decided));
            }
        }
        verdict
    }

    /// Whether a connection that was tried came about, as far as TCP is concerned.
    pub(crate) fn tried(&self, endpoint: &Endpoint) -> Option<bool> {
        let fate = self.0.get(endpoint)?;
        let over = fate.retried || fate.ended.is_some();
        (over || fate.fd.is_some()).then_some(!fate.retried)
    }

    /// Forgets an endpoint that was disconnected.
    pub(crate) fn forget(&mut self, endpoint: &Endpoint) {
        self.0.remove(endpoint);
    }
}

#[cfg(test)]
mod tests {
    use super::super::raw_event::example::{end, event};
    use super::*;

    fn after(events: &[(u16, u32)], now: Instant) -> EndedConnections {
        let mut ended = EndedConnections::default();
        for (kind, value) in events {
            ended.take(&event(*kind, *value), now);
        }
        ended
    }

    fn abandoned(ended: &EndedConnections, at: Instant) -> Vec<Endpoint> {
        ended.verdict(|_| true, at).abandoned
    }

    #[test]
    fn what_ends_without_a_word_is_given_up_after_the_grace() {
        let now = Instant::now();
        let ended = after(&[(kind::CONNECTED, 9), (kind::DISCONNECTED, 9)], now);
        let pending = Verdict {
            abandoned: vec![],
            pending: vec![end()],
            decided: Some(now + GRACE),
        };
        assert_eq!(ended.verdict(|_| true, now), pending);
        assert_eq!(abandoned(&ended, now + GRACE), [end()]);
        assert!(ended.verdict(|_| false, now + GRACE).is_empty());
    }

    #[test]
    fn what_libzmq_makes_again_is_not_given_up() {
        let now = Instant::now();
        let ended = [(kind::CONNECTED, 9), (kind::DISCONNECTED, 9)];
        for word in [(kind::CONNECT_RETRIED, 100), (kind::CONNECTED, 9)] {
            let mut ended = after(&ended, now);
            ended.take(&event(word.0, word.1), now);
            assert!(ended.verdict(|_| true, now + GRACE).is_empty());
        }
    }

    #[test]
    fn a_beginning_told_after_its_end_takes_nothing_back() {
        let now = Instant::now();
        let late = [(kind::DISCONNECTED, 9), (kind::CONNECTED, 9)];
        let mut ended = after(&late, now);
        assert_eq!(abandoned(&ended, now + GRACE), [end()]);
        ended.take(&event(kind::CONNECTED, 10), now);
        assert!(ended.verdict(|_| true, now + GRACE).is_empty());
    }

    #[test]
    fn what_is_disconnected_is_forgotten() {
        let now = Instant::now();
        let mut ended = after(&[(kind::CONNECTED, 9), (kind::DISCONNECTED, 9)], now);
        ended.forget(&end());
        assert!(ended.verdict(|_| true, now + GRACE).is_empty());
    }
}

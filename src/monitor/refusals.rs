//! Why endpoints are not connected, and when they are to be connected anew: a pure state machine.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::endpoint_fates::RETRY_GRACE;
use crate::endpoint::Endpoint;
use crate::error::Refusal;
use crate::options::backoff;

/// The endpoints of a socket that it is not connected to.
#[derive(Debug)]
pub(super) struct Refusals {
    refused: BTreeMap<Endpoint, Refused>,
    /// Why endpoints cannot be connected to, where no event says so.
    marks: BTreeMap<Endpoint, Refusal>,
    /// Why the last attempt to connect failed, where nobody accepted the connection.
    failures: BTreeMap<Endpoint, Refusal>,
    /// When an endpoint is connected anew, unless libzmq retries it: one whose connection broke, or whose
    /// name did not resolve.
    reconnect_at: BTreeMap<Endpoint, Instant>,
    /// The shortest and the longest pause between two attempts.
    reconnect: (Duration, Duration),
    /// Whether libzmq abandons connections, so that they have to be made anew. One that retries them all
    /// is left alone, however late it says so: what is queued for an endpoint is lost where that is connected anew.
    abandons: bool,
}

/// An endpoint that accepted our connection and then failed the handshake.
#[derive(Debug)]
struct Refused {
    refusal: Refusal,
    times: u32,
    /// Whether this was just now: libzmq has not retried it since.
    just_now: bool,
    /// When it is connected anew, unless libzmq retries it.
    due: Option<Instant>,
}

/// How long libzmq has to retry a connection that was up. It abandons one only over invalid bytes,
/// which may recur: hence longer than [`RETRY_GRACE`].
pub(super) const RECONNECT_GRACE: Duration = Duration::from_secs(1);

impl Refusals {
    pub(super) fn new(reconnect: (Duration, Duration), abandons: bool) -> Refusals {
        Refusals {
            refused: BTreeMap::new(),
            marks: BTreeMap::new(),
            failures: BTreeMap::new(),
            reconnect_at: BTreeMap::new(),
            reconnect,
            abandons,
        }
    }

    /// An endpoint that is not connected, and why: one that proves that something is wrong, if
    /// there is one.
    pub(super) fn first(&self) -> Option<(&Endpoint, &Refusal)> {
        let refused = self.refused.iter();
        let refused = refused.map(|(endpoint, refused)| (endpoint, &refused.refusal));
        let mut all = self.marks.iter().chain(refused).chain(&self.failures);
        let proof = all.clone().find(|(_, refusal)| refusal.is_proof());
        proof.or_else(|| all.next())
    }

    /// Whether an endpoint accepted our connection and then failed the handshake.
    pub(super) fn is_refused(&self, endpoint: &Endpoint) -> bool {
        self.refused.contains_key(endpoint)
    }

    /// Whether the last attempt ended because the peer closed the connection before the handshake.
    pub(super) fn was_closed(&self, endpoint: &Endpoint) -> bool {
        let refused = self.refused.get(endpoint);
        refused.is_some_and(|it| it.refusal == Refusal::Closed)
    }

    /// Forgets an endpoint.
    pub(super) fn forget(&mut self, endpoint: &Endpoint) {
        self.refused.remove(endpoint);
        self.marks.remove(endpoint);
        self.failures.remove(endpoint);
        self.reconnect_at.remove(endpoint);
    }

    /// A connection has begun.
    pub(super) fn began(&mut self, endpoint: &Endpoint) {
        self.reconnect_at.remove(endpoint);
        self.marks.remove(endpoint);
        self.failures.remove(endpoint);
    }

    /// A connection is up.
    pub(super) fn up(&mut self, endpoint: &Endpoint) {
        self.refused.remove(endpoint);
    }

    /// A connection that was up has ended.
    pub(super) fn broke(&mut self, endpoint: Endpoint, now: Instant) {
        if self.abandons {
            self.reconnect_at.insert(endpoint, now + RECONNECT_GRACE);
        }
    }

    /// Nobody accepted a connection.
    pub(super) fn failed(&mut self, endpoint: Endpoint, reason: Refusal) {
        self.failures.insert(endpoint, reason);
    }

    /// Takes in why an endpoint cannot be connected to, which no event says; or that this is over.
    pub(super) fn mark(&mut self, endpoint: &Endpoint, refusal: Option<Refusal>) {
        match refusal {
            Some(refusal) => drop(self.marks.insert(endpoint.clone(), refusal)),
            None => drop(self.marks.remove(endpoint)),
        }
    }

    /// The peer accepted our connection and then failed the handshake.
    pub(super) fn refuse(&mut self, endpoint: Endpoint, refusal: Refusal, now: Instant) {
        let last = self.refused.remove(&endpoint);
        let times = last.as_ref().map_or(0, |last| last.times);
        // A peer of the wrong pattern may be the first to close.
        let refusal = match last {
            Some(last) if last.refusal.is_proof() && !refusal.is_proof() => last.refusal,
            _ => refusal,
        };
        let pause = RETRY_GRACE.max(backoff(self.reconnect, times));
        let refused = Refused {
            refusal,
            times: times.saturating_add(1),
            just_now: true,
            due: now.checked_add(pause).filter(|_| self.abandons),
        };
        self.refused.insert(endpoint, refused);
    }

    /// libzmq retries an endpoint: why the last attempt failed, if that is known.
    pub(super) fn retried(&mut self, endpoint: &Endpoint) -> Option<Refusal> {
        self.reconnect_at.remove(endpoint);
        let refused = self.refused.get_mut(endpoint);
        let refusal = refused.and_then(|refused| {
            refused.due = None;
            // Without a handshake that failed just now, nobody is there any more.
            std::mem::take(&mut refused.just_now).then(|| refused.refusal.clone())
        });
        if refusal.is_none() {
            self.refused.remove(endpoint);
        }
        let marked = self.marks.get(endpoint).cloned();
        let failure = || self.failures.get(endpoint).cloned();
        marked.or(refusal).or_else(failure)
    }

    /// Has an endpoint connected anew, at this time unless it is due already.
    pub(super) fn schedule_reconnect(&mut self, endpoint: &Endpoint, at: Instant) {
        let refused = self.refused.get(endpoint);
        if refused.is_none_or(|refusal| refusal.due.is_none()) {
            self.reconnect_at.entry(endpoint.clone()).or_insert(at);
        }
    }

    /// When [`take_due`](Self::take_due) has something next.
    pub(super) fn next_due(&self) -> Option<Instant> {
        let refused = self.refused.values().filter_map(|refusal| refusal.due);
        refused.chain(self.reconnect_at.values().copied()).min()
    }

    /// The endpoints that are to be connected anew now.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<Endpoint> {
        let mut due = Vec::new();
        for (endpoint, refusal) in &mut self.refused {
            if refusal.due.is_some_and(|at| at <= now) {
                (refusal.just_now, refusal.due) = (false, None);
                due.push(endpoint.clone());
            }
        }
        self.reconnect_at.retain(|endpoint, at| {
            let wait = *at > now;
            if !wait {
                due.push(endpoint.clone());
            }
            wait
        });
        due
    }
}

//! The endpoints that a socket connects to: the outcome of attempts, and when they are connected anew.

use std::time::{Duration, Instant};

use super::{ConnectionStatus, MonitorSnapshot, Spellings};
use crate::endpoint::Endpoint;
use crate::error::Refusal;
use crate::monitor::ConnectionEvent;

impl ConnectionStatus {
    /// When a connection is to be tried anew next.
    pub(in crate::monitor) fn next_due(&self) -> Option<Instant> {
        self.state.lock().tracker.next_due()
    }

    /// The endpoints that are to be connected anew now.
    pub(in crate::monitor) fn due(&self, now: Instant) -> Vec<Endpoint> {
        self.state.lock().tracker.due(now)
    }

    /// Forgets an endpoint that the user disconnected.
    pub(crate) fn forget(&self, endpoint: &Endpoint) {
        self.reader.forget(endpoint);
        let mut state = self.state.lock();
        state.logged.forget(endpoint);
        let ended = state.tracker.forget(endpoint);
        self.publish_ended(state, ended);
        self.drain();
    }

    /// Takes in that the user of an endpoint has ended its connection, and connects anew.
    pub(crate) fn renew(&self, endpoint: &Endpoint) {
        self.reader.forget_connection(endpoint);
        let mut state = self.state.lock();
        let ended = state.tracker.forget(endpoint);
        self.publish_ended(state, ended);
        self.drain();
    }

    /// Reads the monitor itself, and gives the verdict on the wanted endpoints.
    pub(crate) fn snapshot(&self, wanted: impl Fn(&Endpoint) -> bool) -> MonitorSnapshot {
        let snapshot = self.reader.snapshot(wanted);
        if snapshot.has_events
            && let Some(waker) = self.monitor_thread.get()
        {
            waker.wake();
        }
        snapshot
    }

    /// Waits for an event after this snapshot, or until then.
    pub(crate) fn wait_event(&self, snapshot: &MonitorSnapshot, until: Instant) {
        self.reader.wait(snapshot, until);
    }

    /// Waits until it is known whether an attempt to connect came up; `None` if it is not by then.
    pub(crate) fn wait_attempt(&self, endpoint: &Endpoint, until: Instant) -> Option<bool> {
        self.reader.wait_attempt(endpoint, until)
    }

    /// Takes in that an endpoint could not be connected to now, and is tried again after this time.
    pub(crate) fn retrying(&self, endpoint: &Endpoint, after: Duration, refusal: Refusal) {
        if !self.reader.is_connected(endpoint) {
            return;
        }
        let event = ConnectionEvent::Retrying {
            endpoint: endpoint.clone(),
            after,
            refusal: Some(refusal),
        };
        self.publish(self.state.lock(), &event, Instant::now());
    }

    /// Takes in why an endpoint cannot be connected to, or that this is over.
    pub(crate) fn mark(&self, endpoint: &Endpoint, refusal: Option<Refusal>) {
        self.state.lock().tracker.mark(endpoint, refusal);
    }

    /// Changes how endpoints are spelled.
    pub(crate) fn spell(&self, change: impl FnOnce(&mut Spellings)) {
        self.reader.spell(change);
    }

    /// Takes in that an endpoint was disconnected, for it to be connected anew in time.
    pub(crate) fn disconnected(&self, endpoint: &Endpoint) {
        self.reader.forget_ended(endpoint);
        self.schedule_reconnect(endpoint, Instant::now());
    }

    /// Forgets the fate of an endpoint.
    pub(crate) fn forget_ended(&self, endpoint: &Endpoint) {
        self.reader.forget_ended(endpoint);
    }

    /// Whether the peer at an endpoint has accepted our last connection, and then failed the handshake.
    pub(in crate::monitor) fn is_refused(&self, endpoint: &Endpoint) -> bool {
        self.state.lock().tracker.is_refused(endpoint)
    }

    /// Has the monitor thread connect an endpoint anew at this time, unless it is to do so already.
    pub(crate) fn schedule_reconnect(&self, endpoint: &Endpoint, at: Instant) {
        self.state.lock().tracker.schedule_reconnect(endpoint, at);
        if let Some(waker) = self.monitor_thread.get() {
            waker.wake();
        }
    }
}

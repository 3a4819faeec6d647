//! Events on their way from the monitor to the users' streams and the log.

use std::time::Instant;

use crossbeam_channel::Receiver;
use log::{debug, error, info, warn};
use parking_lot::MutexGuard;

use super::{ConnectionStatus, DRAINING, StatusState};
use crate::endpoint::{Endpoint, Path, Place};
use crate::error::Refusal;
use crate::monitor::ConnectionEvent;
use crate::monitor::logged::Trouble;
use crate::monitor::raw_event::RawEvent;

/// How many events wait for a slow reader of them, before some are lost.
const EVENTS_QUEUED: usize = 1024;

impl ConnectionStatus {
    /// A stream of the events from now on; it begins with those that describe the present state.
    pub(crate) fn open_stream(&self, bound: &[Endpoint]) -> Receiver<ConnectionEvent> {
        let (sender, receiver) = crossbeam_channel::bounded(EVENTS_QUEUED);
        let mut state = self.state.lock();
        let listening = bound.iter().cloned();
        let listening = listening.map(|endpoint| ConnectionEvent::Listening { endpoint });
        for event in listening.chain(state.tracker.present()) {
            let _ = sender.try_send(event);
        }
        if !state.waits_ended {
            state.streams.push(sender);
        }
        receiver
    }

    /// Takes in an event of the monitor.
    pub(in crate::monitor) fn handle(&self, event: RawEvent, now: Instant) {
        // libzmq reports a path without permission like any other failure, so we probe it.
        let path = match event.endpoint.place() {
            // An abstract name is not a file.
            Place::Ipc(path) if event.is_retry() && !path.starts_with('@') => {
                Some(Path::probe(path))
            }
            _ => None,
        };
        let mut state = self.state.lock();
        if let Some(messages) = event.undelivered() {
            drop(state);
            return self.undelivered(&event.endpoint, messages);
        }
        if event.closes() {
            drop(state);
            return self.listener_closed(&event.endpoint);
        }
        // It may have been disconnected since this was read, and forgotten.
        if event.is_attempt() && !self.reader.is_connected(&event.endpoint) {
            return;
        }
        if let Some(path) = path {
            let refusal = matches!(path, Path::NoPermission).then_some(Refusal::NoPermission);
            state.tracker.mark(&event.endpoint, refusal);
            if let Path::Nobody = path {
                let nobody = Refusal::ConnectionRefused;
                state.tracker.failed(&event.endpoint, nobody);
            }
        }
        if event.is_down() {
            state.draining = Some(now + DRAINING);
        }
        if let Some(event) = state.tracker.observe(event, now) {
            self.publish(state, &event, now);
        }
    }

    /// Sends an event to all streams, and logs it.
    pub(super) fn publish(
        &self,
        mut state: MutexGuard<'_, StatusState>,
        event: &ConnectionEvent,
        now: Instant,
    ) {
        let lost = state.send(event);
        let to_log = state.is_to_be_logged(event, now);
        let ours = state.tracker.is_outgoing_failure(event);
        drop(state);
        self.changed.notify_all();
        self.call_on_event(event);
        if let ConnectionEvent::Disconnected { endpoint, .. }
        | ConnectionEvent::Retrying { endpoint, .. } = event
            && let Some(call) = self.on_down.get()
        {
            call(endpoint);
        }
        // Last: a user's logger may panic.
        if lost > 0
            && let Some(left_out) = self.events_lost.admit()
        {
            warn!(
                "{}: nobody reads the connection events; lost: {event}{left_out}",
                self.name
            );
        }
        self.log(event, to_log, ours);
    }

    /// Publishes the events of connections that we have ended ourselves.
    pub(super) fn publish_ended(
        &self,
        mut state: MutexGuard<'_, StatusState>,
        events: Vec<ConnectionEvent>,
    ) {
        for event in &events {
            state.send(event);
        }
        drop(state);
        events.iter().for_each(|event| self.call_on_event(event));
    }

    fn call_on_event(&self, event: &ConnectionEvent) {
        if let Some(call) = self.on_event.get() {
            call(event);
        }
    }

    /// Logs an event. Trouble that a user can mend is logged louder, but not repeatedly.
    fn log(&self, event: &ConnectionEvent, to_log: bool, ours: bool) {
        let name = self.name;
        match event {
            ConnectionEvent::HandshakeFailed {
                endpoint,
                refusal,
                id: Some(id),
                ..
            } if to_log && ours => {
                error!("{name}: no connection with {endpoint} (connection {id}): {refusal}");
            }
            // A peer's mistake is not an error of this program.
            ConnectionEvent::HandshakeFailed { .. } if to_log => warn!("{name}: {event}"),
            ConnectionEvent::Disconnected {
                refusal: Some(_), ..
            } if to_log => warn!("{name}: {event}"),
            ConnectionEvent::Retrying {
                endpoint,
                refusal: Some(refusal @ Refusal::NoPermission),
                ..
            } if to_log => {
                error!("{name}: no connection with {endpoint}: {refusal}");
            }
            ConnectionEvent::Retrying {
                endpoint,
                refusal: Some(refusal),
                ..
            } if to_log && *refusal != Refusal::ConnectionRefused => {
                info!("{name}: no connection with {endpoint} yet, trying on: {refusal}");
            }
            ConnectionEvent::Retrying { endpoint, .. } if to_log => {
                info!("{name}: nobody is at {endpoint} yet; trying on");
            }
            ConnectionEvent::Connected { .. }
            | ConnectionEvent::Accepted { .. }
            | ConnectionEvent::Disconnected { .. } => info!("{name}: {event}"),
            _ => debug!("{name}: {event}"),
        }
    }
}

impl StatusState {
    /// Sends an event to all streams; how many were full.
    pub(super) fn send(&mut self, event: &ConnectionEvent) -> usize {
        let mut lost = 0;
        self.streams.retain(|stream| {
            let sent = stream.try_send(event.clone());
            let full = sent.as_ref().is_err_and(|error| error.is_full());
            lost += usize::from(full);
            sent.is_ok() || full
        });
        lost
    }

    /// Whether an event is of trouble with an endpoint that was not logged lately.
    fn is_to_be_logged(&mut self, event: &ConnectionEvent, now: Instant) -> bool {
        let trouble = match event {
            ConnectionEvent::HandshakeFailed {
                endpoint, refusal, ..
            } if refusal.is_proof() => (endpoint, Trouble::Refused),
            ConnectionEvent::Retrying { endpoint, .. } => (endpoint, Trouble::Retrying),
            ConnectionEvent::Disconnected {
                endpoint,
                refusal: Some(_),
                ..
            } => (endpoint, Trouble::Frame),
            _ => return false,
        };
        self.logged.is_to_be_logged(trouble.0, trouble.1, now)
    }
}

//! One socket in the care of the monitor thread: its part of each turn.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use log::debug;

use super::ConnectionStatus;
use crate::background::guarded;
use crate::endpoint::Endpoint;

/// How soon there is another look after a panic, which may have left something undone.
pub(super) const RETRY_AFTER_PANIC: Duration = Duration::from_millis(10);

/// A monitored socket, as the monitor thread uses it.
pub(crate) trait MonitoredSocket: Send + Sync {
    /// Lets libzmq handle its commands for the socket, which may be idle: it attaches peers only when the
    /// socket is used. False if nothing more can be done for it: it is closed, or the handle's own callback
    /// has failed.
    fn pump(&self) -> bool;
    /// libzmq has abandoned this endpoint: connects it anew, if the user still wants it; when to try
    /// again, if that cannot be done now.
    fn reconnect(self: Arc<Self>, endpoint: &Endpoint) -> Option<Instant>;
    /// libzmq has tried to connect to this endpoint in vain, and tries again: nobody has accepted the connection.
    fn retried(self: Arc<Self>, endpoint: &Endpoint);
}

/// One socket in the monitor thread's care.
pub(super) struct Monitored {
    /// Its monitor's file descriptor.
    pub(super) fd: i32,
    /// The monitored socket's own file descriptor.
    pub(super) socket_fd: i32,
    pub(super) status: Arc<ConnectionStatus>,
    pub(super) monitored: Weak<dyn MonitoredSocket>,
}

pub(super) enum Command {
    Add(Monitored),
    /// Gives the status of every monitored socket.
    List(Sender<Vec<Arc<ConnectionStatus>>>),
}

impl Monitored {
    /// Handles all that is due for one socket; false once it is gone.
    pub(super) fn turn(&self, now: Instant) -> bool {
        self.status.check_stop_signal();
        if !self.read() {
            return false;
        }
        self.drain(now);
        self.retry(now);
        true
    }

    /// Takes in the monitor's events; false once the socket is gone.
    fn read(&self) -> bool {
        while let Some((event, at)) = self.status.next_event() {
            // Before the event is published. A user that gets it must be able to send to the peer that is up; and
            // nothing that is sent later may go to the one that has gone, where connections are immediate.
            if (event.is_up() || event.is_retry())
                && let Some(monitored) = self.monitored.upgrade()
            {
                monitored.pump();
            }
            let retried = event.is_retry().then(|| event.endpoint.clone());
            self.status.handle(event, at);
            if let Some(endpoint) = retried
                && !self.status.is_refused(&endpoint)
                && let Some(monitored) = self.monitored.upgrade()
            {
                monitored.retried(&endpoint);
            }
        }
        !self.status.is_ended()
    }

    /// Touches the socket while it has to be.
    fn drain(&self, now: Instant) {
        let Some(until) = self.status.draining() else {
            return;
        };
        let open = self
            .monitored
            .upgrade()
            .is_some_and(|monitored| monitored.pump());
        if now >= until || !open {
            self.status.drained();
        }
    }

    fn retry(&self, now: Instant) {
        for endpoint in self.status.due(now) {
            // A panic must not keep the others from being tried: none of them becomes due again by itself.
            let again = guarded("connecting anew", || {
                let again = self.monitored.upgrade()?.reconnect(&endpoint);
                debug!("{}: connecting to {endpoint} anew", self.status.name());
                again
            });
            if let Some(at) = again.unwrap_or(Some(now + RETRY_AFTER_PANIC)) {
                self.status.schedule_reconnect(&endpoint, at);
            }
        }
    }
}

/// The socket or the context ends: waits for more events end, and the monitor is closed, or the context
/// would not end.
impl Drop for Monitored {
    fn drop(&mut self) {
        guarded("reading monitors", || self.status.released());
    }
}

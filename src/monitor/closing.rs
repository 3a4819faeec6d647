//! A socket that is closed, and goes on delivering what is queued.

use std::sync::Arc;
use std::time::{Duration, Instant};

use log::{info, warn};

use super::ConnectionStatus;
use super::closed::{Closed, Closing, Undelivered};
use crate::endpoint::Endpoint;
use crate::wake::Deadline;

/// How often a wait looks whether it was stopped.
const LOOK: Duration = Duration::from_millis(50);

/// How long a program may take to end before it says what it waits for.
const QUIET: Duration = Duration::from_secs(1);

impl ConnectionStatus {
    /// The socket is about to be closed.
    pub(crate) fn close(&self, how: Closing) {
        self.seen.lock().closed = Some(Closed {
            how,
            since: Instant::now(),
            undelivered: None,
        });
    }

    /// Whether connections were up, and none is any more.
    pub(crate) fn is_deserted(&self) -> bool {
        let seen = self.seen.lock();
        seen.tracker.ever_up() && seen.tracker.up() == 0
    }

    /// libzmq could not deliver so many messages at least, beside what a connection had begun
    /// to send.
    pub(super) fn undelivered(&self, endpoint: &Endpoint, messages: u32) {
        let messages = messages.into();
        let mut seen = self.seen.lock();
        if let Some(closed) = &mut seen.closed {
            // Told in the end, in a line: there may be as many connections as peers like.
            let all = closed.undelivered.get_or_insert_with(|| Undelivered {
                endpoint: endpoint.clone(),
                connections: 0,
                messages: 0,
            });
            all.connections = all.connections.saturating_add(1);
            all.messages = all.messages.saturating_add(messages);
            return;
        }
        drop(seen);
        // The user has disconnected it.
        let undelivered = Undelivered {
            endpoint: endpoint.clone(),
            connections: 1,
            messages,
        };
        warn!("{}: {undelivered}", self.name);
    }

    /// libzmq is done with the socket: logs what is lost, or may be lost where libzmq does not report it.
    pub(super) fn note_end(&self) {
        let seen = self.seen.lock();
        let Some(closed) = seen.closed.as_ref().filter(|closed| !closed.how.awaited) else {
            return;
        };
        let how = closed.how;
        let undelivered = closed.undelivered.as_ref().map(Undelivered::to_string);
        let may_be_lost = how.sent && !how.is_reported && closed.ran_out(Instant::now());
        drop(seen);
        if let Some(undelivered) = undelivered {
            warn!("{}: {undelivered}", self.name);
        } else if may_be_lost {
            warn!(
                "{}: its time is over, and what was sent last may be lost",
                self.name
            );
        }
    }

    /// Waits until libzmq is done with the socket; whether it has delivered all by then.
    pub(crate) fn wait_delivered(&self, deadline: Deadline) -> bool {
        let ended = self.wait_end(deadline);
        let seen = self.seen.lock();
        match &seen.closed {
            Some(closed) if closed.how.is_reported => ended && closed.undelivered.is_none(),
            Some(closed) => ended && !closed.ran_out(seen.gone.unwrap_or_else(Instant::now)),
            None => ended,
        }
    }

    /// Whether there is nothing to wait for any more, as far as is known here.
    fn is_over(&self) -> bool {
        let seen = self.seen.lock();
        // libzmq counts the time in steps, which take longer on a busy machine; and what it
        // could not deliver it reports only then.
        let late = Duration::from_secs(1);
        seen.gone.is_some()
            || seen
                .closed
                .as_ref()
                .is_some_and(|Closed { how, since, .. }| {
                    let time = how.most.saturating_mul(2).saturating_add(late);
                    how.inproc && seen.tracker.up() == 0 || since.elapsed() > time
                })
    }

    /// Whether it is worth while to wait for the end of a socket that lingers.
    fn is_worth_waiting(&self, alone: Duration) -> bool {
        let seen = self.seen.lock();
        let how = seen.closed.as_ref().map(|closed| closed.how);
        drop(seen);
        // A libzmq that reports does that itself; any other knows the longer time only.
        let is_hopeless =
            |how: Closing| !how.is_reported && how.most > how.alone && alone >= how.alone;
        let hopeless = how.is_some_and(is_hopeless);
        let stopped = self
            .stop_signal
            .get()
            .is_some_and(|stop_signal| stop_signal.is_woken());
        if hopeless {
            warn!(
                "{}: no peer is connected, and what was sent may be lost",
                self.name
            );
        } else if stopped {
            warn!(
                "{}: stopped, and what was still queued may be lost",
                self.name
            );
        }
        !hopeless && !stopped
    }

    fn say_that_it_lingers(&self) {
        // Unlocked before it is logged: a user's logger may wait.
        let most = self.seen.lock().closed.as_ref().map(|it| it.how.most);
        if let Some(most) = most {
            let name = self.name;
            info!("{name}: waiting until what was sent is delivered, {most:?} at most");
        }
    }

    fn is_alone(&self) -> bool {
        self.seen.lock().tracker.up() == 0
    }
}

/// Waits until libzmq is done with sockets that linger; false if it is not worth while any more:
/// one was stopped again, or no peer is connected.
pub(super) fn wait_for_end(statuses: Vec<Arc<ConnectionStatus>>) -> bool {
    // The stop that ended a loop says nothing about the end of its socket.
    for stop_signal in statuses
        .iter()
        .filter_map(|status| status.stop_signal.get())
    {
        stop_signal.clear();
    }
    let began = Instant::now();
    let mut said = false;
    let mut waiting: Vec<_> = statuses.into_iter().map(|status| (status, began)).collect();
    loop {
        waiting.retain(|(status, _)| !status.is_over());
        let Some((first, _)) = waiting.first() else {
            return true;
        };
        first.wait_end(Deadline::after(LOOK));
        let now = Instant::now();
        for (status, alone_since) in &mut waiting {
            if !status.is_alone() {
                *alone_since = now;
            }
            if !status.is_worth_waiting(now - *alone_since) {
                return false;
            }
        }
        if !said && now - began >= QUIET {
            said = true;
            waiting
                .iter()
                .for_each(|(status, _)| status.say_that_it_lingers());
        }
    }
}

//! A socket that is closed, and goes on delivering its queue.

use std::sync::Arc;
use std::time::{Duration, Instant};

use log::{info, warn};

use super::ConnectionStatus;
use super::closed::{Closed, Closing, Undelivered};
use crate::endpoint::Endpoint;
use crate::ffi::reports_undelivered;
use crate::wake::Deadline;

/// How often a wait checks whether it was stopped.
const STOP_CHECK: Duration = Duration::from_millis(50);

/// How long a program may take to end before it logs that it is waiting.
const SAY_AFTER: Duration = Duration::from_secs(1);

impl ConnectionStatus {
    /// The socket is about to be closed.
    pub(crate) fn close(&self, how: Closing) {
        self.state.lock().closed = Some(Closed {
            how,
            since: Instant::now(),
            undelivered: None,
        });
    }

    /// Whether connections were up, and none is any more.
    pub(crate) fn is_deserted(&self) -> bool {
        let state = self.state.lock();
        state.tracker.ever_up() && state.tracker.up() == 0
    }

    /// Takes in that libzmq could not deliver this many messages. A message that was partly sent is not among
    /// them.
    pub(super) fn undelivered(&self, endpoint: &Endpoint, messages: u32) {
        let messages = messages.into();
        let mut state = self.state.lock();
        if let Some(closed) = &mut state.closed {
            // Logged once at the end: peers decide how many connections there are.
            let all = closed.undelivered.get_or_insert_with(|| Undelivered {
                endpoint: endpoint.clone(),
                connections: 0,
                messages: 0,
            });
            all.connections = all.connections.saturating_add(1);
            all.messages = all.messages.saturating_add(messages);
            return;
        }
        drop(state);
        // The user has disconnected it.
        let undelivered = Undelivered {
            endpoint: endpoint.clone(),
            connections: 1,
            messages,
        };
        warn!("{}: {undelivered}", self.name);
    }

    /// libzmq is done with the socket: logs that messages are lost, or may be lost where libzmq does not
    /// report it.
    pub(super) fn note_end(&self) {
        let state = self.state.lock();
        let Some(closed) = state.closed.as_ref().filter(|closed| !closed.how.awaited) else {
            return;
        };
        let how = closed.how;
        let undelivered = closed.undelivered.as_ref().map(Undelivered::to_string);
        let may_be_lost = how.sent && !reports_undelivered() && closed.ran_out(Instant::now());
        drop(state);
        if let Some(undelivered) = undelivered {
            warn!("{}: {undelivered}", self.name);
        } else if may_be_lost {
            warn!(
                "{}: its time is over, and the last messages may be lost",
                self.name
            );
        }
    }

    /// Waits until libzmq is done with the socket; whether it has delivered all by then.
    pub(crate) fn wait_delivered(&self, deadline: Deadline) -> bool {
        let ended = self.wait_released(deadline);
        let state = self.state.lock();
        match &state.closed {
            Some(closed) if reports_undelivered() => ended && closed.undelivered.is_none(),
            Some(closed) => {
                ended && !closed.ran_out(state.released_at.unwrap_or_else(Instant::now))
            }
            None => ended,
        }
    }

    /// Whether there is nothing to wait for any more, as far as is known here.
    fn is_over(&self) -> bool {
        let state = self.state.lock();
        // libzmq counts the time in steps, which take longer on a busy machine, and reports losses only
        // then.
        let late = Duration::from_secs(1);
        state.released_at.is_some()
            || state
                .closed
                .as_ref()
                .is_some_and(|Closed { how, since, .. }| {
                    let time = how.most.saturating_mul(2).saturating_add(late);
                    how.inproc && state.tracker.up() == 0 || since.elapsed() > time
                })
    }

    /// Whether it is worth while to wait for the end of a socket that lingers; logs why it is not.
    fn check_worth_waiting(&self, alone: Duration) -> bool {
        let state = self.state.lock();
        let how = state.closed.as_ref().map(|closed| closed.how);
        drop(state);
        // A reporting libzmq keeps both times itself; any other only the longer one.
        let is_hopeless =
            |how: Closing| !reports_undelivered() && how.most > how.alone && alone >= how.alone;
        let hopeless = how.is_some_and(is_hopeless);
        let stopped = self
            .stop_signal
            .get()
            .is_some_and(|stop_signal| stop_signal.is_woken());
        if hopeless {
            warn!(
                "{}: no peer is connected, and queued messages may be lost",
                self.name
            );
        } else if stopped {
            warn!("{}: stopped, and queued messages may be lost", self.name);
        }
        !hopeless && !stopped
    }

    fn say_that_it_lingers(&self) {
        // Unlocked before it is logged: a user's logger may wait.
        let most = self.state.lock().closed.as_ref().map(|it| it.how.most);
        if let Some(most) = most {
            let name = self.name;
            info!("{name}: waiting until all messages are delivered, {most:?} at most");
        }
    }

    fn is_alone(&self) -> bool {
        self.state.lock().tracker.up() == 0
    }
}

/// Waits until libzmq is done with sockets that linger; false if it is not worth while any more:
/// one was stopped again, or no peer is connected.
pub(super) fn wait_all_released(statuses: Vec<Arc<ConnectionStatus>>) -> bool {
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
        first.wait_released(Deadline::after(STOP_CHECK));
        let now = Instant::now();
        for (status, alone_since) in &mut waiting {
            if !status.is_alone() {
                *alone_since = now;
            }
            if !status.check_worth_waiting(now - *alone_since) {
                return false;
            }
        }
        if !said && now - began >= SAY_AFTER {
            said = true;
            waiting
                .iter()
                .for_each(|(status, _)| status.say_that_it_lingers());
        }
    }
}

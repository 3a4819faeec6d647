//! The monitor of one socket: read by the monitor thread, and by a connect that must know at once.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::os::fd::RawFd;
use std::time::Instant;

use parking_lot::{Condvar, Mutex};

use super::Spellings;
use super::endpoint_fates::{EndpointFates, Verdict};
use super::raw_event::RawEvent;
use crate::connection_id::ConnectionId;
use crate::endpoint::Endpoint;
use crate::ffi;

/// The events of a socket's monitor, until the monitor thread takes them in.
///
/// Its lock is held for moments only, and nothing else is locked meanwhile: it may be taken with
/// the socket's own lock in hand.
#[derive(Default)]
pub(super) struct MonitorReader {
    state: Mutex<ReaderState>,
    was_read: Condvar,
}

#[derive(Default)]
struct ReaderState {
    /// `None` once the socket is gone.
    monitor: Option<zmq::Socket>,
    events: VecDeque<(RawEvent, Instant)>,
    /// Whether the last event was read: the socket is gone.
    is_ended: bool,
    /// How many were read, ever.
    count: u64,
    spellings: Spellings,
    fates: EndpointFates,
    /// The number of the connection that begins with the next event, and its peer.
    number: Option<(ConnectionId, Option<SocketAddr>)>,
}

/// The outcome of one reading of the monitor.
#[derive(Debug)]
pub(crate) struct MonitorSnapshot {
    pub(crate) verdict: Verdict,
    /// There are events now for the monitor thread to take in.
    pub(super) has_events: bool,
    /// How many there have been.
    count: u64,
}

impl MonitorReader {
    pub(super) fn open(&self, monitor: zmq::Socket) {
        self.state.lock().monitor = Some(monitor);
    }

    /// Closes the monitor; the context does not end before that.
    pub(super) fn close(&self) {
        self.state.lock().monitor = None;
    }

    /// The next event and when it was read.
    pub(super) fn next(&self) -> Option<(RawEvent, Instant)> {
        let mut state = self.state.lock();
        if state.events.is_empty() && state.read() {
            self.was_read.notify_all();
        }
        state.events.pop_front()
    }

    /// Whether there will be no more events.
    pub(super) fn is_ended(&self) -> bool {
        let state = self.state.lock();
        state.is_ended && state.events.is_empty()
    }

    /// Reads all events, and gives the verdict on the wanted endpoints.
    pub(super) fn snapshot(&self, wanted: impl Fn(&Endpoint) -> bool) -> MonitorSnapshot {
        let mut state = self.state.lock();
        if state.read() {
            self.was_read.notify_all();
        }
        MonitorSnapshot {
            verdict: state.fates.verdict(wanted, Instant::now()),
            has_events: !state.events.is_empty(),
            count: state.count,
        }
    }

    /// Waits until something was read since this snapshot, or until then.
    pub(super) fn wait(&self, snapshot: &MonitorSnapshot, until: Instant) {
        let mut state = self.state.lock();
        while state.count == snapshot.count {
            if self.was_read.wait_until(&mut state, until).timed_out() {
                break;
            }
        }
    }

    /// Waits until it is known whether an attempt to connect came up; `None` if it is not by then.
    pub(super) fn wait_attempt(&self, endpoint: &Endpoint, until: Instant) -> Option<bool> {
        let mut state = self.state.lock();
        loop {
            let outcome = state.fates.attempt_came_up(endpoint);
            if outcome.is_some() || self.was_read.wait_until(&mut state, until).timed_out() {
                return outcome;
            }
        }
    }

    /// Changes how endpoints are spelled.
    pub(super) fn spell<T>(&self, change: impl FnOnce(&mut Spellings) -> T) -> T {
        change(&mut self.state.lock().spellings)
    }

    /// Whether an endpoint is connected to.
    pub(super) fn is_connected(&self, endpoint: &Endpoint) -> bool {
        self.state.lock().spellings.is_connected(endpoint)
    }

    /// Forgets the fate of an endpoint.
    pub(super) fn forget_ended(&self, endpoint: &Endpoint) {
        self.state.lock().fates.forget(endpoint);
    }

    /// Forgets an endpoint that was disconnected, and its events that were read and not taken in.
    pub(super) fn forget(&self, endpoint: &Endpoint) {
        self.spell(|spellings| spellings.forget(endpoint));
        self.forget_connection(endpoint);
    }

    /// Forgets the connection to an endpoint, and its events that were read and not taken in.
    pub(super) fn forget_connection(&self, endpoint: &Endpoint) {
        let mut state = self.state.lock();
        // The events that libzmq has sent of it so far are old.
        state.read();
        state.fates.forget(endpoint);
        let is_of_it = |event: &RawEvent| event.endpoint == *endpoint;
        state
            .events
            .retain(|(event, _)| !is_of_it(event) || event.undelivered().is_some());
        self.was_read.notify_all();
    }
}

impl ReaderState {
    /// Reads all that there is; whether it was anything.
    fn read(&mut self) -> bool {
        let Some(monitor) = &self.monitor else {
            return false;
        };
        let now = Instant::now();
        let before = self.count;
        while let Some(mut event) = next(monitor) {
            self.count += 1;
            if let Some(number) = event.number() {
                self.number = Some(number);
                continue;
            }
            if let Some(fd) = event.new_connection() {
                (event.id, event.peer) = match self.number.take() {
                    Some((id, peer)) => (Some(id), peer),
                    None => (None, address(fd)),
                };
            }
            self.is_ended |= event.is_last();
            let endpoint = match self.spellings.users_spelling(&event.endpoint) {
                // A loss is reported even for an endpoint that was disconnected.
                None if event.undelivered().is_some() => event.endpoint.parse().ok(),
                endpoint => endpoint,
            };
            let Some(endpoint) = endpoint else { continue };
            let event = event.at(endpoint);
            if self.spellings.is_connected(&event.endpoint) {
                self.fates.observe(&event, now);
            }
            self.events.push_back((event, now));
        }
        self.count > before
    }
}

/// The next event that a monitor has, both its frames.
fn next(monitor: &zmq::Socket) -> Option<RawEvent<String>> {
    let frame = || loop {
        match monitor.recv_msg(zmq::DONTWAIT) {
            Err(zmq::Error::EINTR) => continue,
            outcome => return outcome.ok(),
        }
    };
    loop {
        let first = frame()?;
        if !first.get_more() {
            continue;
        }
        let second = frame()?;
        if let Some(event) = RawEvent::read(&first, &second) {
            return Some(event);
        }
    }
}

/// The address at the other end of a tcp connection, where libzmq does not tell it. For logs only: if the connection
/// has ended, its descriptor may be another's.
fn address(fd: RawFd) -> Option<SocketAddr> {
    ffi::peer_address(fd)
}

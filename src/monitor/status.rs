//! The connections of one socket: for the monitor thread to write, and for its handles to read.

use std::fmt;
use std::os::fd::RawFd;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use log::{debug, error, info, warn};
use parking_lot::{Condvar, Mutex, MutexGuard};

use super::closing::Closed;
use super::logged::{LoggedTrouble, Trouble};
use super::raw_event::RawEvent;
use super::reader::{MonitorReader, MonitorSnapshot};
use super::{ConnectionEvent, ConnectionTracker, Spellings};
use crate::background::guarded;
use crate::endpoint::{Endpoint, Path, Place};
use crate::error::{Error, Refusal, Result, Wait};
use crate::throttle::Throttle;
use crate::wake::{Deadline, Waker};

/// The connections of one socket, as seen by its monitor.
pub(crate) struct ConnectionStatus {
    pub(super) name: &'static str,
    reader: MonitorReader,
    events_lost: Throttle,
    pub(super) seen: Mutex<Seen>,
    /// The monitor thread's own wake-up.
    monitor_thread: OnceLock<Arc<Waker>>,
    /// Rung when a signal handler stops the socket.
    pub(super) stop_signal: OnceLock<Arc<Waker>>,
    /// Called when an endpoint of ours is not connected, or no longer.
    down: OnceLock<OnDown>,
    changed: Condvar,
}

/// Called with an endpoint, in the monitor thread, which it must not keep: it hands the news on to
/// another.
pub(crate) type OnDown = Box<dyn Fn(&Endpoint) + Send + Sync>;

pub(super) struct Seen {
    pub(super) tracker: ConnectionTracker,
    listeners: Vec<Sender<ConnectionEvent>>,
    logged: LoggedTrouble,
    /// Until when somebody must touch the socket now and then: see [`ConnectionStatus::drain`].
    draining: Option<Instant>,
    /// No more events are to be told.
    ended: bool,
    /// When libzmq was done with the socket.
    pub(super) gone: Option<Instant>,
    /// How the socket was closed, if it was.
    pub(super) closed: Option<Closed>,
}

/// How many events wait for a slow reader of them, before some are lost.
const EVENTS_QUEUED: usize = 1024;

impl ConnectionStatus {
    pub(crate) fn new(name: &'static str, tracker: ConnectionTracker) -> ConnectionStatus {
        ConnectionStatus {
            name,
            reader: MonitorReader::default(),
            events_lost: Throttle::new(),
            seen: Mutex::new(Seen {
                tracker,
                listeners: Vec::new(),
                logged: LoggedTrouble::default(),
                draining: None,
                ended: false,
                gone: None,
                closed: None,
            }),
            monitor_thread: OnceLock::new(),
            stop_signal: OnceLock::new(),
            down: OnceLock::new(),
            changed: Condvar::new(),
        }
    }

    /// Waits until this many connections are up.
    pub(crate) fn wait_up(&self, count: usize, deadline: Deadline) -> Result<()> {
        let mut seen = self.seen.lock();
        while seen.tracker.up() < count {
            if seen.ended {
                return Err(Error::Stopped);
            }
            if deadline.is_over() {
                let waited_for = Wait::Connections {
                    wanted: count,
                    up: seen.tracker.up(),
                    endpoints: Vec::new(),
                };
                return Err(deadline.error(|| seen.timeout(waited_for)));
            }
            self.wait_change(&mut seen, deadline);
        }
        Ok(())
    }

    /// The events from now on, after those that tell what is so now.
    pub(crate) fn listen(&self, bound: &[Endpoint]) -> Receiver<ConnectionEvent> {
        let (sender, receiver) = crossbeam_channel::bounded(EVENTS_QUEUED);
        let mut seen = self.seen.lock();
        let listening = bound.iter().cloned();
        let listening = listening.map(|endpoint| ConnectionEvent::Listening { endpoint });
        for event in listening.chain(seen.tracker.present()) {
            let _ = sender.try_send(event);
        }
        if !seen.ended {
            seen.listeners.push(sender);
        }
        receiver
    }

    /// An endpoint that refuses us now.
    pub(crate) fn refusal(&self) -> Option<Error> {
        let seen = self.seen.lock();
        let (endpoint, refusal) = seen.tracker.refusal()?;
        refusal.is_proof().then(|| refused(endpoint, refusal))
    }

    /// How many connections are up.
    pub(crate) fn up(&self) -> usize {
        self.seen.lock().tracker.up()
    }

    /// The error of a call that waited for this in vain, with what is known of a peer.
    pub(crate) fn timeout(&self, waited_for: Wait) -> Error {
        self.seen.lock().timeout(waited_for)
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// When a connection is to be tried anew next.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.seen.lock().tracker.next_due()
    }

    /// The endpoints that are to be connected anew now.
    pub(super) fn due(&self, now: Instant) -> Vec<Endpoint> {
        self.seen.lock().tracker.due(now)
    }

    /// Ends all, as libzmq is done with the socket.
    pub(super) fn gone(&self) {
        self.reader.close();
        if self.seen.lock().gone.is_some() {
            return;
        }
        // A user's logger may panic, and others wait for the end.
        guarded("reading monitors", || self.note_end());
        self.seen.lock().gone = Some(Instant::now());
        self.end();
    }

    /// Calls this from now on when an endpoint that was connected to is not, or no longer, up.
    pub(crate) fn on_down(&self, call: OnDown) {
        let _ = self.down.set(call);
    }

    /// Takes a stop_signal that stops what waits here; false if there is one.
    pub(super) fn set_stop_signal(&self, stop_signal: &Arc<Waker>) -> bool {
        self.stop_signal.set(stop_signal.clone()).is_ok()
    }

    /// Waits until libzmq is done with the socket; false if it is not by then.
    pub(crate) fn wait_end(&self, deadline: Deadline) -> bool {
        let mut seen = self.seen.lock();
        while seen.gone.is_none() && !deadline.is_over() {
            self.wait_change(&mut seen, deadline);
        }
        seen.gone.is_some()
    }

    fn wait_change(&self, seen: &mut MutexGuard<'_, Seen>, deadline: Deadline) {
        match deadline {
            Deadline::At(instant) => drop(self.changed.wait_until(seen, instant)),
            _ => self.changed.wait(seen),
        }
    }

    /// Forgets an endpoint that the user disconnected.
    pub(crate) fn forget(&self, endpoint: &Endpoint) {
        self.reader.forget(endpoint);
        let mut seen = self.seen.lock();
        seen.logged.forget(endpoint);
        for event in seen.tracker.forget(endpoint) {
            seen.send(&event);
        }
        drop(seen);
        self.drain();
    }

    /// Looks at the monitor itself: what has become of the endpoints that are wanted.
    pub(crate) fn look(&self, wanted: impl Fn(&Endpoint) -> bool) -> MonitorSnapshot {
        let look = self.reader.look(wanted);
        if look.events
            && let Some(waker) = self.monitor_thread.get()
        {
            waker.wake();
        }
        look
    }

    /// Waits for an event after this look, or until then.
    pub(crate) fn wait_event(&self, look: &MonitorSnapshot, until: Instant) {
        self.reader.wait(look, until);
    }

    /// Waits until it is known whether a connection that is tried comes about.
    pub(crate) fn wait_tried(&self, endpoint: &Endpoint, until: Instant) -> Option<bool> {
        self.reader.wait_tried(endpoint, until)
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
        self.publish(self.seen.lock(), &event, Instant::now());
    }

    /// Takes in why an endpoint cannot be connected to, or that this is over.
    pub(crate) fn mark(&self, endpoint: &Endpoint, refusal: Option<Refusal>) {
        self.seen.lock().tracker.mark(endpoint, refusal);
    }

    /// Changes how endpoints are spelled.
    pub(crate) fn spell(&self, change: impl FnOnce(&mut Spellings)) {
        self.reader.spell(change);
    }

    /// Takes in that an endpoint was disconnected, for it to be connected anew in time.
    pub(crate) fn disconnected(&self, endpoint: &Endpoint) {
        self.reader.forget_fate(endpoint);
        self.put_off(endpoint, Instant::now());
    }

    /// Forgets what has become of an endpoint.
    pub(crate) fn forget_fate(&self, endpoint: &Endpoint) {
        self.reader.forget_fate(endpoint);
    }

    /// Has the monitor thread connect an endpoint anew at this time, unless it is to do so already.
    pub(crate) fn put_off(&self, endpoint: &Endpoint, at: Instant) {
        self.seen.lock().tracker.put_off(endpoint, at);
        if let Some(waker) = self.monitor_thread.get() {
            waker.wake();
        }
    }

    /// The next event of the monitor, and when it was read.
    pub(super) fn next_event(&self) -> Option<(RawEvent, Instant)> {
        self.reader.next()
    }

    /// Whether there will be no more events.
    pub(super) fn is_ended(&self) -> bool {
        self.reader.is_ended()
    }

    /// Asks the monitor thread to touch the socket whenever libzmq has something for it, for a while.
    ///
    /// A connection that ends needs several steps of the socket's own. Nobody may be using it;
    /// and until it is through, a pair takes no other peer, and a peer that dies meanwhile ends
    /// the process (libzmq asserts that it could take what was half sent).
    fn drain(&self) {
        self.seen.lock().draining = Some(Instant::now() + DRAINING);
        if let Some(waker) = self.monitor_thread.get() {
            waker.wake();
        }
    }

    pub(super) fn set_monitor_thread(&self, waker: &Arc<Waker>, monitor: zmq::Socket) {
        let _ = self.monitor_thread.set(waker.clone());
        self.reader.open(monitor);
    }

    /// Until when the socket is to be touched, if it is.
    pub(super) fn draining(&self) -> Option<Instant> {
        self.seen.lock().draining
    }

    /// Ends draining, when its time is over or the socket is closed.
    pub(super) fn drained(&self) {
        self.seen.lock().draining = None;
    }

    /// Ends all waiting, and all iterators of events.
    pub(crate) fn end(&self) {
        let mut seen = self.seen.lock();
        seen.ended = true;
        seen.listeners.clear();
        self.changed.notify_all();
    }

    /// The stop_signal, unless it has been heard: it is never silenced.
    pub(super) fn unheard_stop_signal(&self) -> Option<RawFd> {
        let stop_signal = self.stop_signal.get()?;
        (!self.seen.lock().ended).then(|| stop_signal.fd())
    }

    pub(super) fn check_stop_signal(&self) {
        if let Some(stop_signal) = self.stop_signal.get()
            && stop_signal.is_woken()
        {
            self.end();
        }
    }

    pub(super) fn take(&self, event: RawEvent, now: Instant) {
        // libzmq does not say why, and a path that is not for us looks to it like any other.
        let path = match event.endpoint.place() {
            Place::Ipc(path) if event.is_retry() => Some(Path::probe(path)),
            _ => None,
        };
        let mut seen = self.seen.lock();
        if let Some(messages) = event.undelivered() {
            drop(seen);
            return self.undelivered(&event.endpoint, messages);
        }
        // It may have been disconnected since this was read, and forgotten.
        if event.is_attempt() && !self.reader.is_connected(&event.endpoint) {
            return;
        }
        if let Some(path) = path {
            let refusal = matches!(path, Path::NoPermission).then_some(Refusal::NoPermission);
            seen.tracker.mark(&event.endpoint, refusal);
            if let Path::Nobody = path {
                let nobody = Refusal::ConnectionRefused;
                seen.tracker.failed(&event.endpoint, nobody);
            }
        }
        if event.takes_peer() {
            seen.draining = Some(now + DRAINING);
        }
        if let Some(event) = seen.tracker.take(event, now) {
            self.publish(seen, &event, now);
        }
    }

    /// Hands an event to all who listen, and to the log.
    fn publish(&self, mut seen: MutexGuard<'_, Seen>, event: &ConnectionEvent, now: Instant) {
        let lost = seen.send(event);
        let to_log = seen.is_to_be_logged(event, now);
        let ours = seen.tracker.is_ours(event);
        drop(seen);
        self.changed.notify_all();
        if let ConnectionEvent::Disconnected { endpoint, .. }
        | ConnectionEvent::Retrying { endpoint, .. } = event
            && let Some(call) = self.down.get()
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

    /// Tells what a user should look at, but not again and again.
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
            // What others do wrong is no fault of ours.
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

/// How long a connection that ends may take: the default linger time, and some.
const DRAINING: Duration = Duration::from_secs(2);

fn refused(endpoint: &Endpoint, refusal: &Refusal) -> Error {
    Error::Refused {
        endpoint: endpoint.clone(),
        refusal: refusal.clone(),
    }
}

impl Seen {
    fn timeout(&self, waited_for: Wait) -> Error {
        let refusal = self.tracker.refusal();
        Error::Timeout {
            waited_for,
            refused: refusal.map(|(endpoint, refusal)| Box::new(refused(endpoint, refusal))),
        }
    }

    /// Tells all who listen; how many could not take it.
    fn send(&mut self, event: &ConnectionEvent) -> usize {
        let mut lost = 0;
        self.listeners.retain(|listener| {
            let sent = listener.try_send(event.clone());
            let full = sent.as_ref().is_err_and(|error| error.is_full());
            lost += usize::from(full);
            sent.is_ok() || full
        });
        lost
    }

    /// Whether an event tells of trouble with an endpoint that was not told lately.
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

impl fmt::Debug for ConnectionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionStatus")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

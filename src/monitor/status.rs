//! The connections of one socket: for the monitor thread to write, and for its handles to read.

mod attempts;
mod bound;
mod publish;

use std::fmt;
use std::os::fd::RawFd;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use parking_lot::{Condvar, Mutex};

use super::closed::Closed;
use super::logged::LoggedTrouble;
use super::raw_event::RawEvent;
use super::reader::{MonitorReader, MonitorSnapshot};
use super::{ConnectionEvent, ConnectionTracker, Spellings};
use crate::background::guarded;
use crate::endpoint::Endpoint;
use crate::error::{Error, Refusal, Result, Wait};
use crate::throttle::Throttle;
use crate::wake::{Deadline, Waker};

/// The connections of one socket, as reported by its monitor.
pub(crate) struct ConnectionStatus {
    pub(super) name: &'static str,
    reader: MonitorReader,
    events_lost: Throttle,
    pub(super) state: Mutex<StatusState>,
    /// The monitor thread's own wake-up.
    monitor_thread: OnceLock<Arc<Waker>>,
    /// Woken when a signal handler stops the socket.
    pub(super) stop_signal: OnceLock<Arc<Waker>>,
    /// Called when an endpoint of ours is not connected, or no longer.
    on_down: OnceLock<OnDown>,
    /// Called with each event.
    on_event: OnceLock<OnEvent>,
    changed: Condvar,
}

/// Called with an endpoint, in the monitor thread, which it must not hold up: it leaves the work to
/// another thread.
pub(crate) type OnDown = Box<dyn Fn(&Endpoint) + Send + Sync>;

/// Called with an event, in the monitor thread as a rule, which it must not hold up. The socket was pumped
/// before an event of a connection that is up: messages that are sent from then on go to that connection.
pub(crate) type OnEvent = Box<dyn Fn(&ConnectionEvent) + Send + Sync>;

pub(super) struct StatusState {
    pub(super) tracker: ConnectionTracker,
    streams: Vec<Sender<ConnectionEvent>>,
    logged: LoggedTrouble,
    /// Where libzmq listens.
    listening: Vec<Endpoint>,
    /// Until when the socket must be pumped now and then: see [`ConnectionStatus::drain`].
    draining: Option<Instant>,
    /// Whether waits and event streams have been ended.
    waits_ended: bool,
    /// When libzmq was done with the socket.
    pub(super) released_at: Option<Instant>,
    /// How the socket was closed, if it was.
    pub(super) closed: Option<Closed>,
}

impl ConnectionStatus {
    pub(crate) fn new(name: &'static str, tracker: ConnectionTracker) -> ConnectionStatus {
        ConnectionStatus {
            name,
            reader: MonitorReader::default(),
            events_lost: Throttle::new(),
            state: Mutex::new(StatusState {
                tracker,
                streams: Vec::new(),
                logged: LoggedTrouble::default(),
                listening: Vec::new(),
                draining: None,
                waits_ended: false,
                released_at: None,
                closed: None,
            }),
            monitor_thread: OnceLock::new(),
            stop_signal: OnceLock::new(),
            on_down: OnceLock::new(),
            on_event: OnceLock::new(),
            changed: Condvar::new(),
        }
    }

    /// Waits until this many connections are up.
    pub(crate) fn wait_up(&self, count: usize, deadline: Deadline) -> Result<()> {
        let mut state = self.state.lock();
        while state.tracker.up() < count {
            if state.waits_ended {
                return Err(Error::Stopped);
            }
            if deadline.is_over() {
                let waited_for = Wait::Connections {
                    wanted: count,
                    up: state.tracker.up(),
                    endpoints: Vec::new(),
                };
                return Err(deadline.error(|| state.timeout_error(waited_for)));
            }
            deadline.wait(&self.changed, &mut state);
        }
        Ok(())
    }

    /// An endpoint that refuses us now.
    pub(crate) fn refusal_error(&self) -> Option<Error> {
        let state = self.state.lock();
        let (endpoint, refusal) = state.tracker.refusal()?;
        refusal.is_proof().then(|| refused(endpoint, refusal))
    }

    /// How many connections are up.
    pub(crate) fn up(&self) -> usize {
        self.state.lock().tracker.up()
    }

    /// The error of a call that waited for this in vain, with the known refusal of a peer.
    pub(crate) fn timeout_error(&self, waited_for: Wait) -> Error {
        self.state.lock().timeout_error(waited_for)
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Takes in that libzmq is done with the socket, and ends all waits.
    pub(super) fn released(&self) {
        self.reader.close();
        if self.state.lock().released_at.is_some() {
            return;
        }
        // A user's logger may panic, and others wait for the end.
        guarded("reading monitors", || self.note_end());
        self.state.lock().released_at = Some(Instant::now());
        self.end_waits();
    }

    /// Calls this from now on when an endpoint that was connected to is not, or no longer, up.
    pub(crate) fn set_on_down(&self, call: OnDown) {
        let _ = self.on_down.set(call);
    }

    /// Calls this from now on with each event.
    #[cfg(any(feature = "rpc", feature = "station"))]
    pub(crate) fn set_on_event(&self, call: OnEvent) {
        let _ = self.on_event.set(call);
    }

    /// Sets the stop signal of this socket; false if it has one.
    pub(super) fn set_stop_signal(&self, stop_signal: &Arc<Waker>) -> bool {
        self.stop_signal.set(stop_signal.clone()).is_ok()
    }

    /// Waits until libzmq is done with the socket; false if it is not by then.
    pub(crate) fn wait_released(&self, deadline: Deadline) -> bool {
        let mut state = self.state.lock();
        while state.released_at.is_none() && !deadline.is_over() {
            deadline.wait(&self.changed, &mut state);
        }
        state.released_at.is_some()
    }

    /// The next event of the monitor, and when it was read.
    pub(super) fn next_event(&self) -> Option<(RawEvent, Instant)> {
        self.reader.next()
    }

    /// Whether the monitor will give no more events.
    pub(super) fn is_ended(&self) -> bool {
        self.reader.is_ended()
    }

    /// Has the monitor thread pump the socket whenever libzmq has something for it, for a while.
    ///
    /// A connection that ends needs several steps of the socket's own. Nobody may be using it;
    /// and until it is through, a pair takes no other peer, and a peer that dies meanwhile ends
    /// the process (libzmq asserts that it could take a half-sent message).
    fn drain(&self) {
        self.state.lock().draining = Some(Instant::now() + DRAINING);
        if let Some(waker) = self.monitor_thread.get() {
            waker.wake();
        }
    }

    pub(super) fn begin_monitoring(&self, waker: &Arc<Waker>, monitor: zmq::Socket) {
        let _ = self.monitor_thread.set(waker.clone());
        self.reader.open(monitor);
    }

    /// The monitor thread's wake-up, if this is monitored.
    pub(crate) fn monitor_waker(&self) -> Option<&Arc<Waker>> {
        self.monitor_thread.get()
    }

    /// Until when the socket is to be pumped, if it is.
    pub(super) fn draining(&self) -> Option<Instant> {
        self.state.lock().draining
    }

    /// Ends draining, when its time is over or the socket is closed.
    pub(super) fn drained(&self) {
        self.state.lock().draining = None;
    }

    /// Ends all waiting, and all iterators of events.
    pub(crate) fn end_waits(&self) {
        let mut state = self.state.lock();
        state.waits_ended = true;
        state.streams.clear();
        self.changed.notify_all();
    }

    /// The stop signal's file, until it has been handled: the signal is not cleared while there are handles.
    pub(super) fn unheard_stop_signal(&self) -> Option<RawFd> {
        let stop_signal = self.stop_signal.get()?;
        (!self.state.lock().waits_ended).then(|| stop_signal.fd())
    }

    pub(super) fn check_stop_signal(&self) {
        if let Some(stop_signal) = self.stop_signal.get()
            && stop_signal.is_woken()
        {
            self.end_waits();
        }
    }
}

/// How long a connection that ends may take: the time that a closed one lingers where nobody is connected, and some.
const DRAINING: Duration = Duration::from_secs(2);

fn refused(endpoint: &Endpoint, refusal: &Refusal) -> Error {
    Error::Refused {
        endpoint: endpoint.clone(),
        refusal: refusal.clone(),
    }
}

impl StatusState {
    fn timeout_error(&self, waited_for: Wait) -> Error {
        let refusal = self.tracker.refusal();
        Error::Timeout {
            waited_for,
            refused: refusal.map(|(endpoint, refusal)| Box::new(refused(endpoint, refusal))),
        }
    }
}

impl fmt::Debug for ConnectionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionStatus")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

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

/// The connections of one socket, as seen by its monitor.
pub(crate) struct ConnectionStatus {
    pub(super) name: &'static str,
    reader: MonitorReader,
    events_lost: Throttle,
    pub(super) seen: Mutex<Seen>,
    /// The monitor thread's own wake-up.
    monitor_thread: OnceLock<Arc<Waker>>,
    /// Woken when a signal handler stops the socket.
    pub(super) stop_signal: OnceLock<Arc<Waker>>,
    /// Called when an endpoint of ours is not connected, or no longer.
    down: OnceLock<OnDown>,
    changed: Condvar,
}

/// Called with an endpoint, in the monitor thread, which it must not hold up: it leaves the work to
/// another thread.
pub(crate) type OnDown = Box<dyn Fn(&Endpoint) + Send + Sync>;

pub(super) struct Seen {
    pub(super) tracker: ConnectionTracker,
    listeners: Vec<Sender<ConnectionEvent>>,
    logged: LoggedTrouble,
    /// Where libzmq listens.
    listening: Vec<Endpoint>,
    /// Until when the socket must be touched now and then: see [`ConnectionStatus::drain`].
    draining: Option<Instant>,
    /// Whether no more events are to be published.
    ended: bool,
    /// When libzmq was done with the socket.
    pub(super) gone: Option<Instant>,
    /// How the socket was closed, if it was.
    pub(super) closed: Option<Closed>,
}

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
                listening: Vec::new(),
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
            deadline.wait(&self.changed, &mut seen);
        }
        Ok(())
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

    /// Takes a stop signal that stops what waits here; false if there is one.
    pub(super) fn set_stop_signal(&self, stop_signal: &Arc<Waker>) -> bool {
        self.stop_signal.set(stop_signal.clone()).is_ok()
    }

    /// Waits until libzmq is done with the socket; false if it is not by then.
    pub(crate) fn wait_end(&self, deadline: Deadline) -> bool {
        let mut seen = self.seen.lock();
        while seen.gone.is_none() && !deadline.is_over() {
            deadline.wait(&self.changed, &mut seen);
        }
        seen.gone.is_some()
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

    /// The monitor thread's wake-up, if this is monitored.
    pub(crate) fn monitor_waker(&self) -> Option<&Arc<Waker>> {
        self.monitor_thread.get()
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

    /// The stop signal, unless it has been heard: it is not cleared while there are handles.
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
}

/// How long a connection that ends may take: the time that a closed one lingers where nobody is connected, and some.
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
}

impl fmt::Debug for ConnectionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionStatus")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

//! The connections of one socket: for its watch to write, and for its handles to read.

use std::collections::HashMap;
use std::fmt;
use std::os::fd::RawFd;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use log::{debug, error, info, warn};
use parking_lot::{Condvar, Mutex};

use crate::error::{Error, Result};
use crate::monitor::{ConnectionEvent, Ledger, RawEvent};
use crate::wake::{Deadline, Waker};

/// The connections of one socket, as seen by its monitor.
pub(crate) struct Sight {
    name: &'static str,
    partner: &'static str,
    seen: Mutex<Seen>,
    /// Rung when a signal handler stops the socket.
    bell: OnceLock<Arc<Waker>>,
    changed: Condvar,
}

struct Seen {
    ledger: Ledger,
    listeners: Vec<Sender<ConnectionEvent>>,
    /// The endpoints whose trouble was told already, and when.
    told: HashMap<(String, bool), Instant>,
    /// No more events are to be told.
    ended: bool,
    /// libzmq is done with the socket.
    gone: bool,
}

/// How many events wait for a slow reader of them, before some are lost.
const EVENTS_QUEUED: usize = 1024;

impl Sight {
    pub(crate) fn new(name: &'static str, partner: &'static str, ledger: Ledger) -> Sight {
        Sight {
            name,
            partner,
            seen: Mutex::new(Seen {
                ledger,
                listeners: Vec::new(),
                told: HashMap::new(),
                ended: false,
                gone: false,
            }),
            bell: OnceLock::new(),
            changed: Condvar::new(),
        }
    }

    /// Waits until this many connections are up.
    pub(crate) fn wait_up(&self, count: usize, deadline: Deadline) -> Result<()> {
        let mut seen = self.seen.lock();
        while seen.ledger.up() < count {
            if seen.ended {
                return Err(Error::Stopped);
            }
            if deadline.is_over() {
                return Err(deadline.error());
            }
            match deadline {
                Deadline::At(instant) => {
                    self.changed.wait_until(&mut seen, instant);
                }
                _ => self.changed.wait(&mut seen),
            }
        }
        Ok(())
    }

    /// The events from now on, after those that tell what is so now.
    pub(crate) fn listen(&self, bound: &[String]) -> Receiver<ConnectionEvent> {
        let (sender, receiver) = crossbeam_channel::bounded(EVENTS_QUEUED);
        let mut seen = self.seen.lock();
        let listening = bound.iter().cloned();
        let listening = listening.map(|endpoint| ConnectionEvent::Listening { endpoint });
        for event in listening.chain(seen.ledger.present()) {
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
        let (endpoint, reason) = seen.ledger.refusal()?;
        Some(Error::Refused {
            endpoint: endpoint.to_owned(),
            reason: reason.to_owned(),
        })
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// When a connection is to be tried anew next.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.seen.lock().ledger.next_due()
    }

    /// The endpoints that are to be connected anew now.
    pub(super) fn due(&self, now: Instant) -> Vec<String> {
        self.seen.lock().ledger.due(now)
    }

    /// Ends all, as libzmq is done with the socket.
    pub(super) fn gone(&self) {
        self.seen.lock().gone = true;
        self.end();
    }

    /// Takes a bell that stops what waits here; false if there is one.
    pub(super) fn set_bell(&self, bell: &Arc<Waker>) -> bool {
        self.bell.set(bell.clone()).is_ok()
    }

    /// Waits until libzmq is done with the socket; false if it is not by then.
    pub(crate) fn wait_end(&self, deadline: Instant) -> bool {
        let mut seen = self.seen.lock();
        while !seen.gone {
            if self.changed.wait_until(&mut seen, deadline).timed_out() {
                return seen.gone;
            }
        }
        true
    }

    pub(crate) fn forget(&self, endpoint: &str) {
        self.seen.lock().ledger.forget(endpoint);
    }

    /// Ends all waiting, and all iterators of events.
    pub(crate) fn end(&self) {
        let mut seen = self.seen.lock();
        seen.ended = true;
        seen.listeners.clear();
        self.changed.notify_all();
    }

    /// The bell, unless it has been heard: it is never silenced.
    pub(super) fn unrung(&self) -> Option<RawFd> {
        let bell = self.bell.get()?;
        (!self.seen.lock().ended).then(|| bell.fd())
    }

    pub(super) fn look_at_bell(&self) {
        if let Some(bell) = self.bell.get()
            && bell.has_rung()
        {
            self.end();
        }
    }

    pub(super) fn take(&self, event: RawEvent, now: Instant) {
        let mut seen = self.seen.lock();
        let Some(event) = seen.ledger.take(event, now) else {
            return;
        };
        let mut lost = 0;
        seen.listeners.retain(|listener| {
            let sent = listener.try_send(event.clone());
            let full = sent.as_ref().is_err_and(|error| error.is_full());
            lost += usize::from(full);
            sent.is_ok() || full
        });
        let news = seen.is_news(&event, now);
        drop(seen);
        self.changed.notify_all();
        if lost > 0 {
            warn!(
                "{}: nobody reads the connection events; lost: {event}",
                self.name
            );
        }
        self.log(&event, news);
    }

    /// Tells what a user should look at, but not again and again.
    fn log(&self, event: &ConnectionEvent, news: bool) {
        let Sight { name, partner, .. } = self;
        match event {
            ConnectionEvent::HandshakeFailed { endpoint, reason } if news => error!(
                "{name}: no connection at {endpoint}, since only {partner} fits there: wrong port, or \
                 wrong pattern? ({reason})"
            ),
            ConnectionEvent::Retrying { endpoint, .. } if news => {
                info!("{name}: nobody is at {endpoint} yet; trying on");
            }
            ConnectionEvent::Connected { .. }
            | ConnectionEvent::Accepted { .. }
            | ConnectionEvent::Disconnected { .. } => info!("{name}: {event}"),
            _ => debug!("{name}: {event}"),
        }
    }

    /// Whether no connection of ours has ever been up.
    pub(crate) fn never_up(&self) -> bool {
        !self.seen.lock().ledger.ever_up()
    }
}

/// How long trouble with an endpoint is no news.
const OLD_NEWS: Duration = Duration::from_secs(60);

impl Seen {
    /// Whether an event tells of trouble with an endpoint that was not told lately.
    fn is_news(&mut self, event: &ConnectionEvent, now: Instant) -> bool {
        let trouble = match event {
            ConnectionEvent::HandshakeFailed { endpoint, .. } => (endpoint.clone(), true),
            ConnectionEvent::Retrying { endpoint, .. } => (endpoint.clone(), false),
            _ => return false,
        };
        let last = self.told.insert(trouble, now);
        last.is_none_or(|last| now.saturating_duration_since(last) > OLD_NEWS)
    }
}

impl fmt::Debug for Sight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sight")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

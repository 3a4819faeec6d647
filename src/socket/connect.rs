//! Connecting and disconnecting, so that a connection that libzmq has abandoned ends no other one.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use log::{debug, warn};

use super::listen::with_index;
use super::names::host_not_found;
use super::secured::is_elsewhere;
use super::{Connected, Inner, Linger, SharedSocket, Target, system};
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::ffi;
use crate::monitor::MonitorSnapshot;

/// How long a connect waits until it is known whether libzmq retries connections that have ended; after
/// that they count as abandoned.
const DECISION_TIMEOUT: Duration = Duration::from_secs(1);

/// How long the resolved addresses of a name are trusted while its connection does not come up.
const TRUST: Duration = Duration::from_secs(1);

/// The pause after an error until a connection is made anew.
const AFTER_ERROR: Duration = Duration::from_secs(1);

/// The outcome of an attempt to connect.
enum ConnectOutcome {
    Made,
    /// It is not known yet whether libzmq retries a connection that has ended.
    Undecided(MonitorSnapshot, Instant),
}

impl SharedSocket {
    /// Connects, beside so many other endpoints; the connection itself comes up in the background.
    ///
    /// With another libzmq than ours it may wait for a moment if a connection of this socket has just ended.
    pub(crate) fn connect(&self, target: &Target, others: usize) -> Result<()> {
        let endpoint = target.endpoint.clone();
        self.check_security(&endpoint)?;
        self.note("connecting to", &endpoint);
        self.warn_if_readable(&endpoint, is_elsewhere(target));
        let named = target.endpoint.host_name().is_some();
        let known = Connected {
            address: with_index(&target.endpoint)?,
            endpoint,
            ipv6: target.ipv6(),
            is_unresolved: target.unresolved.is_some(),
            lookups: 0,
            lookup: named.then(|| Instant::now() + TRUST),
            live: target.unresolved.is_none(),
        };
        self.status
            .spell(|spellings| spellings.connect(&target.endpoint, &target.ips()));
        if let Some(reason) = &target.unresolved {
            self.lock()?.connected.push(known.clone());
            self.status
                .mark(&known.endpoint, Some(host_not_found(reason)));
            self.status
                .schedule_reconnect(&known.endpoint, Instant::now());
            return Ok(());
        }
        let connected = self.connect_in_time(&known, others);
        match connected {
            Ok(()) => self.choose_family(target),
            Err(_) => self.status.forget(&known.endpoint),
        }
        connected
    }

    /// Whether the name of an endpoint has not resolved yet.
    pub(super) fn is_unresolved(&self, endpoint: &Endpoint) -> bool {
        self.lock().is_ok_and(|inner| {
            let mut connected = inner.connected.iter();
            connected.any(|known| known.endpoint == *endpoint && known.is_unresolved)
        })
    }

    fn connect_in_time(&self, known: &Connected, others: usize) -> Result<()> {
        let until = Instant::now() + DECISION_TIMEOUT;
        loop {
            let mut inner = self.lock()?;
            // Once connections are immediate the socket must stay so: libzmq asserts on a mixture.
            if self.spec.profile.is_immediate(&self.options, others) {
                let set = inner.locked()?.socket.set_immediate(true);
                set.map_err(connect_error)?;
            }
            let attempt = self.try_connect(&mut inner, known, until);
            if matches!(attempt, Ok(ConnectOutcome::Made)) {
                let inproc = known.endpoint.transport() == "inproc";
                self.inproc.fetch_or(inproc, Ordering::Relaxed);
                inner.connected.push(known.clone());
            }
            self.unlock_and_wake(inner);
            match attempt? {
                ConnectOutcome::Made => return Ok(()),
                ConnectOutcome::Undecided(snapshot, decided) => {
                    self.status.wait_event(&snapshot, decided)
                }
            }
        }
    }

    /// Connects, unless it is not known yet whether libzmq retries a connection that has ended; from
    /// `until` on such a connection counts as abandoned.
    ///
    /// libzmq frees the session of a connection that it abandons, but keeps a pointer to it until the
    /// endpoint is disconnected. A new session may get the same memory, and that disconnect would end
    /// it instead. So all abandoned endpoints are disconnected before any is connected. libzmq frees
    /// sessions only in calls on the socket, which are made under its lock, and reports an end before.
    ///
    /// Our libzmq abandons none.
    fn try_connect(
        &self,
        inner: &mut Inner,
        known: &Connected,
        until: Instant,
    ) -> Result<ConnectOutcome> {
        if ffi::keeps_refused() {
            inner.locked()?.connect(known).map_err(connect_error)?;
            return Ok(ConnectOutcome::Made);
        }
        // Every session that this call or an earlier one frees has been reported to the monitor by now.
        inner.locked()?.events();
        let snapshot = self.snapshot(inner);
        let mut ended = snapshot.verdict.abandoned.clone();
        match snapshot.verdict.decided_at {
            Some(decided) if Instant::now() < until => {
                return Ok(ConnectOutcome::Undecided(snapshot, decided.min(until)));
            }
            _ => ended.extend_from_slice(&snapshot.verdict.pending),
        }
        for endpoint in &ended {
            let Some(place) = inner.place(endpoint) else {
                continue;
            };
            disconnect_place(inner, place)?;
            self.status.disconnected(endpoint);
        }
        inner.locked()?.connect(known).map_err(connect_error)?;
        // If a connection has ended meanwhile, the new session may have its memory.
        let after = self.snapshot(inner);
        if after.verdict.is_empty() {
            return Ok(ConnectOutcome::Made);
        }
        let locked = &mut inner.locked()?;
        locked.disconnect(&known.address).map_err(connect_error)?;
        let decided = after.verdict.decided_at.unwrap_or(until);
        Ok(ConnectOutcome::Undecided(after, decided.min(until)))
    }

    /// The monitor's verdict on the connected endpoints.
    fn snapshot(&self, inner: &Inner) -> MonitorSnapshot {
        let live =
            |known: &Connected, endpoint: &Endpoint| known.live && known.endpoint == *endpoint;
        self.status
            .snapshot(|endpoint| inner.connected.iter().any(|known| live(known, endpoint)))
    }

    /// Connects anew to an endpoint that libzmq has abandoned, if the user still wants it; when to try
    /// again, if that cannot be done now.
    pub(super) fn reconnect_now(&self, endpoint: &Endpoint) -> Option<Instant> {
        let Ok(mut inner) = self.lock() else {
            return None;
        };
        let outcome = self.try_reconnect(&mut inner, endpoint);
        self.unlock_and_wake(inner);
        match outcome {
            Ok(again) => again,
            Err(Error::Stopped) => None,
            Err(error) => {
                warn!("{}: connecting to {endpoint}: {error}", self.name());
                Some(Instant::now() + AFTER_ERROR)
            }
        }
    }

    fn try_reconnect(&self, inner: &mut Inner, endpoint: &Endpoint) -> Result<Option<Instant>> {
        let Some(place) = inner.place(endpoint) else {
            return Ok(None);
        };
        if inner.connected[place].live {
            disconnect_place(inner, place)?;
            self.status.forget_ended(endpoint);
        }
        let known = inner.connected[place].clone();
        let now = Instant::now();
        match self.try_connect(inner, &known, now + DECISION_TIMEOUT)? {
            ConnectOutcome::Made => {
                inner.connected[place].live = true;
                Ok(None)
            }
            ConnectOutcome::Undecided(_, decided) => Ok(Some(decided.max(now))),
        }
    }

    /// Makes all connections to endpoints anew. Messages queued for them are dropped, and so are messages
    /// that have come from them, or are still to come.
    ///
    /// Another than before has this head start, so that the next message goes to it: otherwise it would go
    /// to the server that takes connections fastest, again and again, though that one does not answer.
    pub(crate) fn renew_connections(&self, head_start: Duration) -> Result<()> {
        let mut inner = self.lock()?;
        // Nobody waits for its delivery.
        self.set_linger(&mut inner, Linger::exactly(Duration::ZERO))?;
        let first = inner.connected.len().min(1);
        inner.connected.rotate_left(first);
        let renewed = disconnect_live(&mut inner);
        self.set_linger(&mut inner, self.linger())?;
        self.unlock_and_wake(inner);
        let others_at = Instant::now() + head_start;
        for (place, endpoint) in renewed?.iter().enumerate() {
            debug!("{}: connecting to {endpoint} anew", self.name());
            self.status.renew(endpoint);
            let again = match place {
                0 => self.reconnect_now(endpoint),
                _ => Some(others_at),
            };
            if let Some(again) = again {
                self.status.schedule_reconnect(endpoint, again);
            }
        }
        Ok(())
    }

    fn set_linger(&self, inner: &mut Inner, linger: Linger) -> Result<()> {
        let set = linger.set(inner.locked()?.socket);
        set.map_err(|errno| system("setting the linger time", errno))
    }

    /// Disconnects; messages queued for this endpoint are still sent, within the linger time,
    /// unless connections are immediate.
    pub(crate) fn disconnect(&self, endpoint: &Endpoint) -> Result<()> {
        self.note("disconnecting from", endpoint);
        let mut inner = self.lock()?;
        let place = inner.place(endpoint);
        let known = place.map(|place| inner.connected.swap_remove(place));
        let result = inner.locked().map(|mut locked| match known {
            Some(known) if known.live => locked.disconnect(&known.address),
            _ => Ok(()),
        });
        self.unlock_and_wake(inner);
        self.status.forget(endpoint);
        result?.map_err(|error| connection_error("disconnecting", error))
    }
}

/// Disconnects all endpoints that libzmq has; gives them.
fn disconnect_live(inner: &mut Inner) -> Result<Vec<Endpoint>> {
    let mut disconnected = Vec::new();
    for place in 0..inner.connected.len() {
        if inner.connected[place].live {
            disconnect_place(inner, place)?;
            disconnected.push(inner.connected[place].endpoint.clone());
        }
    }
    Ok(disconnected)
}

fn disconnect_place(inner: &mut Inner, place: usize) -> Result<()> {
    let address = inner.connected[place].address.clone();
    let disconnected = inner.locked()?.disconnect(&address);
    disconnected.map_err(connect_error)?;
    inner.connected[place].live = false;
    Ok(())
}

fn connect_error(error: zmq::Error) -> Error {
    connection_error("connecting", error)
}

fn connection_error(operation: &'static str, error: zmq::Error) -> Error {
    match error {
        zmq::Error::EMFILE => Error::OutOfFiles,
        // The last handle was dropped meanwhile, and the context ends.
        zmq::Error::ETERM => Error::Stopped,
        error => Error::system(operation, error),
    }
}

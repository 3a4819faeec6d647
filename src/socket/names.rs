//! Hosts by name: looked up, and connected to at the address family that answers.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use log::{debug, info, warn};

use super::resolve::resolve;
use super::{Connected, SharedSocket};
use crate::background::{detach, guarded};
use crate::endpoint::{Endpoint, Host, Place};
use crate::error::{Error, Refusal, Result};
use crate::options::backoff;

/// How long a connection may take before another address family is tried beside it.
const FIRST_TRY: Duration = Duration::from_millis(250);

/// How many addresses of a family are tried.
const MOST_TRIED: usize = 4;

/// The pause between two looks at a name whose connection does not come about.
const LOOKUP_PAUSE: Duration = Duration::from_secs(1);

/// An endpoint to connect to, with its addresses.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) endpoint: Endpoint,
    /// The addresses of the host's name.
    pub(super) addresses: Vec<SocketAddr>,
    /// Why it does not resolve yet.
    pub(super) unresolved: Option<String>,
}

impl Target {
    /// Looks the host up; an error if it does not exist, unless the caller is willing to wait for it.
    pub(crate) fn find(endpoint: Endpoint, wait: bool) -> Result<Target> {
        let mut target = Target {
            endpoint,
            addresses: Vec::new(),
            unresolved: None,
        };
        let Some((name, port)) = target.endpoint.host_name() else {
            super::listen::with_index(&target.endpoint)?;
            return Ok(target);
        };
        match resolve(name, port) {
            Ok(addresses) => target.addresses = addresses,
            Err(error) if wait => target.unresolved = Some(error.to_string()),
            Err(error) => {
                return Err(Error::HostNotFound {
                    host: name.to_owned(),
                    reason: error.to_string(),
                });
            }
        }
        Ok(target)
    }

    pub(super) fn ips(&self) -> Vec<IpAddr> {
        self.addresses.iter().map(SocketAddr::ip).collect()
    }

    /// Whether libzmq is to look for addresses of IPv6.
    ///
    /// It then takes one of IPv4 where there is no other, so it follows a name that changes from
    /// one to the other. But of a name that has both it tries the one family only.
    pub(super) fn ipv6(&self) -> bool {
        match self.endpoint.place() {
            Place::Tcp { host, .. } => match host {
                Host::Ip(ip, _) => ip.is_ipv6(),
                Host::Any => false,
                Host::Name(_) => !has_both(&self.addresses),
            },
            _ => false,
        }
    }
}

fn has_both(addresses: &[SocketAddr]) -> bool {
    let has = |ipv6| addresses.iter().any(|address| address.is_ipv6() == ipv6);
    has(true) && has(false)
}

/// Whether connections are accepted at an address of this family.
fn answers(addresses: &[SocketAddr], ipv6: bool) -> bool {
    let family = addresses.iter().filter(|it| it.is_ipv6() == ipv6);
    let mut tried = family.take(MOST_TRIED);
    tried.any(|address| {
        let connected = TcpStream::connect_timeout(address, FIRST_TRY);
        connected.is_ok_and(|stream| !is_its_own_peer(&stream, address))
    })
}

/// Whether TCP has connected a socket with itself: so it does where nobody listens, when the system takes, for our end,
/// the very port that is connected to.
fn is_its_own_peer(stream: &TcpStream, peer: &SocketAddr) -> bool {
    let own = stream.local_addr();
    own.is_ok_and(|own| (own.ip(), own.port()) == (peer.ip(), peer.port()))
}

/// The family that is to be tried instead of this one, if any; true is IPv6.
fn better_family(addresses: &[SocketAddr], ipv6: bool) -> Option<bool> {
    let has = |ipv6| addresses.iter().any(|address| address.is_ipv6() == ipv6);
    // Where IPv6 is wanted and there is none, libzmq takes IPv4.
    let now = ipv6 && has(true);
    match (has(now), has(!now)) {
        (_, false) => None,
        (false, true) => Some(true),
        (true, true) => (!answers(addresses, now) && answers(addresses, !now)).then_some(!now),
    }
}

impl SharedSocket {
    /// Connects to the other address family of a name that has both, if the first does not answer.
    ///
    /// Before anything is queued: the queue of one family is not moved to the other.
    pub(super) fn choose_family(&self, target: &Target) {
        let endpoint = &target.endpoint;
        if !self.spec.profile.is_monitored || !has_both(&target.addresses) {
            return;
        }
        let until = Instant::now() + FIRST_TRY;
        if self.status.wait_attempt(endpoint, until) == Some(true) {
            return;
        }
        if answers(&target.addresses, true) {
            self.change_family(endpoint, true);
        }
    }

    /// Connects anew by another address family.
    fn change_family(&self, endpoint: &Endpoint, ipv6: bool) {
        let family = if ipv6 { "IPv6" } else { "IPv4" };
        let name = self.name();
        let changed = self.update(endpoint, |known| {
            known.ipv6 = ipv6;
        });
        if !changed {
            return;
        }
        info!("{name}: {endpoint} answers by {family}");
        if let Some(at) = self.reconnect_now(endpoint) {
            self.status.schedule_reconnect(endpoint, at);
        }
    }

    /// Changes the state of an endpoint; false if it is not connected to any more.
    fn update(&self, endpoint: &Endpoint, change: impl FnOnce(&mut Connected)) -> bool {
        let Ok(mut inner) = self.lock() else {
            return false;
        };
        let mut connected = inner.connected.iter_mut();
        match connected.find(|known| known.endpoint == *endpoint) {
            Some(known) => {
                change(known);
                true
            }
            None => false,
        }
    }

    /// Looks a name up in the background whose connection does not come about; not too often.
    pub(super) fn check_family(self: Arc<Self>, endpoint: &Endpoint) {
        let mut due = None;
        self.update(endpoint, |known| {
            let now = Instant::now();
            if known.lookup.is_some_and(|at| at <= now) {
                // Not again before this one is done.
                known.lookup = None;
                due = Some(known.ipv6);
            }
        });
        let Some(ipv6) = due else { return };
        let shared = Arc::downgrade(&self);
        drop(self);
        let started = look_up(endpoint, shared, move |shared, endpoint, found| {
            // Where there is one family only, libzmq follows by itself.
            let both = found.as_ref().is_ok_and(|addresses| has_both(addresses));
            let pause = match both {
                true => LOOKUP_PAUSE,
                false => shared.options.reconnect_max.max(LOOKUP_PAUSE),
            };
            // A user's logger may panic, and it is looked up again all the same.
            guarded("looking a host up", || {
                if let Ok(addresses) = found
                    && let Some(other) = better_family(&addresses, ipv6)
                    // It may have come about meanwhile.
                    && shared.status.wait_attempt(endpoint, Instant::now()) != Some(true)
                {
                    shared.warn_of_change(endpoint);
                    shared.spell(endpoint, &addresses);
                    shared.change_family(endpoint, other);
                }
            });
            shared.look_up_after(endpoint, pause);
        });
        if let Some(shared) = started.err().and_then(|shared| shared.upgrade()) {
            shared.look_up_after(endpoint, LOOKUP_PAUSE);
        }
    }

    /// Has a name that was looked up be looked up again, this late at the soonest.
    fn look_up_after(&self, endpoint: &Endpoint, pause: Duration) {
        self.update(endpoint, |known| {
            known.lookup = Some(Instant::now() + pause);
        });
    }

    /// Warns that the queue is not moved to the other address.
    fn warn_of_change(&self, endpoint: &Endpoint) {
        if self.spec.profile.queues_for_peer && self.sent.load(std::sync::atomic::Ordering::Relaxed)
        {
            let name = self.name();
            warn!(
                "{name}: {endpoint} has moved to another address: messages queued for it may be lost"
            );
        }
    }

    /// Looks a name up in the background that did not resolve yet, to connect then.
    pub(super) fn look_up_again(self: Arc<Self>, endpoint: &Endpoint) {
        let bounds = (self.options.reconnect_min, self.options.reconnect_max);
        let mut pause = bounds.0;
        self.update(endpoint, |known| {
            pause = backoff(bounds, known.lookups);
            known.lookups = known.lookups.saturating_add(1);
        });
        let shared = Arc::downgrade(&self);
        drop(self);
        let started = look_up(
            endpoint,
            shared,
            move |shared, endpoint, found| match found {
                Ok(addresses) => {
                    shared.spell(endpoint, &addresses);
                    shared.status.mark(endpoint, None);
                    let both = has_both(&addresses);
                    let ipv6 = !both || (!answers(&addresses, false) && answers(&addresses, true));
                    shared.update(endpoint, |known| {
                        known.is_unresolved = false;
                        known.ipv6 = ipv6;
                    });
                    shared.status.schedule_reconnect(endpoint, Instant::now());
                    // Last: a user's logger may panic.
                    info!("{}: {endpoint} resolves now", shared.name());
                }
                Err(error) => {
                    shared
                        .status
                        .schedule_reconnect(endpoint, Instant::now() + pause);
                    shared
                        .status
                        .retrying(endpoint, pause, host_not_found(&error.to_string()));
                    debug!(
                        "{}: {endpoint} does not resolve yet: {error}",
                        shared.name()
                    );
                }
            },
        );
        if let Some(shared) = started.err().and_then(|shared| shared.upgrade()) {
            shared
                .status
                .schedule_reconnect(endpoint, Instant::now() + pause);
        }
    }

    fn spell(&self, endpoint: &Endpoint, addresses: &[SocketAddr]) {
        let ips: Vec<IpAddr> = addresses.iter().map(SocketAddr::ip).collect();
        self.status
            .spell(|spellings| spellings.resolve(endpoint, &ips));
    }
}

/// The refusal of a name that does not resolve yet.
pub(super) fn host_not_found(reason: &str) -> Refusal {
    Refusal::HostNotFound {
        reason: reason.to_owned(),
    }
}

/// Looks the host of an endpoint up in a thread of its own, since that can take its time, and does
/// this afterwards, if the socket is still there. Gives the socket back if no thread can be started.
fn look_up(
    endpoint: &Endpoint,
    shared: Weak<SharedSocket>,
    then: impl FnOnce(&Arc<SharedSocket>, &Endpoint, io::Result<Vec<SocketAddr>>) + Send + 'static,
) -> Result<(), Weak<SharedSocket>> {
    let (endpoint, own) = (endpoint.clone(), shared.clone());
    let look = move || {
        let Some((name, port)) = endpoint.host_name() else {
            return;
        };
        let found = resolve(name, port);
        if let Some(shared) = shared.upgrade() {
            then(&shared, &endpoint, found);
        }
    };
    detach("zeroless-lookup", look).map_err(|error| {
        debug!("looking a host up: {error}");
        own
    })
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// Both addresses of loopback at a port of which somebody serves these.
    fn both(served: &[&str]) -> (Vec<TcpListener>, Vec<SocketAddr>) {
        loop {
            let mut port = 0;
            let mut listeners = Vec::new();
            for ip in served {
                let Ok(listener) = TcpListener::bind((*ip, port)) else {
                    break;
                };
                port = listener.local_addr().unwrap().port();
                listeners.push(listener);
            }
            if listeners.len() == served.len() {
                let ips = ["127.0.0.1", "::1"].map(|ip| ip.parse::<IpAddr>().unwrap());
                return (listeners, ips.map(|ip| (ip, port).into()).to_vec());
            }
        }
    }

    #[test]
    fn the_family_that_answers_is_better() {
        if TcpListener::bind("[::1]:0").is_err() {
            return; // The machine has no IPv6.
        }
        let (_listeners, addresses) = both(&["::1"]);
        assert_eq!(better_family(&addresses, false), Some(true));
        assert_eq!(better_family(&addresses, true), None);
        let (_listeners, addresses) = both(&["127.0.0.1", "::1"]);
        assert_eq!(better_family(&addresses, false), None);
        assert_eq!(better_family(&addresses, true), None);
        let (_listeners, addresses) = both(&["127.0.0.1"]);
        assert_eq!(better_family(&addresses, true), Some(false));
    }

    #[test]
    fn one_family_is_left_to_libzmq_if_it_looks_for_both() {
        let v4: SocketAddr = "127.0.0.1:1".parse().unwrap();
        let v6: SocketAddr = "[::1]:1".parse().unwrap();
        assert_eq!(better_family(&[v4], true), None);
        assert_eq!(better_family(&[v6], true), None);
        assert_eq!(better_family(&[v4], false), None);
        assert_eq!(better_family(&[v6], false), Some(true));
    }
}

//! The endpoints of a server, and the handle that they carry.

use std::sync::{Arc, Weak};
use std::time::Duration;

use log::error;

use super::bound_endpoint::BoundEndpoint;
use crate::background::guarded;
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::monitor::ConnectionStatus;
use crate::options::Options;
use crate::pattern::Kind;
use crate::socket::{HandleCount, Linger, SharedSocket};
use crate::wake::Deadline;

/// The state that a server's lock guards.
pub(super) struct State {
    pub(super) endpoints: Vec<BoundEndpoint>,
    pub(super) options: Options,
    pub(super) active: Option<ActiveHandle>,
}

/// The pattern that the port carries, or carried last.
pub(super) struct ActiveHandle {
    pub(super) kind: Kind,
    pub(super) linger: Linger,
    pub(super) handle_count: Weak<HandleCount>,
    pub(super) socket: Weak<SharedSocket>,
    pub(super) status: Arc<ConnectionStatus>,
}

impl State {
    /// The socket of the handle, as long as that is there.
    pub(super) fn socket(&self) -> Option<Arc<SharedSocket>> {
        let active = self.active.as_ref().filter(|it| it.is_there())?;
        active.socket.upgrade()
    }

    /// Binds all endpoints anew: that cuts their connections, of which those that may come back do.
    pub(super) fn bind_anew(&mut self) {
        let Some(socket) = self.socket() else {
            return;
        };
        let endpoints = bound(&self.endpoints);
        let unbound = endpoints.iter().try_for_each(|it| self.unbind(it));
        let mut endpoints = self.endpoints.iter_mut();
        let again = endpoints.try_for_each(|endpoint| endpoint.give(&socket));
        if let Err(error) = unbound.and(again) {
            let name = socket.name();
            guarded("logging", || {
                error!("{name}: clients may be unable to come back after a revocation: {error}");
            });
        }
    }

    /// Has libzmq give up an endpoint, and waits until it has.
    pub(super) fn unbind(&self, endpoint: &Endpoint) -> Result<()> {
        match (self.socket(), &self.active) {
            (Some(socket), _) => match socket.unbind(endpoint) {
                Ok(()) | Err(Error::Stopped) => Ok(()),
                Err(error) => Err(error),
            },
            (None, Some(last)) => {
                last.status
                    .wait_listener_closed(endpoint, Deadline::after(CLOSING));
                Ok(())
            }
            (None, None) => Ok(()),
        }
    }
}

/// How long libzmq may take to give up the endpoints of a handle that has ended.
const CLOSING: Duration = Duration::from_secs(1);

impl ActiveHandle {
    pub(super) fn is_there(&self) -> bool {
        self.handle_count.strong_count() > 0
    }

    /// Waits until libzmq is done with it.
    pub(super) fn wait_end(&self) {
        let longest = self.linger.most.saturating_add(Duration::from_secs(1));
        self.status.wait_released(Deadline::after(longest));
    }
}

/// Takes endpoints, beside others: all, or none.
pub(super) fn take_all(
    endpoints: Vec<Endpoint>,
    others: &[BoundEndpoint],
) -> Result<Vec<BoundEndpoint>> {
    let mut taken: Vec<BoundEndpoint> = Vec::new();
    for endpoint in endpoints {
        // An endpoint that libzmq binds is taken only later.
        let mut all = others.iter().chain(&taken);
        if all.any(|it| it.is_libzmqs() && *it.endpoint() == endpoint) {
            return Err(Error::AddressInUse { endpoint });
        }
        taken.extend(BoundEndpoint::take(endpoint)?);
    }
    Ok(taken)
}

/// Where they are bound, or are to be.
pub(super) fn bound(endpoints: &[BoundEndpoint]) -> Vec<Endpoint> {
    let endpoints = endpoints.iter();
    endpoints.map(|it| it.endpoint().clone()).collect()
}

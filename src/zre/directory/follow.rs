//! The services that were found, and the clients that are connected to them.

use std::sync::Weak;

use log::{info, warn};
use parking_lot::Condvar;

use super::service::Service;
use crate::client::Client;
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::fork::ForkMutex;
use crate::pattern::Kind;
use crate::socket::HandleCount;
use crate::throttle::Throttle;
use crate::zre::event::Event;
use crate::zre::peer::Peer;
use crate::zre::uuid::Uuid;

/// The services of one name, and the clients that follow them.
pub(super) struct FoundServices {
    pub(super) name: String,
    pub(super) state: ForkMutex<Following>,
    pub(super) changed: Condvar,
    /// Lines in the log of servers that cannot be connected to.
    pub(super) trouble: Throttle,
}

#[derive(Default)]
pub(super) struct Following {
    pub(super) services: Vec<Service>,
    clients: Vec<FollowingClient>,
    pub(super) anywhere: bool,
    /// The node has ended: nothing more will be found.
    pub(super) ended: bool,
}

/// A client that is to be connected to all services of this kind.
pub(super) struct FollowingClient {
    pub(super) kind: Kind,
    pub(super) client: Client,
    pub(super) handle_count: Weak<HandleCount>,
}

impl Following {
    /// Those that may be connected to.
    pub(super) fn visible(&self) -> Vec<Service> {
        let visible = self
            .services
            .iter()
            .filter(|it| self.anywhere || it.is_own());
        visible.cloned().collect()
    }
}

impl FoundServices {
    pub(super) fn observe(&self, event: &Event) {
        match event {
            Event::Enter { peer } => self.enter(peer),
            Event::Exit { peer } => self.exit(peer),
            Event::Stop => {
                if let Ok(mut state) = self.state.lock() {
                    state.ended = true;
                }
                self.changed.notify_all();
            }
            _ => {}
        }
    }

    fn enter(&self, peer: &Peer) {
        let new = Service::of(peer, &self.name);
        if new.is_empty() {
            return;
        }
        let Ok(mut state) = self.state.lock() else {
            return;
        };
        state.services.extend(new);
        self.reconcile(&mut state);
    }

    fn exit(&self, peer: &Peer) {
        let Ok(mut state) = self.state.lock() else {
            return;
        };
        state
            .services
            .retain(|service| service.peer().id() != peer.id());
        self.reconcile(&mut state);
    }

    /// The peers that announce a server at this endpoint.
    pub(super) fn peers_at(&self, endpoint: &Endpoint) -> Vec<Uuid> {
        let Ok(state) = self.state.lock() else {
            return Vec::new();
        };
        let there = state.services.iter().filter(|it| it.endpoint() == endpoint);
        there.map(|service| service.peer().id()).collect()
    }

    pub(super) fn follow(&self, client: FollowingClient) -> Result<()> {
        let mut state = self.state.lock()?;
        state.clients.push(client);
        self.reconcile(&mut state);
        Ok(())
    }

    /// Connects and disconnects, until each client has the endpoints that there are.
    fn reconcile(&self, state: &mut Following) {
        state
            .clients
            .retain(|client| client.handle_count.strong_count() > 0);
        let visible = state.visible();
        for FollowingClient { kind, client, .. } in &state.clients {
            let wanted = visible.iter().filter(|it| it.kind() == *kind);
            let wanted: Vec<&Endpoint> = wanted.map(Service::endpoint).collect();
            let has = client.endpoints();
            for endpoint in has.iter().filter(|it| !wanted.contains(it)) {
                info!("{}: {endpoint} has left", self.name);
                if let Err(error) = client.disconnect(endpoint.clone())
                    && let Some(left_out) = self.trouble.admit()
                {
                    warn!(
                        "{}: disconnecting from {endpoint}: {error}{left_out}",
                        self.name
                    );
                }
            }
            for endpoint in wanted.into_iter().filter(|it| !has.contains(it)) {
                info!("{}: {endpoint} is here", self.name);
                match client.connect(endpoint.clone()) {
                    Ok(_) | Err(Error::AlreadyConnected { .. }) => {}
                    Err(error) => {
                        if let Some(left_out) = self.trouble.admit() {
                            let name = &self.name;
                            warn!("{name}: connecting to {endpoint}: {error}{left_out}");
                        }
                    }
                }
            }
        }
        self.changed.notify_all();
    }
}

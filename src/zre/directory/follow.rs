//! The services that were found, and the clients that are connected to them.
//!
//! A connect may wait for a while, and a peer decides how many there are. So none is made in the node's
//! thread, which has to answer others meanwhile: each discovery has a thread of its own for them.

use std::sync::{Arc, Weak};

use log::{info, warn};
use parking_lot::Condvar;

use super::service::Service;
use crate::background::{Background, guarded};
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
    /// Locked for moments only, also in the node's thread.
    pub(super) state: ForkMutex<Found>,
    pub(super) changed: Condvar,
    /// Locked while they connect.
    clients: ForkMutex<Vec<FollowingClient>>,
    /// Lines in the log of servers that cannot be connected to.
    trouble: Throttle,
}

#[derive(Default)]
pub(super) struct Found {
    services: Vec<Service>,
    /// Those that the clients are connected to: others are not told of yet.
    pub(super) followed_services: Vec<Service>,
    pub(super) anywhere: bool,
    /// The node has ended: nothing more will be found.
    pub(super) ended: bool,
    /// How often the services have changed, and at which change the clients are.
    changes: u64,
    followed: u64,
    /// The thread that follows is to end.
    stopped: bool,
}

/// A client that is to be connected to all services of this kind.
pub(super) struct FollowingClient {
    pub(super) kind: Kind,
    pub(super) client: Client,
    pub(super) handle_count: Weak<HandleCount>,
}

impl Found {
    /// Those that may be connected to.
    fn visible(&self) -> Vec<Service> {
        let visible = self
            .services
            .iter()
            .filter(|it| self.anywhere || it.is_own());
        visible.cloned().collect()
    }

    /// Whether the clients are connected to all that there is.
    fn is_followed(&self) -> bool {
        self.followed == self.changes || self.stopped
    }
}

impl FoundServices {
    pub(super) fn new(name: String) -> FoundServices {
        FoundServices {
            name,
            state: ForkMutex::default(),
            changed: Condvar::new(),
            clients: ForkMutex::default(),
            trouble: Throttle::new(),
        }
    }

    /// Starts the thread in which the clients follow what is found.
    pub(super) fn start_following(found: &Arc<FoundServices>) -> Result<Background> {
        let (stopped, following) = (found.clone(), found.clone());
        let stop = move || stopped.change(|state| state.stopped = true);
        Background::start("zeroless-discovery", stop, move || {
            Ok(move || following.follow_changes())
        })
    }

    fn follow_changes(&self) {
        loop {
            let Ok(mut state) = self.state.lock() else {
                return;
            };
            while state.is_followed() && !state.stopped {
                self.changed.wait(&mut state);
            }
            if state.stopped {
                return;
            }
            drop(state);
            self.reconcile_all();
        }
    }

    /// Connects and disconnects, so that all clients have what there is.
    pub(super) fn reconcile_all(&self) {
        if let Ok(mut clients) = self.clients.lock() {
            self.reconcile(&mut clients);
        }
    }

    /// Changes what is known, and tells those that wait for it.
    fn change(&self, change: impl FnOnce(&mut Found)) {
        if let Ok(mut state) = self.state.lock() {
            change(&mut state);
            state.changes += 1;
        }
        self.changed.notify_all();
    }

    /// Accepts services at other addresses than their peers' own.
    pub(super) fn accept_anywhere(&self) {
        self.change(|state| state.anywhere = true);
        self.reconcile_all();
    }

    pub(super) fn observe(&self, event: &Event) {
        match event {
            Event::Enter { peer } => self.enter(peer),
            Event::Exit { peer } => self.exit(peer),
            Event::Stop => self.change(|state| state.ended = true),
            _ => {}
        }
    }

    fn enter(&self, peer: &Peer) {
        let new = Service::of(peer, &self.name);
        if !new.is_empty() {
            self.change(|state| state.services.extend(new));
        }
    }

    fn exit(&self, peer: &Peer) {
        let is_other = |service: &Service| service.peer().id() != peer.id();
        self.change(|state| state.services.retain(is_other));
    }

    /// The peers that announce a server there.
    pub(super) fn peers_at(&self, endpoint: &Endpoint) -> Vec<Uuid> {
        let Ok(state) = self.state.lock() else {
            return Vec::new();
        };
        let there = state.services.iter().filter(|it| it.endpoint() == endpoint);
        there.map(|service| service.peer().id()).collect()
    }

    pub(super) fn follow(&self, client: FollowingClient) -> Result<()> {
        let mut clients = self.clients.lock()?;
        clients.push(client);
        self.reconcile(&mut clients);
        Ok(())
    }

    /// Connects and disconnects the clients, so that each has what there is.
    fn reconcile(&self, clients: &mut Vec<FollowingClient>) {
        let Ok(state) = self.state.lock() else {
            return;
        };
        let (visible, changes) = (state.visible(), state.changes);
        drop(state);
        clients.retain(|client| client.handle_count.strong_count() > 0);
        for client in clients {
            self.reconcile_client(client, &visible);
        }
        if let Ok(mut state) = self.state.lock() {
            state.followed = state.followed.max(changes);
            state.followed_services = visible;
        }
        self.changed.notify_all();
    }

    fn reconcile_client(&self, following: &FollowingClient, visible: &[Service]) {
        let FollowingClient { kind, client, .. } = following;
        let wanted = visible.iter().filter(|it| it.kind() == *kind);
        let wanted: Vec<&Endpoint> = wanted.map(Service::endpoint).collect();
        let has = client.endpoints();
        for endpoint in has.iter().filter(|it| !wanted.contains(it)) {
            let outcome = client.disconnect(endpoint.clone()).map(drop);
            self.log(endpoint, "has left", "disconnecting from", outcome);
        }
        for endpoint in wanted.into_iter().filter(|it| !has.contains(it)) {
            let outcome = match client.connect(endpoint.clone()) {
                Err(Error::AlreadyConnected { .. }) => Ok(()),
                outcome => outcome.map(drop),
            };
            self.log(endpoint, "is here", "connecting to", outcome);
        }
    }

    /// Logs what was done; a user's logger may panic, and the rest is still to be done.
    fn log(&self, endpoint: &Endpoint, done: &str, doing: &str, outcome: Result<()>) {
        let name = &self.name;
        guarded("following what is discovered", || match outcome {
            Ok(()) => info!("{name}: {endpoint} {done}"),
            Err(error) => {
                if let Some(left_out) = self.trouble.admit() {
                    warn!("{name}: {doing} {endpoint}: {error}{left_out}");
                }
            }
        });
    }
}

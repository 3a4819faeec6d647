//! The services that were found, and those that follow them: connected to all that they can talk to.
//!
//! A connect may wait for a while, and a peer decides how many there are. So none is made in the node's
//! thread, which has to answer others meanwhile: each discovery has a thread of its own for them. Opening a
//! handle connects in the caller's.

use std::sync::Arc;

use log::{info, warn};
use parking_lot::Condvar;

use super::service::Service;
use crate::background::{Background, guarded};
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::fork::ForkMutex;
use crate::throttle::Throttle;
use crate::zre::event::Event;
use crate::zre::peer::Peer;
use crate::zre::uuid::Uuid;

/// The services of one name, and those that follow them.
pub(super) struct FoundServices {
    pub(super) name: String,
    /// Locked for moments only, also in the node's thread.
    pub(super) state: ForkMutex<Found>,
    pub(super) changed: Condvar,
    /// Locked while they connect.
    followers: ForkMutex<Vec<Box<dyn Follower>>>,
    /// Lines in the log of servers that cannot be connected to.
    trouble: Throttle,
}

#[derive(Default)]
pub(super) struct Found {
    services: Vec<Service>,
    /// Those that the followers were given: others are not told of yet.
    pub(super) followed_services: Vec<Service>,
    anywhere: bool,
    /// The node or the discovery has ended: nothing more will be found.
    pub(super) ended: bool,
    /// The services have changed since the followers were given them.
    is_behind: bool,
}

/// Something that is to be connected to all services that it can talk to.
pub(crate) trait Follower: Send {
    /// Whether nobody needs it any more.
    fn is_over(&self) -> bool;
    /// Whether it can talk to services of this pattern.
    fn wants(&self, pattern: &str) -> bool;
    /// The endpoints that it connects to.
    fn endpoints(&self) -> Vec<Endpoint>;
    fn connect(&self, endpoint: &Endpoint) -> Result<()>;
    fn disconnect(&self, endpoint: &Endpoint) -> Result<()>;
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
}

impl FoundServices {
    pub(super) fn new(name: String) -> FoundServices {
        FoundServices {
            name,
            state: ForkMutex::default(),
            changed: Condvar::new(),
            followers: ForkMutex::default(),
            trouble: Throttle::new(),
        }
    }

    /// Starts the thread in which the followers are connected to the services that are found.
    pub(super) fn start_following(found: &Arc<FoundServices>) -> Result<Background> {
        let (stopped, following) = (found.clone(), found.clone());
        let stop = move || stopped.change(|state| state.ended = true);
        Background::start("zeroless-discovery", stop, move || {
            Ok(move || following.follow_changes())
        })
    }

    fn follow_changes(&self) {
        loop {
            let Ok(mut state) = self.state.lock() else {
                return;
            };
            let is_idle = |state: &mut Found| !state.is_behind && !state.ended;
            self.changed.wait_while(&mut state, is_idle);
            if state.ended {
                return;
            }
            drop(state);
            self.reconcile_all();
        }
    }

    /// Connects and disconnects, so that all followers have the services that there are.
    pub(super) fn reconcile_all(&self) {
        if let Ok(mut followers) = self.followers.lock() {
            self.reconcile(&mut followers);
        }
    }

    /// Changes the services that are known, and wakes those that wait for it.
    fn change(&self, change: impl FnOnce(&mut Found)) {
        if let Ok(mut state) = self.state.lock() {
            change(&mut state);
            state.is_behind = true;
            self.changed.notify_all();
        }
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
        if !Service::of(peer, &self.name).is_empty() {
            let is_other = |service: &Service| service.peer().id() != peer.id();
            self.change(|state| state.services.retain(is_other));
        }
    }

    /// The peers that announce a server there.
    pub(super) fn peers_at(&self, endpoint: &Endpoint) -> Vec<Uuid> {
        let Ok(state) = self.state.lock() else {
            return Vec::new();
        };
        let there = state.services.iter().filter(|it| it.endpoint() == endpoint);
        there.map(|service| service.peer().id()).collect()
    }

    pub(super) fn follow(&self, follower: Box<dyn Follower>) -> Result<()> {
        let mut followers = self.followers.lock()?;
        followers.push(follower);
        self.reconcile(&mut followers);
        Ok(())
    }

    /// Disconnects and connects the followers, so that each has the services that there are. A connect may wait
    /// for a while: if something changes meanwhile, the rest is left to the next round, which begins with
    /// those that have left.
    fn reconcile(&self, followers: &mut Vec<Box<dyn Follower>>) {
        followers.retain(|follower| !follower.is_over());
        let Ok(mut state) = self.state.lock() else {
            return;
        };
        let visible = state.visible();
        state.is_behind = false;
        drop(state);
        for follower in &*followers {
            self.leave(&**follower, &visible);
        }
        for follower in &*followers {
            if !self.connect(&**follower, &visible) {
                return;
            }
        }
        if let Ok(mut state) = self.state.lock() {
            state.followed_services = visible;
            self.changed.notify_all();
        }
    }

    /// Disconnects a follower from services that have left.
    fn leave(&self, follower: &dyn Follower, visible: &[Service]) {
        for endpoint in follower.endpoints() {
            if !wanted(follower, visible).any(|wanted| *wanted == endpoint) {
                self.attempt(&endpoint, "has left", "disconnecting from", || {
                    follower.disconnect(&endpoint)
                });
            }
        }
    }

    /// Connects a follower to services that are new; false if something has changed meanwhile.
    fn connect(&self, follower: &dyn Follower, visible: &[Service]) -> bool {
        let has = follower.endpoints();
        for endpoint in wanted(follower, visible).filter(|it| !has.contains(it)) {
            if self.state.lock().map_or(true, |state| state.is_behind) {
                return false;
            }
            self.attempt(endpoint, "is here", "connecting to", || {
                follower.connect(endpoint)
            });
        }
        true
    }

    /// Does this at an endpoint, and logs it: a user's logger may panic, and the rest is still to be
    /// done.
    fn attempt(
        &self,
        endpoint: &Endpoint,
        done: &str,
        doing: &str,
        call: impl FnOnce() -> Result<()>,
    ) {
        let name = &self.name;
        guarded("following a discovery", || match call() {
            Ok(()) | Err(Error::AlreadyConnected { .. }) => info!("{name}: {endpoint} {done}"),
            Err(error) => {
                if let Some(left_out) = self.trouble.admit() {
                    warn!("{name}: {doing} {endpoint}: {error}{left_out}");
                }
            }
        });
    }
}

/// The endpoints that a follower is to be connected to.
fn wanted<'a>(
    follower: &'a dyn Follower,
    visible: &'a [Service],
) -> impl Iterator<Item = &'a Endpoint> {
    let wanted = visible.iter().filter(|it| follower.wants(it.pattern()));
    wanted.map(Service::endpoint)
}

//! Names that are looked up for gossip, whose nodes may give one.

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};
use log::{debug, warn};

use super::shared_node::SharedNode;
use crate::background;
use crate::security::PublicKey;
use crate::zre::uuid::Uuid;
use crate::zre::wire::{Location, address};

/// How many names are looked up at a time.
const LOOKUPS: usize = 8;

/// Names that are looked up, each in a thread of its own: that can take seconds.
pub(crate) struct Lookups {
    sender: Sender<(Uuid, Option<Found>)>,
    receiver: Receiver<(Uuid, Option<Found>)>,
    under_way: usize,
}

/// Where a node was found, and the key that it has there.
type Found = (SocketAddr, Option<PublicKey>);

impl Lookups {
    pub(crate) fn new() -> Lookups {
        let (sender, receiver) = crossbeam_channel::unbounded();
        Lookups {
            sender,
            receiver,
            under_way: 0,
        }
    }

    /// Looks up where a node is, unless there is too much to do: it is tried again.
    pub(crate) fn begin(&mut self, node: Uuid, location: Location, shared: &Arc<SharedNode>) {
        let Location { endpoint, key } = location;
        let Some(host) = endpoint.strip_prefix("tcp://").map(str::to_owned) else {
            return debug!("{node} is where no other can be: {endpoint}");
        };
        if self.under_way >= LOOKUPS {
            return;
        }
        let (sender, shared) = (self.sender.clone(), shared.clone());
        let look = move || {
            let found = host.to_socket_addrs().ok();
            let found =
                found.and_then(|mut all| all.find_map(|it| address(&format!("tcp://{it}"))));
            let _ = sender.send((node, found.map(|address| (address, key))));
            shared.wake();
        };
        match background::detach("zeroless-lookup", look) {
            Ok(()) => self.under_way += 1,
            Err(error) => warn!("looking up {endpoint}: {error}"),
        }
    }

    pub(crate) fn done(&mut self) -> Vec<(Uuid, Found)> {
        let mut found = Vec::new();
        for (node, place) in self.receiver.try_iter() {
            self.under_way -= 1;
            found.extend(place.map(|place| (node, place)));
        }
        found
    }
}

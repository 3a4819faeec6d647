//! Names that are looked up for gossip, whose nodes may give one.

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};
use log::{debug, warn};

use super::shared_node::SharedNode;
use crate::background;
use crate::zre::uuid::Uuid;
use crate::zre::wire::address;

/// How many names are looked up at a time.
const LOOKUPS: usize = 8;

/// Names that are looked up, each in a thread of its own: that can take seconds.
pub(crate) struct Lookups {
    sender: Sender<(Uuid, Option<SocketAddr>)>,
    receiver: Receiver<(Uuid, Option<SocketAddr>)>,
    under_way: usize,
}

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
    pub(crate) fn begin(&mut self, node: Uuid, endpoint: String, shared: &Arc<SharedNode>) {
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
            let _ = sender.send((node, found));
            shared.wake();
        };
        match background::detach("zeroless-lookup", look) {
            Ok(()) => self.under_way += 1,
            Err(error) => warn!("looking up {endpoint}: {error}"),
        }
    }

    pub(crate) fn done(&mut self) -> Vec<(Uuid, SocketAddr)> {
        let mut found = Vec::new();
        for (node, address) in self.receiver.try_iter() {
            self.under_way -= 1;
            found.extend(address.map(|address| (node, address)));
        }
        found
    }
}

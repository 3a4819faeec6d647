//! The peers of a socket, for its messages to tell where they came from.

use std::collections::HashMap;
use std::sync::Arc;

use crate::connection_id::ConnectionId;
use crate::ffi::RawMessage;
use crate::peer::Peer;

/// Peers that messages have come from, by the connection: made once, and shared by its messages.
#[derive(Debug, Default)]
pub(super) struct Peers(HashMap<ConnectionId, Arc<Peer>>);

/// How many are kept. One that was dropped is made again for its next message.
const KEPT: usize = 1024;

impl Peers {
    /// The peer that a message came from, of which this is a frame.
    pub(super) fn of(&mut self, frame: &RawMessage) -> Option<Arc<Peer>> {
        let text = frame.connection()?;
        let connection = Peer::connection_in(text)?;
        match self.0.get(&connection) {
            Some(peer) => Some(peer.clone()),
            None => self.add(connection, Peer::read(text)?),
        }
    }

    #[cold]
    fn add(&mut self, connection: ConnectionId, peer: Peer) -> Option<Arc<Peer>> {
        if self.0.len() >= KEPT {
            self.0.clear();
        }
        let peer = Arc::new(peer);
        self.0.insert(connection, peer.clone());
        Some(peer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_peers_are_kept_than_are_of_use() {
        let mut peers = Peers::default();
        for number in 0..3 * KEPT {
            let peer = Peer::read(format!("{number} 192.0.2.7:5").as_bytes()).unwrap();
            let connection = peer.connection();
            let told = peers.add(connection, peer).unwrap();
            assert!(Arc::ptr_eq(&told, &peers.0[&connection]));
            assert!(peers.0.len() <= KEPT);
        }
    }
}

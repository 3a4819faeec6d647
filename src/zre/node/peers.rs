//! The peers of a node.

use super::Node;
use crate::zre::machine::Machine;
use crate::zre::peer::Peer;
use crate::zre::uuid::Uuid;

impl Node {
    /// The peers that are here, by their identities.
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// for peer in node.peers() {
    ///     println!("{} at {}", peer.name(), peer.endpoint());
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn peers(&self) -> Vec<Peer> {
        self.read(Machine::peers)
    }

    /// A peer, if it is here.
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// for event in node.events() {
    ///     let still_here = event.peer().and_then(|peer| node.peer(peer.id()));
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn peer(&self, peer: Uuid) -> Option<Peer> {
        self.read(|machine| machine.peer(peer))
    }

    /// The peers of this name, by their identities: names need not be unique.
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// for peer in node.peers_named("bob") {
    ///     node.whisper(peer.id(), "hello bob")?;
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn peers_named(&self, name: &str) -> Vec<Peer> {
        let mut peers = self.peers();
        peers.retain(|peer| peer.name() == name);
        peers
    }

    /// All of it as a text of several lines, for people to read; it may look otherwise tomorrow.
    ///
    /// ```
    /// let node = zeroless::zre::Node::builder("alice").start()?;
    /// node.join("chat")?;
    /// assert!(node.dump().contains("in chat"));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn dump(&self) -> String {
        self.read(|machine| machine.to_string())
    }
}

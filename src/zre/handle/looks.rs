//! Looking at what a node knows.

use super::Node;
use crate::zre::node::State;
use crate::zre::{Peer, Uuid};

impl Node {
    /// The peers that are here, by their identities.
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// for peer in node.peers() {
    ///     println!("{} at {}", peer.name(), peer.address());
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn peers(&self) -> Vec<Peer> {
        self.look(State::peers)
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
        self.look(|state| state.peer(peer))
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

    /// The peers in a group.
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// println!("{} in the chat", node.peers_in("chat").len());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn peers_in(&self, group: &str) -> Vec<Peer> {
        self.look(|state| {
            let peers = state.groups().peers(group);
            peers.filter_map(|peer| state.peer(peer)).collect()
        })
    }

    /// The groups that a peer is in.
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// for peer in node.peers() {
    ///     println!("{}: {:?}", peer.name(), node.groups_of(peer.id()));
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn groups_of(&self, peer: Uuid) -> Vec<String> {
        self.look(|state| state.groups().of(peer))
    }

    /// The groups that this node is in.
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// assert!(node.own_groups().is_empty());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn own_groups(&self) -> Vec<String> {
        self.look(State::own_groups)
    }

    /// The groups that peers are in.
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// println!("{:?}", node.peer_groups());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn peer_groups(&self) -> Vec<String> {
        self.look(|state| state.groups().names())
    }

    /// Who leads a group that this node is in, if anybody
    /// [contests](crate::zre::Builder::contest) for it and that is settled; may be this node.
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// if node.leader("workers") == Some(node.id()) {
    ///     println!("it is me");
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn leader(&self, group: &str) -> Option<Uuid> {
        self.look(|state| state.leader(group))
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
        self.look(|state| state.to_string())
    }
}

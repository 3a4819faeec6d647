//! The groups of a node: its own and those of its peers.

use super::Node;
use crate::error::{Error, Result};
use crate::zre::machine::Machine;
use crate::zre::peer::Peer;
use crate::zre::uuid::Uuid;
use crate::zre::wire::{LONGEST, MOST};

impl Node {
    /// Joins a group, and tells all peers; nothing happens if it is in it already.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidOption`] for a name over 255 bytes, or the 1025th group;
    /// [`Error::Stopped`].
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// node.join("chat")?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn join(&self, group: &str) -> Result<()> {
        check_group(group)?;
        self.check()?;
        let joined = self.shared().update(|machine| {
            let own = machine.own_groups();
            let room = own.len() < MOST || own.iter().any(|it| it == group);
            room.then(|| machine.join(group))
        });
        match joined {
            Some(_) => Ok(()),
            None => refuse_group("a node can be in 1024 groups at most"),
        }
    }

    /// Leaves a group, and tells all peers; nothing happens if it is not in it.
    ///
    /// # Errors
    ///
    /// [`Error::Stopped`].
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// node.leave("chat")?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn leave(&self, group: &str) -> Result<()> {
        self.check()?;
        self.shared().update(|machine| machine.leave(group));
        Ok(())
    }

    /// The peers in a group.
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// println!("{} in the chat", node.peers_in("chat").len());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn peers_in(&self, group: &str) -> Vec<Peer> {
        self.read(|machine| {
            let peers = machine.groups().peers(group);
            peers.filter_map(|peer| machine.peer(peer)).collect()
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
        self.read(|machine| machine.groups().of(peer))
    }

    /// The groups that this node is in.
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// assert!(node.own_groups().is_empty());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn own_groups(&self) -> Vec<String> {
        self.read(Machine::own_groups)
    }

    /// The groups that peers are in.
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// println!("{:?}", node.peer_groups());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn peer_groups(&self) -> Vec<String> {
        self.read(|machine| machine.groups().names())
    }

    /// The leader of a group that this node is in, if anybody
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
        self.read(|machine| machine.leader(group))
    }
}

pub(super) fn check_group(group: &str) -> Result<()> {
    match group.len() {
        0..=LONGEST => Ok(()),
        _ => refuse_group("choose a name of at most 255 bytes"),
    }
}

fn refuse_group(reason: &str) -> Result<()> {
    Err(Error::InvalidOption {
        option: "group",
        reason: reason.to_owned(),
    })
}

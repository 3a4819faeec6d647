//! Sending: whispers to one peer, shouts to a group.

use std::sync::Arc;

use super::groups::check_group;
use super::{Node, SendLimits};
use crate::error::{Error, Result};
use crate::message::{Frames, Message};
use crate::pattern::SendError;
use crate::wake::Deadline;
use crate::zre;
use crate::zre::net::Link;
use crate::zre::uuid::Uuid;
use crate::zre::wire::Packet;

impl Node {
    /// Sends a message to one peer.
    ///
    /// It waits while the peer's queue is full, no longer than
    /// [`send_timeout`](crate::zre::Builder::send_timeout). Sent means queued: it is delivered in the
    /// background.
    ///
    /// # Errors
    ///
    /// A [`SendError`] that gives the message back, for [`Error::NoPeer`], [`Error::Timeout`],
    /// [`Error::EmptyMessage`], [`Error::FrameTooLarge`] and [`Error::Stopped`].
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// for peer in node.peers() {
    ///     node.whisper(peer.id(), ("hello", peer.name()))?;
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn whisper(&self, peer: Uuid, frames: impl Frames) -> Result<(), SendError> {
        let mut message = frames.into_message()?;
        let checked = self.check();
        let checked = checked.and_then(|()| self.handle.limits.check(&message));
        let sent = checked.and_then(|()| {
            let link = match self.peer(peer) {
                Some(_) => self.shared().link(peer),
                None => None,
            };
            let link = link.ok_or_else(|| Error::NoPeer {
                peer: peer.to_string(),
            })?;
            let deadline = Deadline::after(self.handle.limits.timeout);
            link.send(&Packet::Whisper, &mut message, deadline)
        });
        sent.map_err(|error| SendError::new(error, message))
    }

    /// Sends a message to all peers in a group, whether or not this node is in it; gives how
    /// many that are.
    ///
    /// It waits while a peer's queue is full, no longer than
    /// [`send_timeout`](crate::zre::Builder::send_timeout) for all of them together.
    ///
    /// # Errors
    ///
    /// [`zre::Error::Unreached`] if it did not get through to some, which do not take their messages:
    /// all others have it. [`Error::EmptyMessage`]; [`Error::FrameTooLarge`]; [`Error::Stopped`].
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// let reached = node.shout("chat", "hello everybody")?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn shout(&self, group: &str, frames: impl Frames) -> Result<usize> {
        check_group(group)?;
        self.check()?;
        let mut message = frames.into_message()?;
        self.handle.limits.check(&message)?;
        let peers: Vec<Uuid> = self
            .shared()
            .read(|machine| machine.groups().peers(group).collect());
        let links: Vec<Arc<Link>> = peers
            .into_iter()
            .filter_map(|peer| self.shared().link(peer))
            .collect();
        let packet = Packet::Shout {
            group: group.to_owned(),
        };
        let deadline = Deadline::after(self.handle.limits.timeout);
        let mut missed = 0;
        let send = |link: &Link, mut message: Message| link.send(&packet, &mut message, deadline);
        if let Some((last, others)) = links.split_last() {
            for link in others {
                missed += usize::from(send(link, message.share()).is_err());
            }
            missed += usize::from(send(last, message).is_err());
        }
        match missed {
            0 => Ok(links.len()),
            missed => {
                let peers = links.len();
                Err(zre::Error::Unreached { missed, peers }.into())
            }
        }
    }
}

impl SendLimits {
    /// Refuses a message that its receiver would not take: nobody would be told.
    fn check(&self, message: &Message) -> Result<()> {
        let max = self.max_frame;
        match message
            .iter()
            .map(|frame| frame.len() as u64)
            .find(|size| *size > max)
        {
            Some(size) => Err(Error::FrameTooLarge { size, max }),
            None => Ok(()),
        }
    }
}

//! A node in the user's hands.

mod events;
mod looks;

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use crossbeam_channel::Receiver;

use super::builder::Builder;
use super::codec::{LONGEST, MOST, Packet};
use super::driver::{Shared, Watcher, Watching};
use super::link::Link;
use super::node::State;
use super::{Event, Uuid};
use crate::background::Background;
use crate::error::{Error, Result};
use crate::fork::ForkOrigin;
use crate::message::{Frames, Message};
use crate::pattern::SendError;
use crate::wake::Deadline;
pub use events::{Events, TryIter};

/// A node of a ZRE network; cheap to clone, and shared by all who have a clone.
///
/// When the last of them is dropped it says goodbye to its peers.
///
/// # Examples
///
/// ```
/// use zeroless::zre::{Event, Node};
///
/// let port = 20_000 + (std::process::id() % 10_000) as u16; // 5670 unless you say otherwise
/// let node = |name| Node::builder(name).interface("127.0.0.1").port(port);
/// let (alice, bob) = (node("alice").start()?, node("bob").start()?);
/// for event in bob.events() {
///     match event {
///         Event::Enter { peer } => bob.whisper(peer.id(), ("hello", "alice"))?,
///         _ => break,
///     }
///     break;
/// }
/// let whisper = alice.events().find(|event| matches!(event, Event::Whisper { .. }));
/// # assert!(whisper.is_some());
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Clone)]
pub struct Node {
    handle: Arc<Handle>,
}

/// What the last clone of a node drops.
pub(crate) struct Handle {
    id: Uuid,
    name: String,
    shared: Arc<Shared>,
    /// Stopped and waited for when this is dropped.
    thread: Background,
    limits: SendLimits,
    gossip_endpoints: Vec<String>,
    /// In a child of the process that made it, it is dead.
    origin: ForkOrigin,
    /// What such a child has, where nothing comes.
    ended: Receiver<Event>,
}

/// How long a message is waited with, and how large its frames may be.
pub(super) struct SendLimits {
    pub(super) timeout: Duration,
    pub(super) max_frame: u64,
}

impl SendLimits {
    /// Refuses what its receiver would not take: nobody would be told.
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

impl Handle {
    pub(super) fn new(
        shared: Arc<Shared>,
        thread: Background,
        limits: SendLimits,
        gossip_endpoints: Vec<String>,
    ) -> Handle {
        let (id, name) = shared.look(|state| (state.uuid(), state.name().to_owned()));
        Handle {
            id,
            name,
            shared,
            thread,
            limits,
            gossip_endpoints,
            origin: ForkOrigin::here(),
            ended: crossbeam_channel::unbounded().1,
        }
    }

    /// An error in a child of the process that made it, which has no thread and maybe a lock
    /// that is never released.
    pub(super) fn check_process(&self) -> Result<()> {
        Ok(self.origin.check()?)
    }
}

impl From<Arc<Handle>> for Node {
    fn from(handle: Arc<Handle>) -> Node {
        Node { handle }
    }
}

impl Node {
    /// Begins to make a node of this name, which need not be unique.
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// let node = zeroless::zre::Node::builder("bob").header("X-LANG", "Rust").start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn builder(name: impl Into<String>) -> Builder {
        Builder::new(name.into())
    }

    /// Calls this with each event, and at first with those that tell who is here, as long as what
    /// it gives is kept.
    pub(super) fn watch(&self, watcher: Watcher) -> Result<Watching> {
        self.handle.check_process()?;
        Ok(Shared::watch(self.shared(), watcher))
    }

    pub(super) fn downgrade(&self) -> Weak<Handle> {
        Arc::downgrade(&self.handle)
    }

    /// Looks at the state. In a child of the process that made the node, where its lock may be held
    /// by a thread that is not there, it knows nothing.
    fn look<T: Default>(&self, look: impl FnOnce(&State) -> T) -> T {
        match self.handle.check_process() {
            Ok(()) => self.shared().look(look),
            Err(_) => T::default(),
        }
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.handle.shared
    }

    /// Its identity: new each time that it starts.
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// println!("I am {}", node.id());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn id(&self) -> Uuid {
        self.handle.id
    }

    /// Its name.
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// assert_eq!(node.name(), "alice");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn name(&self) -> &str {
        &self.handle.name
    }

    /// The endpoint of its inbox, `tcp://host:port`.
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// println!("my inbox is {}", node.endpoint());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn endpoint(&self) -> String {
        self.look(|state| state.endpoint().to_owned())
    }

    /// Where it [gossips](Builder::gossip_bind) with those who connect to it.
    ///
    /// ```
    /// let hub = zeroless::zre::Node::builder("hub").gossip_bind("tcp://127.0.0.1:0").start()?;
    /// assert!(hub.gossip_endpoints()[0].starts_with("tcp://127.0.0.1:"));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn gossip_endpoints(&self) -> &[String] {
        &self.handle.gossip_endpoints
    }

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
        let joined = self.shared().change(|state| {
            let own = state.own_groups();
            let room = own.len() < MOST || own.iter().any(|it| it == group);
            room.then(|| state.join(group))
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
        self.shared().change(|state| state.leave(group));
        Ok(())
    }

    /// Sends a message to one peer.
    ///
    /// It waits while the peer's queue is full, no longer than
    /// [`send_timeout`](Builder::send_timeout). Sent means queued: it is delivered in the
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
    /// [`send_timeout`](Builder::send_timeout) for all of them together.
    ///
    /// # Errors
    ///
    /// [`Error::Unreached`] if it did not get through to some, who do not take their messages:
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
            .look(|state| state.groups().peers(group).collect());
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
            missed => Err(Error::Unreached {
                missed,
                peers: links.len(),
            }),
        }
    }

    /// Says goodbye to all peers, and ends all waiting for events; a last event says so.
    ///
    /// What was sent is still delivered, and its ports are free when this returns. Peers find out
    /// that it has left after half a second: a goodbye can be anybody's, so they ask first.
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// node.stop();
    /// assert!(node.join("chat").is_err());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn stop(&self) {
        self.handle.thread.stop();
    }

    /// An error in a child of the process that made it.
    pub(super) fn check_process(&self) -> Result<()> {
        self.handle.check_process()
    }

    /// Why nothing can be had of it any more.
    pub(super) fn ended(&self) -> Error {
        let process = self.check_process().err();
        process.unwrap_or_else(|| self.shared().ended())
    }

    fn check(&self) -> Result<()> {
        self.check_process()?;
        match self.shared().is_stopping() {
            true => Err(self.ended()),
            false => Ok(()),
        }
    }
}

fn check_group(group: &str) -> Result<()> {
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

/// What this node knows: itself, its groups and its peers.
impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node")
            .field("id", &self.id())
            .field("name", &self.name())
            .field("endpoint", &self.endpoint())
            .field("own_groups", &self.own_groups())
            .field("peers", &self.peers())
            .finish()
    }
}

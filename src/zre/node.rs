//! A node, as a user has it.

mod events;
mod groups;
mod messages;
mod peers;
mod readiness;

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use crossbeam_channel::Receiver;

use super::event::Event;
use super::machine::Machine;
use super::net::{Observation, Observer, SharedNode};
use super::uuid::Uuid;
use crate::background::Background;
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::fork::ForkOrigin;
use crate::security::{OnRevoke, PublicKey};
pub use events::{Events, TryIter};

/// A node of a ZRE network; cheap to clone, and shared by its clones.
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
    handle: Arc<RunningNode>,
}

/// A node that runs, until the last clone of its handle is dropped.
pub(crate) struct RunningNode {
    id: Uuid,
    name: String,
    public_key: Option<PublicKey>,
    shared: Arc<SharedNode>,
    /// Stopped and waited for when this is dropped.
    thread: Background,
    limits: SendLimits,
    /// Where its inbox was when it started.
    first_endpoint: Endpoint,
    gossip_endpoints: Vec<Endpoint>,
    /// Has the node part from those whose user is revoked.
    _on_revoke: Option<OnRevoke>,
    /// In a child of the process that made it, it is dead.
    origin: ForkOrigin,
    /// The channel of such a child, to which nothing comes.
    ended: Receiver<Event>,
}

/// How long a message is waited with, and how large its frames may be.
pub(crate) struct SendLimits {
    pub(crate) timeout: Duration,
    pub(crate) max_frame: u64,
}

impl RunningNode {
    pub(crate) fn new(
        shared: Arc<SharedNode>,
        thread: Background,
        limits: SendLimits,
        gossip_endpoints: Vec<Endpoint>,
        on_revoke: Option<OnRevoke>,
    ) -> RunningNode {
        let (id, name, public_key, first_endpoint) = shared.read(|machine| {
            let name = machine.name().to_owned();
            (
                machine.uuid(),
                name,
                machine.key(),
                machine.endpoint().clone(),
            )
        });
        RunningNode {
            id,
            name,
            public_key,
            shared,
            thread,
            limits,
            first_endpoint,
            gossip_endpoints,
            _on_revoke: on_revoke,
            origin: ForkOrigin::here(),
            ended: crossbeam_channel::unbounded().1,
        }
    }

    /// An error in a child of the process that made it, which has no thread and maybe a lock
    /// that is never released.
    pub(crate) fn check_process(&self) -> Result<()> {
        Ok(self.origin.check()?)
    }
}

impl From<Arc<RunningNode>> for Node {
    fn from(handle: Arc<RunningNode>) -> Node {
        Node { handle }
    }
}

impl Node {
    /// Calls this with each event, and at first with those that tell of the peers that are here, as long as
    /// the `Observation` is kept.
    pub(crate) fn observe(&self, observer: Observer) -> Result<Observation> {
        self.handle.check_process()?;
        Ok(SharedNode::observe(self.shared(), observer))
    }

    pub(crate) fn downgrade(&self) -> Weak<RunningNode> {
        Arc::downgrade(&self.handle)
    }

    /// Looks at the machine. In a child of the process that made the node, where its lock may be held
    /// by a thread that is not there, it knows nothing.
    fn read<T: Default>(&self, read: impl FnOnce(&Machine) -> T) -> T {
        match self.handle.check_process() {
            Ok(()) => self.shared().read(read),
            Err(_) => T::default(),
        }
    }

    pub(crate) fn shared(&self) -> &Arc<SharedNode> {
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

    /// Its public key; `None` without [`security`](crate::zre::Builder::security).
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// assert_eq!(node.public_key(), None);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn public_key(&self) -> Option<PublicKey> {
        self.handle.public_key
    }

    /// The endpoint of its inbox, `tcp://host:port`, as its peers are told of it.
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// println!("my inbox is {}", node.endpoint());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn endpoint(&self) -> Endpoint {
        let now = self.read(|machine| Some(machine.endpoint().clone()));
        now.unwrap_or_else(|| self.handle.first_endpoint.clone())
    }

    /// Where it [gossips](crate::zre::Builder::gossip_bind) with nodes that connect to it.
    ///
    /// ```
    /// let hub = zeroless::zre::Node::builder("hub").gossip_bind("tcp://127.0.0.1:0").start()?;
    /// let bob = zeroless::zre::Node::builder("bob").gossip_connect(hub.gossip_endpoints());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn gossip_endpoints(&self) -> &[Endpoint] {
        &self.handle.gossip_endpoints
    }

    /// Says goodbye to all peers, and ends all waiting for events; a last event says so.
    ///
    /// Messages that were sent are still delivered, and its ports are free when this returns. Peers find out
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
    pub(crate) fn check_process(&self) -> Result<()> {
        self.handle.check_process()
    }

    /// Why nothing can be had of it any more.
    pub(crate) fn ended(&self) -> Error {
        let process = self.check_process().err();
        process.unwrap_or_else(|| self.shared().ended())
    }

    /// An error once it has ended.
    pub(crate) fn check(&self) -> Result<()> {
        self.check_process()?;
        match self.shared().is_stopping() {
            true => Err(self.ended()),
            false => Ok(()),
        }
    }
}

/// Shows the node, its groups and its peers.
impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node")
            .field("id", &self.id())
            .field("name", &self.name())
            .field("endpoint", &self.endpoint())
            .field("public_key", &self.public_key())
            .field("own_groups", &self.own_groups())
            .field("peers", &self.peers())
            .finish()
    }
}

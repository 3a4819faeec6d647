//! A peer, as a node knows it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::uuid::Uuid;
use crate::endpoint::Endpoint;
use crate::security::PublicKey;

/// A peer, as it was when it was heard of; cheap to clone.
///
/// ```
/// # use zeroless::zre;
/// fn greet(peer: &zre::Peer) {
///     println!("{} is at {}, speaks {:?}", peer.name(), peer.endpoint(), peer.header("X-LANG"));
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Peer(Arc<Profile>);

/// A peer as its HELLO describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) endpoint: Endpoint,
    /// The key that it has proved to have.
    pub(crate) public_key: Option<PublicKey>,
    pub(crate) headers: BTreeMap<String, String>,
}

impl Peer {
    pub(crate) fn new(profile: Profile) -> Peer {
        Peer(Arc::new(profile))
    }

    /// Its identity: new each time that it starts.
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// # let peer = &node.peers()[0];
    /// println!("{}", peer.id());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn id(&self) -> Uuid {
        self.0.id
    }

    /// Its name, which need not be unique.
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// # let peer = &node.peers()[0];
    /// println!("{}", peer.name());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The endpoint of its inbox, `tcp://host:port`.
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// # let peer = &node.peers()[0];
    /// println!("{}", peer.endpoint());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[doc(alias = "address")]
    pub fn endpoint(&self) -> &Endpoint {
        &self.0.endpoint
    }

    /// The public key that it has proved to have; `None` without
    /// [`security`](crate::zre::Builder::security).
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// # let peer = &node.peers()[0];
    /// if let Some(key) = peer.public_key() {
    ///     println!("{} is the owner of {key}", peer.name());
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn public_key(&self) -> Option<PublicKey> {
        self.0.public_key
    }

    /// Its headers, by their keys.
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// # let peer = &node.peers()[0];
    /// for (key, value) in peer.headers() {
    ///     println!("{key}: {value}");
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn headers(&self) -> &BTreeMap<String, String> {
        &self.0.headers
    }

    /// The value of one of its headers.
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// # let peer = &node.peers()[0];
    /// println!("{:?}", peer.header("X-LANG"));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn header(&self, key: &str) -> Option<&str> {
        self.0.headers.get(key).map(String::as_str)
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peer")
            .field("id", &self.id())
            .field("name", &self.name())
            .field("endpoint", self.endpoint())
            .field("public_key", &self.public_key())
            .field("headers", self.headers())
            .finish()
    }
}

/// Its name, its identity and its endpoint.
impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}) at {}", self.name(), self.id(), self.endpoint())
    }
}

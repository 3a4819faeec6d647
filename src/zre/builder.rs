//! The settings of a node, before it starts.

mod start;

use std::collections::BTreeSet;
use std::time::Duration;

use super::machine::{Bounds, Timing};
use super::net::{AnnouncedService, put_header};
use super::node::Node;
use crate::endpoint::{Endpoint, Role};
use crate::error::Result;
use crate::into_endpoints::IntoEndpoints;
use crate::options::Options;
use crate::security::{PublicKey, ServerSecurity};

/// The port of beacons, registered for ZRE.
const PORT: u16 = 5670;

/// The settings of a node; made by [`Node::builder`](super::Node::builder).
///
/// ```
/// use std::time::Duration;
/// use zeroless::zre::Node;
///
/// let node = Node::builder("alice")
///     .header("X-LANG", "Rust")
///     .interface("127.0.0.1")
///     .expired(Duration::from_secs(10))
///     .start()?;
/// assert_eq!(node.name(), "alice");
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a node is there once it has started"]
pub struct Builder {
    name: String,
    headers: Vec<(String, String)>,
    interface: Option<String>,
    port: u16,
    timing: Timing,
    bounds: Bounds,
    events: usize,
    send_timeout: Duration,
    max_frame: u64,
    services: Vec<Result<AnnouncedService>>,
    contests: BTreeSet<String>,
    verbose: bool,
    endpoint: Option<Result<Vec<Endpoint>>>,
    advertised: Option<Result<Vec<Endpoint>>>,
    gossip_bind: Vec<Result<Vec<Endpoint>>>,
    gossip_connect: Vec<(Result<Vec<Endpoint>>, Option<PublicKey>)>,
    security: Option<ServerSecurity>,
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
}

impl Builder {
    fn new(name: String) -> Builder {
        Builder {
            name,
            headers: Vec::new(),
            interface: None,
            port: PORT,
            timing: Timing::default(),
            bounds: Bounds::default(),
            events: 10_000,
            send_timeout: Duration::from_secs(1),
            max_frame: Options::default().max_frame,
            services: Vec::new(),
            contests: BTreeSet::new(),
            verbose: false,
            endpoint: None,
            advertised: None,
            gossip_bind: Vec::new(),
            gossip_connect: Vec::new(),
            security: None,
        }
    }

    /// Tells every peer this, from the beginning on. A key that is set again has the new value.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # let builder = zeroless::zre::Node::builder("alice");
    /// let node = builder.header("X-LANG", "Rust").start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn header(mut self, key: impl Into<String>, value: impl Into<String>) -> Builder {
        put_header(&mut self.headers, key.into(), value.into());
        self
    }

    /// Uses the network interface of this name or IPv4 address (`"eth0"`, `"10.0.0.7"`,
    /// `"127.0.0.1"`).
    ///
    /// By default that of the default route; without one, any that can broadcast and is not a
    /// container's bridge; and loopback where there is nothing else. A node on a network by default
    /// also finds those of this machine that are on loopback.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # let builder = zeroless::zre::Node::builder("alice");
    /// let node = builder.interface("127.0.0.1").start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn interface(mut self, interface: impl Into<String>) -> Builder {
        self.interface = Some(interface.into());
        self
    }

    /// The UDP port of beacons. Default 5670; nodes with another do not see each other.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # let builder = zeroless::zre::Node::builder("alice");
    /// let node = builder.port(5671).start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn port(mut self, port: u16) -> Builder {
        self.port = port;
        self
    }

    /// How often the node says that it is here. Default 1 s.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # let builder = zeroless::zre::Node::builder("alice");
    /// let node = builder.interval(Duration::from_millis(500)).start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn interval(mut self, interval: Duration) -> Builder {
        self.timing.interval = interval;
        self
    }

    /// How long a peer may be silent before it is asked whether it is there. Default 5 s; never more
    /// than half the time in which it [expires](Builder::expired).
    ///
    /// A peer that beacons is asked only after half that time.
    ///
    /// [`Evasive`](super::Event::Evasive) is told only if it does not answer within an
    /// [interval](Builder::interval).
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # let builder = zeroless::zre::Node::builder("alice");
    /// let node = builder.evasive(Duration::from_secs(2)).start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn evasive(mut self, time: Duration) -> Builder {
        self.timing.evasive = time;
        self
    }

    /// How long a peer that was asked may be silent before [`Silent`](super::Event::Silent) is
    /// told. Default 5 s.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # let builder = zeroless::zre::Node::builder("alice");
    /// let node = builder.silent(Duration::from_secs(2)).start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn silent(mut self, time: Duration) -> Builder {
        self.timing.silent = time;
        self
    }

    /// How long a peer may be silent before it is given up. Default 30 s.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # let builder = zeroless::zre::Node::builder("alice");
    /// let node = builder.expired(Duration::from_secs(10)).start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn expired(mut self, time: Duration) -> Builder {
        self.timing.expired = time;
        self
    }

    /// How many peers the node has at most. Default 4096; of more than 256, half at one address.
    ///
    /// Their headers and groups have 64 MiB in all. When that is full, the peer with most of it makes
    /// room.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # let builder = zeroless::zre::Node::builder("alice");
    /// let node = builder.max_peers(100).start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn max_peers(mut self, peers: usize) -> Builder {
        self.bounds.known = peers;
        self
    }

    /// How many nodes may be heard of that have not answered yet. Default 256, half of them at one
    /// address.
    ///
    /// Anybody on the network can claim to be any number of nodes.
    ///
    /// ```no_run
    /// # let builder = zeroless::zre::Node::builder("alice");
    /// let node = builder.max_unconfirmed_peers(1000).start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn max_unconfirmed_peers(mut self, peers: usize) -> Builder {
        self.bounds.unverified = peers;
        self
    }

    /// How many events wait to be taken. Default 10,000, at least 1.
    ///
    /// While they are full the node takes in no messages, so that their senders have to wait;
    /// after a second of that, events are dropped, and [counted](super::Event::Missed).
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # let builder = zeroless::zre::Node::builder("alice");
    /// let node = builder.event_queue(100_000).start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn event_queue(mut self, events: usize) -> Builder {
        self.events = events;
        self
    }

    /// How long a whisper or a shout waits for a peer that does not take its messages. Default
    /// 1 s.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # let builder = zeroless::zre::Node::builder("alice");
    /// let node = builder.send_timeout(Duration::from_millis(100)).start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn send_timeout(mut self, timeout: Duration) -> Builder {
        self.send_timeout = timeout;
        self
    }

    /// The largest frame of a whisper or a shout, in bytes. Default 16 MiB, at least 1 MiB (which a
    /// node may tell of itself).
    ///
    /// Sending a larger one is an error, [`FrameTooLarge`](crate::Error::FrameTooLarge). From a peer
    /// it is not taken: the connection to that peer is made anew, the message is lost, and the log
    /// says so. All nodes should have the same limit; those of zyre and pyre have none.
    ///
    /// ```no_run
    /// # let builder = zeroless::zre::Node::builder("alice");
    /// let node = builder.max_frame(64 << 20).start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn max_frame(mut self, bytes: u64) -> Builder {
        self.max_frame = bytes;
        self
    }

    /// Adds a service, or why it cannot be announced, which [`start`](Builder::start) tells.
    pub(super) fn service(mut self, service: Result<AnnouncedService>) -> Builder {
        self.services.push(service);
        self
    }

    /// Logs all events (by the `log` crate, for information), not only that peers come and go.
    ///
    /// ```no_run
    /// # let builder = zeroless::zre::Node::builder("alice");
    /// let node = builder.verbose().start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn verbose(mut self) -> Builder {
        self.verbose = true;
        self
    }

    /// Binds the node's inbox there: a port, or an endpoint like `"tcp://10.0.0.7:9000"`. By
    /// default a free port of the interface.
    ///
    /// Others look for it where beacons come from: an address chooses the
    /// [interface](Builder::interface), and is refused if beacons cannot come from it (one of IPv6,
    /// or of another interface than was asked for). With [gossip](Builder::gossip_connect) it may be
    /// any.
    ///
    /// ```no_run
    /// # let builder = zeroless::zre::Node::builder("alice");
    /// let node = builder.endpoint(9000).start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn endpoint(mut self, endpoint: impl IntoEndpoints) -> Builder {
        self.endpoint = Some(endpoint.into_endpoints(Role::Bind));
        self
    }

    /// Tells peers this endpoint instead of where the inbox is bound, as behind a NAT.
    ///
    /// Beacons come from where they come from: it is for [gossip](Builder::gossip_connect).
    ///
    /// ```no_run
    /// # let builder = zeroless::zre::Node::builder("alice");
    /// let node = builder
    ///     .endpoint(9000)
    ///     .advertised_endpoint("tcp://203.0.113.7:9000")
    ///     .gossip_connect("tcp://203.0.113.1:9001")
    ///     .start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn advertised_endpoint(mut self, endpoint: impl IntoEndpoints) -> Builder {
        self.advertised = Some(endpoint.into_endpoints(Role::Connect));
        self
    }

    /// Finds peers by gossip, for where there is no broadcast: others connect here.
    ///
    /// A node that gossips neither sends nor hears beacons. Nodes tell each other of all nodes that they
    /// have heard of, in stars, chains and circles. May be called several times, and together with
    /// [`gossip_connect`](Builder::gossip_connect). The wire is that of czmq's zgossip, as zyre
    /// speaks it.
    ///
    /// ```no_run
    /// # let builder = zeroless::zre::Node::builder("alice");
    /// let hub = builder.gossip_bind(9001).start()?;
    /// println!("{:?}", hub.gossip_endpoints());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn gossip_bind(mut self, endpoint: impl IntoEndpoints) -> Builder {
        self.gossip_bind.push(endpoint.into_endpoints(Role::Bind));
        self
    }

    /// Finds peers by gossip with the node that is bound there: see [`gossip_bind`](Builder::gossip_bind).
    ///
    /// It need not be there yet, and may come and go.
    ///
    /// ```no_run
    /// # let builder = zeroless::zre::Node::builder("alice");
    /// let node = builder.gossip_connect("tcp://10.0.0.1:9001").start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn gossip_connect(mut self, endpoint: impl IntoEndpoints) -> Builder {
        self.gossip_connect
            .push((endpoint.into_endpoints(Role::Connect), None));
        self
    }

    /// Finds peers by gossip with the node that is bound there and has this public key, by CURVE: for a node with
    /// [`security`](Builder::security), as zyre's `zyre_gossip_connect_curve`.
    ///
    /// ```no_run
    /// use zeroless::security::{Access, Curve, Keys, PublicKey};
    ///
    /// let keys = Keys::load("alice.key")?;
    /// let access = Access::new().folder("nodes")?;
    /// let node = zeroless::zre::Node::builder("alice")
    ///     .security(Curve::server(&keys, access))
    ///     .gossip_connect_curve("tcp://10.0.0.1:9001", PublicKey::load("hub.key")?)
    ///     .start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn gossip_connect_curve(
        mut self,
        endpoint: impl IntoEndpoints,
        server: PublicKey,
    ) -> Builder {
        self.gossip_connect
            .push((endpoint.into_endpoints(Role::Connect), Some(server)));
        self
    }

    /// Encrypts all that the node and its peers say, and lets in only those nodes whose keys the access allows: by
    /// [`Curve::server`](crate::security::Curve::server), with the node's own keys.
    ///
    /// Beacons, gossip and greetings tell the node's public key, and a peer is the owner of the key that it is
    /// [known by](super::Peer::public_key). Both nodes have to allow each other, and nodes without security and those
    /// with it do not see each other. zyre nodes are the same with `zyre_set_zcert`.
    ///
    /// The node's own name, headers and groups are told to nodes that the access would let in, and where it
    /// [asks a closure](crate::security::Access::ask), to any that are heard of: take a table or a folder where those are
    /// secret.
    ///
    /// Servers that are announced or discovered have a security of their own:
    /// [`Server::security`](crate::Server::security), [`Discovery::security`](super::Discovery::security).
    ///
    /// ```no_run
    /// use zeroless::security::{Access, Curve, Keys};
    ///
    /// let keys = Keys::load("alice.key")?;
    /// let access = Access::new().folder("nodes")?; // the public keys of all nodes
    /// let node = zeroless::zre::Node::builder("alice")
    ///     .security(Curve::server(&keys, access))
    ///     .start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn security(mut self, security: ServerSecurity) -> Builder {
        self.security = Some(security);
        self
    }

    /// Contests for a group: of its members that do, the one with the lowest identity leads it.
    ///
    /// All in the group are told by [`Leader`](super::Event::Leader), once for each new leader, when
    /// the group has been the same for an [interval](Builder::interval); one that leaves is
    /// succeeded at once. In a network that is parted, each part has a leader. zyre takes part
    /// (`zyre_set_contest_in_group`) from the next time on that somebody joins the group after it.
    ///
    /// ```no_run
    /// # let builder = zeroless::zre::Node::builder("alice");
    /// let node = builder.contest("workers").start()?;
    /// node.join("workers")?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn contest(mut self, group: impl Into<String>) -> Builder {
        self.contests.insert(group.into());
        self
    }
}

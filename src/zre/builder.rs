//! What a node is to be, before it starts.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::air::Air;
use super::codec::{LONGEST, MOST};
use super::directory::{self, Offer};
use super::driver::{Driver, Shared};
use super::election;
use super::gossip::hub::Hub;
use super::handle::{Handle, Node};
use super::interface::Interface;
use super::node::State;
use super::queue::Queue;
use super::search::Search;
use super::site::{Site, put_header};
use super::{Bounds, Timing, Uuid};
use crate::endpoint::{Endpoint, IntoEndpoints, Role};
use crate::error::{Error, Result};
use crate::options::Options;
use crate::server::Server;

/// The port of beacons, registered for ZRE.
const PORT: u16 = 5670;

/// How many bytes all headers may have: half of what a peer takes in one message.
const HEADERS: usize = 512 << 10;

/// What a node is to be; made by [`Node::builder`].
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
    offers: Vec<Result<Offer>>,
    contests: BTreeSet<String>,
    endpoint: Option<Result<Vec<Endpoint>>>,
    advertised: Option<Result<Vec<Endpoint>>>,
    gossip_bind: Vec<Result<Vec<Endpoint>>>,
    gossip_connect: Vec<Result<Vec<Endpoint>>>,
}

impl Builder {
    pub(super) fn new(name: String) -> Builder {
        Builder {
            name,
            headers: Vec::new(),
            interface: None,
            port: PORT,
            timing: Timing::default(),
            bounds: Bounds::default(),
            events: 10_000,
            send_timeout: Duration::from_secs(1),
            offers: Vec::new(),
            contests: BTreeSet::new(),
            endpoint: None,
            advertised: None,
            gossip_bind: Vec::new(),
            gossip_connect: Vec::new(),
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
    /// container's bridge; and loopback where there is nothing else.
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

    /// How long a peer may be silent before it is asked whether it is there. Default 5 s.
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

    /// How many peers the node has at most. Default 4096.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # let builder = zeroless::zre::Node::builder("alice");
    /// let node = builder.max_peers(100).start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn max_peers(mut self, peers: usize) -> Builder {
        self.bounds.peers = peers;
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

    /// Announces what a server offers, under this name, for [`discover`](super::discover).
    ///
    /// Its pattern must have been chosen. It is told in a header,
    /// `X-<name>-<pattern>: tcp://host:port`, which any ZRE node can set.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # let builder = zeroless::zre::Node::builder("alice");
    /// let server = zeroless::Server::bind(0)?;
    /// let pull = server.pull()?;
    /// let node = builder.announce("jobs", &server).start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn announce(mut self, name: impl Into<String>, server: &Server) -> Builder {
        self.offers.push(directory::offer(name.into(), server));
        self
    }

    /// Binds the node's inbox there: a port, or an endpoint like `"tcp://10.0.0.7:9000"`. By
    /// default a free port of the interface.
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
    /// A node that gossips neither sends nor hears beacons. Nodes tell each other of all whom they
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

    /// Finds peers by gossip with who is bound there: see [`gossip_bind`](Builder::gossip_bind).
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
            .push(endpoint.into_endpoints(Role::Connect));
        self
    }

    /// Contests for a group: of those in it who do, the one with the lowest identity leads it.
    ///
    /// All in the group are told by [`Leader`](super::Event::Leader), once for each new leader, when
    /// the group has been the same for an [interval](Builder::interval); one that leaves is
    /// succeeded at once. In a network that is parted, each part has a leader. zyre takes part
    /// (`zyre_set_contest_in_group`).
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

    /// Starts the node: when this returns, it can be found.
    ///
    /// # Errors
    ///
    /// [`Error::NoInterface`]; [`Error::InvalidOption`] for names, headers, times and bounds that
    /// cannot be; [`Error::InvalidEndpoint`] and [`Error::AddressInUse`]; [`Error::OutOfFiles`].
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # let builder = zeroless::zre::Node::builder("alice");
    /// let node = builder.start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn start(mut self) -> Result<Node> {
        if !self.contests.is_empty() {
            let groups = Vec::from_iter(self.contests.clone()).join("\n");
            self = self.header(election::HEADER, groups);
        }
        let site = Site {
            interface: Interface::find(self.interface.as_deref())?,
            wanted: self.interface.take(),
            endpoint: one(self.endpoint.take())?,
            advertised: one(self.advertised.take())?,
            headers: std::mem::take(&mut self.headers),
            offers: std::mem::take(&mut self.offers)
                .into_iter()
                .collect::<Result<_>>()?,
        };
        let (headers, wrong) = site.headers();
        if let Some(error) = wrong.into_iter().next() {
            return Err(error);
        }
        self.check(&headers)?;
        let (inbox, bound) = site.open_inbox()?;
        let endpoint = site.told(&bound).to_string();
        let uuid = Uuid::random()?;
        let (gossip_bind, gossip_connect) = (all(self.gossip_bind)?, all(self.gossip_connect)?);
        let (search, gossip) = match gossip_bind.is_empty() && gossip_connect.is_empty() {
            true => {
                let air = Air::open(site.interface.clone(), self.port)?;
                (Search::Air(air), Vec::new())
            }
            false => {
                let (mut hub, bound) = Hub::open(&gossip_bind, &gossip_connect)?;
                hub.publish(uuid, &endpoint);
                (Search::Hub(Box::new(hub)), bound)
            }
        };
        let mut state = State::new(uuid, self.name, headers, self.timing, self.bounds);
        state.set_endpoint(endpoint);
        let shared = Shared::new(state, Queue::new(self.events), Options::default())?;
        let shared = Arc::new(shared);
        let driver = Driver {
            shared: shared.clone(),
            inbox,
            bound,
            site,
            search,
            interval: self.timing.interval,
        };
        let thread = std::thread::Builder::new()
            .name("zeroless-zre".into())
            .spawn(move || driver.run())
            .map_err(|error| Error::system("starting a thread", error))?;
        let gossip = gossip.iter().map(Endpoint::to_string).collect();
        let handle = Handle::new(shared, thread, self.send_timeout, gossip);
        Ok(Node::from(Arc::new(handle)))
    }

    fn check(&self, headers: &[(String, String)]) -> Result<()> {
        let refuse = |option, reason: &str| {
            Err(Error::InvalidOption {
                option,
                reason: reason.to_owned(),
            })
        };
        if self.name.len() > LONGEST {
            return refuse("name", "choose one of at most 255 bytes");
        }
        if headers.iter().any(|(key, _)| key.len() > LONGEST) {
            return refuse("header", "choose keys of at most 255 bytes");
        }
        let long = |(key, value): &(String, String)| key.len() + value.len();
        if headers.len() > MOST || headers.iter().map(long).sum::<usize>() > HEADERS {
            return refuse("header", "at most 1024 of them, and 512 KiB in all");
        }
        if self.port == 0 {
            return refuse("port", "choose the one that the others use");
        }
        if self.events == 0 {
            return refuse("event_queue", "at least 1");
        }
        let is_short = |group: &String| group.len() <= LONGEST && !group.contains('\n');
        if !self.contests.iter().all(is_short) {
            return refuse(
                "contest",
                "a group's name of at most 255 bytes, in one line",
            );
        }
        let times = [
            ("interval", self.timing.interval),
            ("evasive", self.timing.evasive),
            ("expired", self.timing.expired),
        ];
        let sensible = Duration::from_millis(1)..=Duration::from_secs(24 * 3600);
        match times.iter().find(|(_, time)| !sensible.contains(time)) {
            Some((option, _)) => refuse(option, "between 1 ms and a day"),
            None => Ok(()),
        }
    }
}

/// The endpoints that were given.
fn all(given: Vec<Result<Vec<Endpoint>>>) -> Result<Vec<Endpoint>> {
    let lists: Vec<_> = given.into_iter().collect::<Result<_>>()?;
    Ok(lists.into_iter().flatten().collect())
}

/// The only one that was given, if any was.
fn one(given: Option<Result<Vec<Endpoint>>>) -> Result<Option<Endpoint>> {
    let mut endpoints = all(given.into_iter().collect())?.into_iter();
    match (endpoints.next(), endpoints.next()) {
        (_, Some(second)) => Err(Error::InvalidEndpoint {
            endpoint: second.to_string(),
            reason: "a node has one inbox".to_owned(),
        }),
        (one, None) => Ok(one),
    }
}

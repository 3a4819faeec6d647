//! Servers by name: announced in a node's headers, found by whoever wants them.
//!
//! A header `X-<name>-<pattern>: tcp://host:port` announces a server; `<pattern>` is what the
//! server does: push, pull, publish, subscribe, request, reply or pair. The case of the key does
//! not matter; several endpoints are separated by spaces.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use log::{info, warn};
use parking_lot::{Condvar, Mutex};

use super::codec::LONGEST;
use super::driver::Watching;
use super::handle::{Handle, Node};
use super::interface::Interface;
use super::node::address;
use super::{Event, Peer};
use crate::client::Client;
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::options::{Options, common_setters};
use crate::pattern::{self, Side, patterns};
use crate::server::Server;
use crate::socket::{Kind, Lease};

/// Announces what a server offers, under this name, until the announcement is dropped.
///
/// The server's pattern must have been chosen. Dropping the announcement withdraws it: clients
/// disconnect, and what they have sent before that still arrives.
///
/// # Errors
///
/// As [`Builder::announce`](super::Builder::announce) and
/// [`Builder::start`](super::Builder::start).
///
/// ```no_run
/// use zeroless::{Server, zre};
///
/// let server = Server::bind(0)?;
/// let pull = server.pull()?;
/// let _announcement = zre::announce("jobs", &server)?;
/// for job in pull {
///     println!("{job}");
/// }
/// # Ok::<(), zeroless::Error>(())
/// ```
pub fn announce(name: impl Into<String>, server: &Server) -> Result<Announcement> {
    let node = Node::builder(program()).announce(name, server).start()?;
    Ok(Announcement { node })
}

/// A server's announcement; dropping it withdraws it.
///
/// ```no_run
/// # let server = zeroless::Server::bind(0)?;
/// # let pull = server.pull()?;
/// let announcement = zeroless::zre::announce("jobs", &server)?;
/// println!("announced by {}", announcement.node().id());
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "what is announced is withdrawn when this is dropped"]
pub struct Announcement {
    node: Node,
}

impl Announcement {
    /// The node that announces it.
    ///
    /// ```no_run
    /// # let server = zeroless::Server::bind(0)?;
    /// # let pull = server.pull()?;
    /// let announcement = zeroless::zre::announce("jobs", &server)?;
    /// println!("{:?}", announcement.node().peers());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn node(&self) -> &Node {
        &self.node
    }
}

/// Finds servers that are announced under this name: a client whose endpoints follow the network.
///
/// Each pattern that is chosen is connected to the servers that offer its partner, those that
/// are there and those that come, and disconnected from those that leave.
///
/// # Errors
///
/// As [`Builder::start`](super::Builder::start).
///
/// ```no_run
/// use zeroless::zre;
///
/// let push = zre::discover("jobs")?.push()?;
/// push.send("work")?; // waits until there is somebody
/// # Ok::<(), zeroless::Error>(())
/// ```
pub fn discover(name: impl Into<String>) -> Result<Discovery> {
    static NODE: Mutex<Weak<Handle>> = Mutex::new(Weak::new());
    let mut shared = NODE.lock();
    let node = match shared.upgrade() {
        Some(handle) if handle.check_process().is_ok() => Node::from(handle),
        _ => Node::builder(program()).start()?,
    };
    *shared = node.downgrade();
    drop(shared);
    Ok(node.discover(name))
}

/// The name of this program, as that of its nodes.
fn program() -> String {
    let path = std::env::args_os().next().unwrap_or_default();
    let name = std::path::Path::new(&path).file_name().unwrap_or_default();
    let mut name = name.to_string_lossy().into_owned();
    while name.len() > LONGEST {
        name.pop();
    }
    name
}

/// How many servers a peer can announce under one name: each of them is connected to.
const MOST_SERVICES: usize = 64;

/// What a server offers, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    name: String,
    kind: Kind,
    endpoint: Endpoint,
}

/// What a server offers; an error where nobody could find it.
pub(crate) fn offer(name: String, server: &Server) -> Result<Offer> {
    let refuse = |reason: &str| {
        Err(Error::InvalidOption {
            option: "announce",
            reason: reason.to_owned(),
        })
    };
    if name.is_empty() || name.len() > 200 || name.contains(char::is_whitespace) {
        return refuse("choose a name of 1 to 200 bytes without spaces");
    }
    let Some(kind) = server.kind() else {
        return refuse("choose the server's pattern first, as by server.pull()");
    };
    match server
        .bound()
        .into_iter()
        .find(|it| it.transport() == "tcp")
    {
        Some(endpoint) => Ok(Offer {
            name,
            kind,
            endpoint,
        }),
        None => refuse("bind the server to a tcp port: others cannot reach any else"),
    }
}

impl Offer {
    /// The header that announces it on this interface.
    pub(crate) fn header(&self, interface: &Interface) -> Result<(String, String)> {
        let key = format!("X-{}-{}", self.name, self.kind.name());
        let value = match self.endpoint.is_anywhere() {
            true => format!(
                "tcp://{}:{}",
                interface.address,
                self.endpoint.port().unwrap_or(0)
            ),
            false => self.endpoint.to_string(),
        };
        match address(&value) {
            Some(it) if it.ip() == interface.address => Ok((key, value)),
            _ => Err(Error::InvalidOption {
                option: "announce",
                reason: format!(
                    "the server is at {value}, but the node at {}: bind the server to a port of \
                     all interfaces, or choose its interface for the node",
                    interface.address
                ),
            }),
        }
    }
}

/// A server that was found.
///
/// ```no_run
/// for service in zeroless::zre::discover("jobs")?.services() {
///     println!("{} at {}, by {}", service.pattern(), service.endpoint(), service.peer().name());
/// }
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    peer: Peer,
    kind: Kind,
    endpoint: String,
}

impl Service {
    /// Who announces it.
    ///
    /// ```no_run
    /// for service in zeroless::zre::discover("jobs")?.services() {
    ///     println!("{}", service.peer().name());
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// What the server does: `"pull"` where clients push, and so on.
    ///
    /// ```no_run
    /// for service in zeroless::zre::discover("jobs")?.services() {
    ///     println!("{}", service.pattern());
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn pattern(&self) -> &'static str {
        self.kind.name()
    }

    /// Where it is, `tcp://host:port`.
    ///
    /// ```no_run
    /// for service in zeroless::zre::discover("jobs")?.services() {
    ///     println!("{}", service.endpoint());
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }
}

/// A client whose endpoints follow the network; made by [`discover`] and [`Node::discover`].
///
/// It has the patterns and the options of a [`Client`].
///
/// ```no_run
/// use std::time::Duration;
/// use zeroless::zre;
///
/// let jobs = zre::discover("jobs")?;
/// jobs.wait_for(2, Duration::from_secs(5))?;
/// let push = jobs.push()?;
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Clone)]
pub struct Discovery {
    following: Arc<Following>,
    options: Options,
}

/// What lives as long as a discovery, or any handle that was opened by it.
struct Following {
    found: Arc<Found>,
    // Before the node: it is the node that tells.
    _watching: Watching,
    _node: Node,
}

/// What was found, and who follows it.
struct Found {
    name: String,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    services: Vec<Service>,
    followers: Vec<Follower>,
    anywhere: bool,
}

/// A client that is to be connected to all that offer this.
struct Follower {
    kind: Kind,
    client: Client,
    lease: Weak<Lease>,
}

impl Node {
    /// Finds servers that are announced under this name, by way of this node: see [`discover`].
    ///
    /// ```no_run
    /// let node = zeroless::zre::Node::builder("alice").start()?;
    /// let push = node.discover("jobs").push()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn discover(&self, name: impl Into<String>) -> Discovery {
        let found = Arc::new(Found {
            name: name.into(),
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let told = found.clone();
        let following = Following {
            _watching: self.watch(Box::new(move |event| told.hear(event))),
            found,
            _node: self.clone(),
        };
        Discovery {
            following: Arc::new(following),
            options: Options::default(),
        }
    }
}

impl Discovery {
    /// Accepts servers at other addresses than that of the peer which announces them.
    ///
    /// Anybody on the network can announce anything: by default only where they are themselves.
    ///
    /// ```no_run
    /// let jobs = zeroless::zre::discover("jobs")?.anywhere();
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[must_use]
    pub fn anywhere(self) -> Discovery {
        self.following.found.state.lock().anywhere = true;
        self
    }

    /// The servers that are there now, of all patterns.
    ///
    /// ```no_run
    /// let jobs = zeroless::zre::discover("jobs")?;
    /// println!("{} are here", jobs.services().count());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn services(&self) -> impl Iterator<Item = Service> + use<> {
        let services = self.following.found.state.lock().visible();
        services.into_iter()
    }

    /// Waits until there are so many servers.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`].
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// zeroless::zre::discover("jobs")?.wait_for(3, Duration::from_secs(5))?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn wait_for(&self, servers: usize, timeout: Duration) -> Result<()> {
        let Found { state, changed, .. } = &*self.following.found;
        let until = Instant::now().checked_add(timeout);
        let mut state = state.lock();
        while state.visible().len() < servers {
            match until {
                Some(until) => {
                    if changed.wait_until(&mut state, until).timed_out() {
                        return Err(Error::Timeout);
                    }
                }
                None => changed.wait(&mut state),
            }
        }
        Ok(())
    }

    fn set(mut self, change: impl FnOnce(&mut Options)) -> Discovery {
        change(&mut self.options);
        self
    }

    fn open<P: Side>(&self, kind: Kind, side: P) -> Result<pattern::Handle<P>> {
        let client = Client::new().options(self.options.clone());
        let handle = client.open(kind, side)?;
        handle.socket().keep(self.following.clone());
        self.following.found.follow(Follower {
            kind: kind.partner(),
            client,
            lease: handle.socket().lease(),
        });
        Ok(handle)
    }
}

impl fmt::Debug for Discovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = &self.following.found;
        f.debug_struct("Discovery")
            .field("name", &found.name)
            .field("services", &found.state.lock().services)
            .finish()
    }
}

impl State {
    /// Those that may be connected to.
    fn visible(&self) -> Vec<Service> {
        let visible = self
            .services
            .iter()
            .filter(|it| self.anywhere || it.is_own());
        visible.cloned().collect()
    }
}

impl Service {
    /// Whether it is where its peer is.
    fn is_own(&self) -> bool {
        let host = |endpoint: &str| address(endpoint).map(|it| it.ip());
        host(&self.endpoint) == host(self.peer.address())
    }
}

impl Found {
    fn hear(&self, event: &Event) {
        match event {
            Event::Enter { peer } => self.enter(peer),
            Event::Exit { peer } => self.exit(peer),
            _ => {}
        }
    }

    fn enter(&self, peer: &Peer) {
        let new = self.services_of(peer);
        if new.is_empty() {
            return;
        }
        let mut state = self.state.lock();
        state.services.extend(new);
        self.adjust(&mut state);
    }

    fn exit(&self, peer: &Peer) {
        let mut state = self.state.lock();
        state
            .services
            .retain(|service| service.peer.id() != peer.id());
        self.adjust(&mut state);
    }

    fn follow(&self, follower: Follower) {
        let mut state = self.state.lock();
        state.followers.push(follower);
        self.adjust(&mut state);
    }

    /// Connects and disconnects, so that everybody has what there is.
    fn adjust(&self, state: &mut State) {
        state
            .followers
            .retain(|follower| follower.lease.strong_count() > 0);
        let visible = state.visible();
        for Follower { kind, client, .. } in &state.followers {
            let wanted = visible.iter().filter(|it| it.kind == *kind);
            let wanted: Vec<_> = wanted.map(|it| it.endpoint.as_str()).collect();
            let has: Vec<String> = client.endpoints().iter().map(Endpoint::to_string).collect();
            for endpoint in has.iter().filter(|it| !wanted.contains(&it.as_str())) {
                info!("{}: {endpoint} has left", self.name);
                if let Err(error) = client.disconnect(endpoint) {
                    warn!("{}: disconnecting from {endpoint}: {error}", self.name);
                }
            }
            for endpoint in wanted
                .iter()
                .filter(|it| !has.iter().any(|has| has == **it))
            {
                info!("{}: {endpoint} is here", self.name);
                match client.connect(*endpoint) {
                    Ok(_) | Err(Error::AlreadyConnected { .. }) => {}
                    Err(error) => warn!("{}: connecting to {endpoint}: {error}", self.name),
                }
            }
        }
        self.changed.notify_all();
    }

    /// What a peer announces under our name.
    fn services_of(&self, peer: &Peer) -> Vec<Service> {
        let services = peer.headers().iter().filter_map(|(key, value)| {
            let (name, pattern) = key
                .get(..2)
                .filter(|x| x.eq_ignore_ascii_case("X-"))
                .and_then(|_| key[2..].rsplit_once('-'))?;
            let kind = Kind::named(&pattern.to_ascii_lowercase())?;
            name.eq_ignore_ascii_case(&self.name)
                .then_some((kind, value))
        });
        let each = services.flat_map(|(kind, value)| {
            let endpoints = value.split_whitespace().filter(|it| address(it).is_some());
            endpoints.map(move |endpoint| Service {
                peer: peer.clone(),
                kind,
                endpoint: endpoint.to_owned(),
            })
        });
        each.take(MOST_SERVICES).collect()
    }
}

patterns!(
    Discovery,
    "let jobs = zeroless::zre::discover(\"jobs\")?;\nlet push = jobs.push()?;"
);

common_setters!(Discovery, "zeroless::zre::discover(\"jobs\")");

//! The settings of a node, and its start.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Node;
#[cfg(feature = "zre")]
use super::discovery::{self, Finder};
use super::handler::Handler;
use super::running::{IS_WORKER, RunningNode};
use crate::background::{self, Background};
use crate::endpoint::{Endpoint, Role};
use crate::error::{Error, Result};
use crate::fork::ForkOrigin;
use crate::into_endpoints::IntoEndpoints;
use crate::options::Options;
use crate::security::Security;
use crate::server::Server;
use crate::station::error::Error as StationError;
use crate::station::machine::{ReceiverLimits, SenderLimits};
use crate::station::message::Message;
use crate::station::net::{
    Children, Driver, Handler as StoredHandler, Parent, Settings, SharedNode,
};

/// How many threads a node may have for its handlers.
const MAX_WORKERS: usize = 10_000;

/// The longest time that a message may take.
pub(super) const LONGEST: Duration = Duration::from_secs(600);

/// A node that is about to be started; made by [`Node::builder`].
///
/// ```
/// use std::time::Duration;
/// use zeroless::station::Node;
///
/// let node = Node::builder("rig1")
///     .bind("tcp://127.0.0.1:0")
///     .workers(2)
///     .timeout(Duration::from_secs(10))
///     .start()?;
/// # Ok::<(), zeroless::Error>(())
/// ```
#[must_use = "a node does nothing until it is started"]
pub struct Builder {
    name: String,
    bind: Option<Result<Vec<Endpoint>>>,
    upstreams: Vec<Result<Vec<Endpoint>>>,
    listeners: Vec<(String, StoredHandler)>,
    options: Options,
    security: Vec<Security>,
    workers: usize,
    timeout: Duration,
    #[cfg(feature = "zre")]
    zre: Option<crate::zre::Builder>,
    discovers: bool,
    announces: bool,
    preferred: Option<String>,
    rank: Option<u32>,
    autopilot: Option<String>,
}

impl Builder {
    pub(super) fn new(name: String) -> Builder {
        Builder {
            name,
            bind: None,
            upstreams: Vec::new(),
            listeners: Vec::new(),
            options: Options::default(),
            security: Vec::new(),
            workers: 4,
            timeout: Duration::from_secs(60),
            #[cfg(feature = "zre")]
            zre: None,
            discovers: false,
            announces: false,
            preferred: None,
            rank: None,
            autopilot: None,
        }
    }

    /// Makes it a station: others connect there, and it sends on what they send to each other. Endpoints are given as to
    /// [`Server::bind`](crate::Server::bind).
    ///
    /// A station that is at the top knows new ids from 5 s after its start on: until then others that had them before may come
    /// back.
    ///
    /// ```
    /// let station = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn bind(mut self, endpoints: impl IntoEndpoints) -> Builder {
        self.bind = Some(endpoints.into_endpoints(Role::Bind));
        self
    }

    /// The station that it stands behind. Of several, the first that is there: they are tried in order, and again when the
    /// link to one is lost.
    ///
    /// ```
    /// use zeroless::station::Node;
    /// let camera = Node::builder("rig1.camera").upstream(5560).upstream(("spare.example", 5560));
    /// ```
    pub fn upstream(mut self, endpoints: impl IntoEndpoints) -> Builder {
        self.upstreams.push(endpoints.into_endpoints(Role::Connect));
        self
    }

    /// The upstream is a Station of [autopilot](https://pypi.org/project/auto-pi-lot/) of this id, or a Net_Node with a router.
    ///
    /// The node is a Net_Node to it, by its own id. Ids that nobody behind this node has are looked for there. Who is there it
    /// does not tell: presence knows those alone that are behind this node. Nodes of autopilot's behind this one need nothing.
    ///
    /// ```
    /// let camera = zeroless::station::Node::builder("camera").upstream(5560).autopilot("rig1");
    /// ```
    pub fn autopilot(mut self, upstream: impl Into<String>) -> Builder {
        self.autopilot = Some(upstream.into());
        self
    }

    /// Stands behind a station of the network that announces itself, whatever its address. Of several it takes one of the same
    /// host, if there is one, or else the nearest to the top; and another when the link to that is lost. A station that
    /// discovers another announces itself, too.
    ///
    /// ```no_run
    /// use zeroless::station::Node;
    /// let camera = Node::builder("camera").discover().start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[cfg(feature = "zre")]
    pub fn discover(mut self) -> Builder {
        self.discovers = true;
        self
    }

    /// Announces the station, so that others [discover](Self::discover) it: as `X-<id>-station`, with a rank.
    ///
    /// ```no_run
    /// use zeroless::station::Node;
    /// let site = Node::builder("site").bind(5560).announce().start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[cfg(feature = "zre")]
    pub fn announce(mut self) -> Builder {
        self.announces = true;
        self
    }

    /// Of the stations that it [discovers](Self::discover) it takes that of this id, if it is there within 3 s; and as long as it
    /// stays, whichever it has taken.
    ///
    /// ```no_run
    /// use zeroless::station::Node;
    /// let camera = Node::builder("camera").discover().prefer("rig1").start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[cfg(feature = "zre")]
    pub fn prefer(mut self, station: impl Into<String>) -> Builder {
        self.preferred = Some(station.into());
        self
    }

    /// How far from the top it announces itself to be: others prefer stations of a smaller rank, and stations that discover
    /// one stand behind those of a smaller rank alone, or of the same and a smaller identity. Default: 0 at the top, otherwise 1.
    ///
    /// ```no_run
    /// use zeroless::station::Node;
    /// let rig = Node::builder("rig1").bind(5560).discover().rank(2).start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[cfg(feature = "zre")]
    pub fn rank(mut self, rank: u32) -> Builder {
        self.rank = Some(rank);
        self
    }

    /// The node of [ZRE](crate::zre) by which it [discovers](Self::discover) and [announces](Self::announce): on which interface,
    /// whom it trusts. Default: `zre::Node::builder(id)`.
    ///
    /// ```no_run
    /// use zeroless::{station, zre};
    ///
    /// let zre = zre::Node::builder("camera").interface("eth1");
    /// let camera = station::Node::builder("camera").discover().discovery(zre).start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[cfg(feature = "zre")]
    pub fn discovery(mut self, node: crate::zre::Builder) -> Builder {
        self.zre = Some(node);
        self
    }

    /// Handles the messages of a key, as [`Node::listen`] does: from the first message on.
    ///
    /// ```
    /// use zeroless::station::{Message, Node};
    ///
    /// let disk = Node::builder("rig1.disk")
    ///     .listen("FRAME", |frame: Vec<u16>, _: &Message| println!("{} pixels", frame.len()))
    ///     .upstream(5560);
    /// ```
    pub fn listen<Form>(mut self, key: impl Into<String>, handler: impl Handler<Form>) -> Builder {
        let handler = move |message: &Message| handler.handle(message);
        self.listeners.push((key.into(), Arc::new(handler)));
        self
    }

    /// Who may connect to it, of a station; or who it is, and which station it trusts, for its own upstream. A station in the
    /// middle is given both, one after the other.
    ///
    /// The id of a node is what it says: a user whom a station lets in may take any that is free.
    ///
    /// ```
    /// use zeroless::security::{Access, Password, Plain};
    /// use zeroless::station::Node;
    ///
    /// let access = Access::new().user("camera", Password::new("secret")?)?;
    /// let site = Node::builder("site").bind("tcp://127.0.0.1:0").security(Plain::server(access)).start()?;
    /// let camera = Node::builder("rig1.camera")
    ///     .upstream(site.endpoints())
    ///     .security(Plain::user("camera", Password::new("secret")?))
    ///     .start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn security(mut self, security: impl Into<Security>) -> Builder {
        self.security.push(security.into());
        self
    }

    /// The options of its sockets: queues, the largest frame and the rest. Those that a node does not use are refused by
    /// [`start`](Self::start).
    ///
    /// ```
    /// use zeroless::{Options, station::Node};
    ///
    /// let mut options = Options::default();
    /// options.max_frame = 1 << 20;
    /// let node = Node::builder("rig1").bind("tcp://127.0.0.1:0").options(options).start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn options(mut self, options: Options) -> Builder {
        self.options = options;
        self
    }

    /// How many handlers run at once, at most: 1 to 10,000, each in a thread of its own. Default 4.
    ///
    /// ```
    /// let one_after_the_other = zeroless::station::Node::builder("rig1").workers(1);
    /// ```
    pub fn workers(mut self, count: usize) -> Builder {
        self.workers = count;
        self
    }

    /// When a message ends at the latest that [says nothing else](crate::station::MessageBuilder::timeout): at most 10
    /// minutes. Default 60 s.
    ///
    /// ```
    /// use std::time::Duration;
    /// let node = zeroless::station::Node::builder("rig1").timeout(Duration::from_secs(10));
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Builder {
        self.timeout = timeout;
        self
    }

    /// Starts the node. It registers at its station in the background; messages wait until it has.
    ///
    /// # Errors
    ///
    /// [`station::Error::InvalidName`](crate::station::Error::InvalidName); those of [`Server::bind`](crate::Server::bind) and
    /// [`Client::connect`](crate::Client::connect) for its endpoints; [`Error::InvalidOption`] for options that it does not
    /// use, numbers that cannot be, and a node that has neither a port nor a station; [`Error::OutOfFiles`].
    ///
    /// ```
    /// let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn start(self) -> Result<Node> {
        let upstreams = self.check()?;
        let server = self.server()?;
        let stations = upstreams.iter();
        let stations = stations.map(|endpoint| Parent::client(endpoint, self.client_options()));
        let stations = stations.collect::<Result<Vec<_>>>()?;
        let settings = Settings {
            name: self.name.as_str().into(),
            is_station: server.is_some(),
            autopilot: self.autopilot.as_deref().map(Arc::from),
            timeout: self.timeout,
            sender: SenderLimits {
                longest: LONGEST,
                ..SenderLimits::default()
            },
            receiver: ReceiverLimits::default(),
        };
        let shared = SharedNode::new(&settings)?;
        for (key, handler) in &self.listeners {
            shared.handlers.listen(key.clone(), handler.clone());
        }
        let children = server
            .as_ref()
            .map(|server| Children::bind(server, shared.waker().clone()))
            .transpose()?;
        #[cfg(feature = "zre")]
        let rank = self.told_rank(!upstreams.is_empty());
        #[cfg(feature = "zre")]
        let zre = self.zre_node(server.as_ref(), rank)?;
        #[cfg(feature = "zre")]
        let mut parent = match zre.clone().filter(|_| self.discovers) {
            Some(node) => {
                let rank = server.is_some().then_some(rank);
                let preferred = self.preferred.clone();
                let finder = Finder::new(node, rank, preferred, self.client_options())?;
                Parent::found_by(Box::new(finder), shared.waker().clone())
            }
            None => Parent::new(stations, shared.waker().clone()),
        };
        #[cfg(not(feature = "zre"))]
        let mut parent = Parent::new(stations, shared.waker().clone());
        parent.start(Instant::now())?;
        let driver = Driver {
            shared: shared.clone(),
            children,
            parent,
        };
        let stopped = shared.clone();
        let thread = Background::start(
            "zeroless-station",
            move || stopped.stop(),
            || Ok(move || driver.run()),
        )?;
        for _ in 0..self.workers {
            let shared = shared.clone();
            background::detach("zeroless-handler", move || {
                IS_WORKER.set(true);
                shared.handlers.work();
            })?;
        }
        let running = RunningNode {
            shared,
            name: settings.name,
            timeout: self.timeout,
            max_frame: self.options.max_frame,
            link_options: self.client_options(),
            server,
            has_upstream: !upstreams.is_empty() || self.discovers,
            upstreams,
            origin: ForkOrigin::here(),
            #[cfg(feature = "zre")]
            _zre: zre,
            thread,
        };
        let running = Arc::new(running);
        Ok(Node { running })
    }

    /// Refuses what cannot be; gives the stations to stand behind.
    fn check(&self) -> Result<Vec<Endpoint>> {
        let refuse = |option, reason: &str| {
            let reason = reason.to_owned();
            Err(Error::InvalidOption { option, reason })
        };
        for name in [Some(&self.name), self.autopilot.as_ref()]
            .into_iter()
            .flatten()
        {
            if !(1..=255).contains(&name.len()) {
                let id = name.chars().take(64).collect();
                return Err(StationError::InvalidName { id }.into());
            }
        }
        let mut upstreams: Vec<Endpoint> = Vec::new();
        for endpoints in &self.upstreams {
            upstreams.extend(endpoints.clone()?);
        }
        if !(1..=MAX_WORKERS).contains(&self.workers) {
            return refuse("workers", "there are 1 to 10,000 of them");
        }
        if self.timeout > LONGEST {
            return refuse("timeout", "10 minutes at most");
        }
        if self.discovers && !upstreams.is_empty() {
            return refuse("discover", "it has a station that was named: upstream()");
        }
        if self.preferred.is_some() && !self.discovers {
            return refuse("prefer", "it looks for no station: discover()");
        }
        let is_announced = self.bind.is_some() && (self.announces || self.discovers);
        if self.rank.is_some() && !is_announced {
            return refuse(
                "rank",
                "it is that of a station that announces itself: bind() and announce()",
            );
        }
        if self.announces && self.bind.is_none() {
            return refuse(
                "announce",
                "nobody connects to this node: bind() makes it a station",
            );
        }
        if self.bind.is_none() && upstreams.is_empty() && !self.discovers {
            return refuse(
                "upstream",
                "a node needs a station to stand behind, or a port that others connect to: bind()",
            );
        }
        if self.autopilot.is_some() && upstreams.is_empty() {
            return refuse(
                "autopilot",
                "it is the id of an upstream, and there is none: upstream()",
            );
        }
        if self.options.identity.is_some() {
            return refuse(
                "identity",
                "a node does not use it; set it for other handles only",
            );
        }
        if self.options.security.is_some() {
            return refuse("security", "give it to the builder, for each side its own");
        }
        for security in &self.security {
            match security {
                Security::OfServer(_) if self.bind.is_none() => {
                    return refuse("security", "of a server, and nobody connects to this node");
                }
                Security::OfClient(_) if upstreams.is_empty() && !self.discovers => {
                    return refuse("security", "of a client, and this node connects to nobody");
                }
                Security::OfServer(_) | Security::OfClient(_) => {}
            }
        }
        Ok(upstreams)
    }

    fn server(&self) -> Result<Option<Server>> {
        let Some(endpoints) = self.bind.clone() else {
            return Ok(None);
        };
        let server = Server::bind(&endpoints?[..])?;
        let mut options = self.options.clone();
        let of_server = |it: &&Security| matches!(it, Security::OfServer(_));
        options.security = self.security.iter().rfind(of_server).cloned();
        Ok(Some(server.options(options)))
    }

    fn client_options(&self) -> Options {
        let mut options = self.options.clone();
        let of_client = |it: &&Security| matches!(it, Security::OfClient(_));
        options.security = self.security.iter().rfind(of_client).cloned();
        options.identity = self.autopilot.as_ref().map(|_| self.name.as_str().into());
        options
    }

    /// The node of ZRE, if it is needed.
    #[cfg(feature = "zre")]
    fn zre_node(&self, server: Option<&Server>, rank: u32) -> Result<Option<crate::zre::Node>> {
        if !self.discovers && !self.announces {
            return Ok(None);
        }
        let builder = self.zre.clone();
        let builder = builder.unwrap_or_else(|| crate::zre::Node::builder(&self.name));
        discovery::start(builder, &self.name, server, rank).map(Some)
    }

    /// The rank that it announces, if it is a station.
    #[cfg(feature = "zre")]
    fn told_rank(&self, has_upstream: bool) -> u32 {
        let is_top = !has_upstream && !self.discovers;
        self.rank.unwrap_or_else(|| discovery::usual_rank(is_top))
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder")
            .field("id", &self.name)
            .field("bind", &self.bind)
            .field("upstreams", &self.upstreams)
            .finish_non_exhaustive()
    }
}

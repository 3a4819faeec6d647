//! What a node is to be, before it starts.

use std::sync::Arc;
use std::time::Duration;

use super::codec::{LONGEST, MOST};
use super::directory::{self, Offer};
use super::driver::{Air, Driver, Shared};
use super::handle::{Handle, Node};
use super::interface::Interface;
use super::node::State;
use super::queue::Queue;
use super::{Bounds, Timing, Uuid};
use crate::endpoint::{Endpoint, Role};
use crate::error::{Error, Result};
use crate::options::Options;
use crate::server::Server;
use crate::socket::{Kind, Socket, listen};

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
        let (key, value) = (key.into(), value.into());
        match self.headers.iter_mut().find(|(known, _)| *known == key) {
            Some((_, known)) => *known = value,
            None => self.headers.push((key, value)),
        }
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

    /// Starts the node: when this returns, it can be found.
    ///
    /// # Errors
    ///
    /// [`Error::NoInterface`]; [`Error::InvalidOption`] for names, headers, times and bounds that
    /// cannot be; [`Error::OutOfFiles`].
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # let builder = zeroless::zre::Node::builder("alice");
    /// let node = builder.start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn start(mut self) -> Result<Node> {
        let interface = Interface::find(self.interface.as_deref())?;
        for offer in std::mem::take(&mut self.offers) {
            let (key, value) = offer?.header(&interface)?;
            self = self.header(key, value);
        }
        self.check()?;
        let uuid = Uuid::random()?;
        let options = Options::default();
        let anywhere = format!("tcp://{}:0", interface.address);
        let (listener, endpoint) = match listen(&Endpoint::parse(&anywhere, Role::Bind)?)? {
            Some((listener, endpoint)) => (listener, endpoint),
            None => return Err(Error::system("binding", "no port")),
        };
        let port = endpoint.port().unwrap_or(0);
        let inbox = Socket::open_as(&[], Kind::Inbox, &options)?;
        inbox.bind_listener(listener, &endpoint)?;
        let air = Air::open(interface, self.port)?;
        let mut state = State::new(uuid, self.name, self.headers, self.timing, self.bounds);
        state.set_endpoint(endpoint.to_string());
        let shared = Arc::new(Shared::new(state, Queue::new(self.events), options)?);
        let driver = Driver {
            shared: shared.clone(),
            inbox,
            port,
            air,
            interval: self.timing.interval,
        };
        let thread = std::thread::Builder::new()
            .name("zeroless-zre".into())
            .spawn(move || driver.run())
            .map_err(|error| Error::system("starting a thread", error))?;
        let handle = Handle::new(shared, thread, self.send_timeout);
        Ok(Node::from(Arc::new(handle)))
    }

    fn check(&self) -> Result<()> {
        let refuse = |option, reason: &str| {
            Err(Error::InvalidOption {
                option,
                reason: reason.to_owned(),
            })
        };
        if self.name.len() > LONGEST {
            return refuse("name", "choose one of at most 255 bytes");
        }
        if self.headers.iter().any(|(key, _)| key.len() > LONGEST) {
            return refuse("header", "choose keys of at most 255 bytes");
        }
        let long = |(key, value): &(String, String)| key.len() + value.len();
        if self.headers.len() > MOST || self.headers.iter().map(long).sum::<usize>() > HEADERS {
            return refuse("header", "at most 1024 of them, and 512 KiB in all");
        }
        if self.port == 0 {
            return refuse("port", "choose the one that the others use");
        }
        if self.events == 0 {
            return refuse("event_queue", "at least 1");
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

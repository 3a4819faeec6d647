//! Announcements: servers, and all else that can be announced, under a name.

use super::names::{check_name, program};
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::server::Server;
use crate::zre::builder::Builder;
use crate::zre::net::AnnouncedService;
use crate::zre::node::Node;

/// Something that can be announced: it is bound somewhere, and serves a pattern.
///
/// ```
/// use zeroless::zre::{Announce, BoundService};
/// use zeroless::{Error, Server};
///
/// /// A server that is replaced now and then.
/// struct Jobs(Server);
///
/// impl Announce for Jobs {
///     fn service(&self) -> Result<BoundService, Error> {
///         self.0.service()
///     }
/// }
///
/// let jobs = Jobs(Server::bind(0)?);
/// let pull = jobs.0.pull()?;
/// assert_eq!(jobs.service()?.pattern(), "pull");
/// # Ok::<(), zeroless::Error>(())
/// ```
pub trait Announce {
    /// The pattern that it serves, and the endpoints at which it is bound.
    ///
    /// # Errors
    ///
    /// The reason why it cannot be announced.
    fn service(&self) -> Result<BoundService>;
}

/// A pattern, and the endpoints at which it is served; see [`Announce`].
///
/// ```
/// use zeroless::zre::BoundService;
///
/// let service = BoundService::new("pull", ["tcp://*:9000".parse()?]);
/// assert_eq!(service.endpoints()[0].port(), Some(9000));
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundService {
    pattern: String,
    endpoints: Vec<Endpoint>,
}

impl BoundService {
    /// A service of this pattern, as it is told in the header `X-<name>-<pattern>`: a word of
    /// letters and digits, such as `"pull"`.
    ///
    /// The endpoints are those bound, which may be all interfaces (`tcp://*:9000`).
    ///
    /// ```
    /// # use zeroless::zre::BoundService;
    /// let service = BoundService::new("reply", ["tcp://10.0.0.7:9000".parse()?]);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn new(
        pattern: impl Into<String>,
        endpoints: impl IntoIterator<Item = Endpoint>,
    ) -> BoundService {
        BoundService {
            pattern: pattern.into(),
            endpoints: endpoints.into_iter().collect(),
        }
    }

    /// The pattern.
    ///
    /// ```
    /// # let service = zeroless::zre::BoundService::new("reply", []);
    /// assert_eq!(service.pattern(), "reply");
    /// ```
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// The endpoints.
    ///
    /// ```
    /// # let service = zeroless::zre::BoundService::new("reply", []);
    /// assert!(service.endpoints().is_empty());
    /// ```
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }
}

/// A server is announced with its pattern, which must have been chosen.
impl Announce for Server {
    fn service(&self) -> Result<BoundService> {
        match self.kind() {
            Some(kind) => Ok(BoundService::new(kind.name(), self.bound())),
            None => refuse("choose the server's pattern first, as by server.pull()"),
        }
    }
}

/// A service is announced as it is; the handle that serves it stays the caller's.
impl Announce for BoundService {
    fn service(&self) -> Result<BoundService> {
        Ok(self.clone())
    }
}

/// The service under this name; an error if nobody could find it.
fn announced(name: String, service: &impl Announce) -> Result<AnnouncedService> {
    check_name("announce", &name)?;
    let BoundService { pattern, endpoints } = service.service()?;
    if pattern.is_empty() || !pattern.bytes().all(|it| it.is_ascii_alphanumeric()) {
        return refuse("a pattern is a word of letters and digits");
    }
    let is_tcp = |endpoint: &Endpoint| endpoint.transport() == "tcp";
    let endpoints: Vec<_> = endpoints.into_iter().filter(is_tcp).collect();
    if endpoints.is_empty() {
        return refuse("bind the server to a tcp port: others cannot reach any else");
    }
    Ok(AnnouncedService {
        name,
        pattern,
        endpoints,
    })
}

fn refuse<T>(reason: &str) -> Result<T> {
    Err(Error::InvalidOption {
        option: "announce",
        reason: reason.to_owned(),
    })
}

/// Announces a server under this name until the announcement is dropped.
///
/// The server's pattern must have been chosen. Dropping the announcement withdraws it: clients
/// disconnect, and messages that they have sent before that still arrive.
///
/// A server on all interfaces is announced where a node is by default. One that is bound to a single
/// address is announced there: on loopback, programs of this machine find it.
///
/// **A server that moves.** One endpoint is announced: the first at which the server is bound now and which
/// the node's peers can reach. It stays so, since a ZRE node tells its headers once: an announcement does not
/// follow [`bind_more`](Server::bind_more) and [`unbind`](Server::unbind). So announce a new endpoint beside
/// the old one, as a [`BoundService`], and drop the old announcement; its endpoint can be unbound once its
/// clients have left, and the messages that they had sent are received.
///
/// ```no_run
/// use zeroless::zre::{self, BoundService};
/// use zeroless::Server;
///
/// let server = Server::bind(9000)?;
/// let pull = server.pull()?;
/// let old = zre::announce("jobs", &server)?;
///
/// server.bind_more(9001)?;
/// let new = BoundService::new("pull", ["tcp://*:9001".parse()?]);
/// let _new = zre::announce("jobs", &new)?;
/// drop(old); // clients connect to the new one, and leave the old one
/// # Ok::<(), zeroless::Error>(())
/// ```
///
/// The node has no security; one that has it announces by [`Builder::announce`](crate::zre::Builder::announce).
///
/// # Errors
///
/// As [`Builder::announce`](crate::zre::Builder::announce) and
/// [`Builder::start`](crate::zre::Builder::start).
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
pub fn announce(name: impl Into<String>, service: &impl Announce) -> Result<Announcement> {
    let service = announced(name.into(), service)?;
    let mut builder = Node::builder(program());
    if let Some(address) = service.only_address() {
        builder = builder.interface(address.to_string());
    }
    let node = builder.service(Ok(service)).start()?;
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
#[must_use = "the announcement is withdrawn when this is dropped"]
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

impl Builder {
    /// Announces a server under this name, for [`discover`](crate::zre::discover).
    ///
    /// Its pattern must have been chosen. It is told in a header,
    /// `X-<name>-<pattern>: tcp://host:port`, which any ZRE node can set. It stays as it is: see
    /// [`announce`](crate::zre::announce) for a server that moves.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # let builder = zeroless::zre::Node::builder("alice");
    /// let server = zeroless::Server::bind(0)?;
    /// let pull = server.pull()?;
    /// let node = builder.announce("jobs", &server).start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn announce(self, name: impl Into<String>, service: &impl Announce) -> Builder {
        self.service(announced(name.into(), service))
    }
}

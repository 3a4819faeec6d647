//! Servers by name: announced in a node's headers, found by whoever wants them.
//!
//! A header `X-<name>-<pattern>: tcp://host:port` announces a server; `<pattern>` is what the
//! server does: push, pull, publish, subscribe, request, reply or pair. The case of the key does
//! not matter; several endpoints are separated by spaces.

mod found;
mod service;

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use super::Event;
use super::codec::LONGEST;
use super::driver::Watching;
use super::handle::{Handle, Node};
use crate::client::Client;
use crate::error::{Error, Result, Wait};
use crate::ffi::PerProcess;
use crate::fork::ForkMutex;
use crate::monitor::OnDown;
use crate::options::{Options, common_setters};
use crate::pattern::{self, Side, patterns};
use crate::server::Server;
use crate::socket::Kind;
use crate::throttle::Throttle;
use found::{Follower, Found};
pub use service::Service;
pub(crate) use service::{Offer, offer};

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
/// are there and those that come, and disconnected from those that leave. One that dies without
/// a goodbye is left within a second of its connection's end; what was queued for it is lost.
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
    static NODE: PerProcess<Mutex<Weak<Handle>>> = PerProcess::new();
    let mut shared = NODE.get().lock();
    let node = match shared.upgrade() {
        Some(handle) => Node::from(handle),
        None => Node::builder(program()).start()?,
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
    /// Not in a forked child.
    _watching: Option<Watching>,
    node: Node,
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
            state: ForkMutex::default(),
            changed: Condvar::new(),
            trouble: Throttle::new(),
        });
        let told = found.clone();
        let watching = self.watch(Box::new(move |event| told.hear(event)));
        if watching.is_err() {
            found.hear(&Event::Stop);
        }
        let following = Following {
            _watching: watching.ok(),
            found,
            node: self.clone(),
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
        if let Ok(mut state) = self.following.found.state.lock() {
            state.anywhere = true;
        }
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
        let state = self.following.found.state.lock();
        let services = state.map_or_else(|_| Vec::new(), |state| state.visible());
        services.into_iter()
    }

    /// Waits until there are so many servers.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`]; [`Error::Stopped`] if the node was stopped.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// zeroless::zre::discover("jobs")?.wait_for(3, Duration::from_secs(5))?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn wait_for(&self, servers: usize, timeout: Duration) -> Result<()> {
        let Found { state, changed, .. } = &*self.following.found;
        let until = Instant::now().checked_add(timeout);
        let mut state = state.lock()?;
        while state.visible().len() < servers {
            if state.ended {
                return Err(self.following.node.ended());
            }
            match until {
                Some(until) => {
                    if changed.wait_until(&mut state, until).timed_out()
                        && state.visible().len() < servers
                    {
                        return Err(Error::timeout(Wait::Services {
                            name: self.following.found.name.clone(),
                            wanted: servers,
                            found: state.visible().len(),
                        }));
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
        self.following.node.check_process()?;
        let client = Client::new().options(self.options.clone());
        let handle = client.open(kind, side)?;
        handle.socket().keep(self.following.clone());
        handle.socket().status()?.on_down(self.following.doubts());
        self.following.found.follow(Follower {
            kind: kind.partner(),
            client,
            handle_count: handle.socket().handle_count(),
        })?;
        Ok(handle)
    }
}

impl Following {
    /// What to do when a server cannot be reached: it may have died without a goodbye, and what
    /// is sent to it until that is known is lost. So its node is asked, by our node's thread.
    fn doubts(&self) -> OnDown {
        let found = Arc::downgrade(&self.found);
        let errands = self.node.shared().errands().clone();
        Box::new(move |endpoint| {
            let (found, endpoint) = (found.clone(), endpoint.to_owned());
            errands.add(Box::new(move |node| {
                let peers = found.upgrade().map(|found| found.peers_at(&endpoint));
                for peer in peers.into_iter().flatten() {
                    node.doubt(peer);
                }
            }));
        })
    }
}

impl fmt::Debug for Discovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Discovery")
            .field("name", &self.following.found.name)
            .field("services", &self.services().collect::<Vec<_>>())
            .finish()
    }
}

patterns!(
    Discovery,
    "let jobs = zeroless::zre::discover(\"jobs\")?;\nlet push = jobs.push()?;"
);

common_setters!(Discovery, "zeroless::zre::discover(\"jobs\")");

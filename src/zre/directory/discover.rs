//! Discovering: clients whose endpoints follow the announcements.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;

use super::follow::{Follower, FoundServices};
use super::names::{check_name, program};
use super::service::Service;
use crate::background::Background;
use crate::client::Client;
use crate::endpoint::Endpoint;
use crate::error::{Error, Result, Wait};
use crate::ffi::PerProcess;
use crate::monitor::OnDown;
use crate::options::{
    Options, all_options, client_setters, common_setters, security_setter, setters_doc,
};
use crate::pattern::{Kind, Pattern, patterns};
use crate::security::Mechanism;
use crate::socket::HandleCount;
use crate::wake::Deadline;
use crate::zre::net::Observation;
use crate::zre::node::{Node, RunningNode};

/// Finds servers that are announced under this name: a client whose endpoints follow the network.
///
/// Each pattern that is chosen is connected to the servers that offer a partner of it, those that
/// are there and those that come, and disconnected from those that leave. One that dies without
/// a goodbye is left within a second of its connection's end; messages that were queued for it are lost.
///
/// All discoveries of a program that are made so share a node. It finds servers on its network, and
/// those of this machine that are bound to loopback. It has no security, so anybody can tell it of servers: a node with
/// [`security`](crate::zre::Builder::security) discovers by [`Node::discover`], and the servers' own is
/// [`Discovery::security`].
///
/// # Errors
///
/// [`Error::InvalidOption`] for a name that cannot be announced: it has 1 to 200 bytes, and no
/// spaces. As [`Builder::start`](crate::zre::Builder::start).
///
/// ```no_run
/// use zeroless::zre;
///
/// let push = zre::discover("jobs")?.push()?;
/// push.send("work")?; // waits until there is somebody
/// # Ok::<(), zeroless::Error>(())
/// ```
pub fn discover(name: impl Into<String>) -> Result<Discovery> {
    static NODE: PerProcess<Mutex<Weak<RunningNode>>> = PerProcess::new();
    let mut shared = NODE.get().lock();
    // One that has ended, by a stop or a panic, finds nothing more.
    let running = shared.upgrade().map(Node::from);
    let node = match running.filter(|node| node.check().is_ok()) {
        Some(node) => node,
        None => Node::builder(program()).start()?,
    };
    *shared = node.downgrade();
    drop(shared);
    node.discover(name)
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
    shared: Arc<SharedDiscovery>,
    options: Options,
}

/// A discovery, shared by all its clones and all handles that were opened by it.
struct SharedDiscovery {
    found: Arc<FoundServices>,
    // Before the node: it is the node that tells.
    _observation: Observation,
    _thread: Background,
    node: Node,
}

impl Node {
    /// Finds servers that are announced under this name, by way of this node: see [`discover`].
    ///
    /// # Errors
    ///
    /// [`Error::InvalidOption`] for a name that cannot be announced: it has 1 to 200 bytes, and no
    /// spaces. [`Error::Forked`]; [`Error::System`] if no thread can be made.
    ///
    /// ```no_run
    /// let node = zeroless::zre::Node::builder("alice").start()?;
    /// let push = node.discover("jobs")?.push()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn discover(&self, name: impl Into<String>) -> Result<Discovery> {
        let name = name.into();
        check_name("discover", &name)?;
        let found = Arc::new(FoundServices::new(name));
        let observer = found.clone();
        let observation = self.observe(Box::new(move |event| observer.observe(event)))?;
        found.reconcile_all();
        let shared = SharedDiscovery {
            _observation: observation,
            _thread: FoundServices::start_following(&found)?,
            found,
            node: self.clone(),
        };
        Ok(Discovery {
            shared: Arc::new(shared),
            options: Options::default(),
        })
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
        self.shared.found.accept_anywhere();
        self
    }

    /// The node by which servers are found.
    ///
    /// ```no_run
    /// let jobs = zeroless::zre::discover("jobs")?;
    /// println!("{} peers, of whom some announce jobs", jobs.node().peers().len());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn node(&self) -> &Node {
        &self.shared.node
    }

    /// The servers that are there now, of all patterns: those that the handles are connected to.
    ///
    /// ```no_run
    /// let jobs = zeroless::zre::discover("jobs")?;
    /// println!("{} are here", jobs.services().count());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn services(&self) -> impl Iterator<Item = Service> + use<> {
        let state = self.shared.found.state.lock();
        let services = state.map_or_else(|_| Vec::new(), |state| state.followed_services.clone());
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
        let FoundServices { state, changed, .. } = &*self.shared.found;
        let deadline = Deadline::after(timeout);
        let mut state = state.lock()?;
        while state.followed_services.len() < servers {
            if state.ended {
                return Err(self.shared.node.ended());
            }
            if deadline.is_over() {
                return Err(Error::timeout(Wait::Services {
                    name: self.shared.found.name.clone(),
                    wanted: servers,
                    found: state.followed_services.len(),
                }));
            }
            deadline.wait(changed, &mut state);
        }
        Ok(())
    }

    fn set(mut self, change: impl FnOnce(&mut Options)) -> Discovery {
        change(&mut self.options);
        self
    }

    pub(crate) fn open<H: Pattern>(&self) -> Result<H> {
        self.shared.node.check_process()?;
        let client = Client::new().options(self.options.clone());
        let handle: H = client.open()?;
        handle.socket().keep(self.shared.clone());
        handle.socket().status()?.set_on_down(self.shared.on_down());
        self.follow(Box::new(FollowingClient {
            kind: H::KIND,
            client,
            handle_count: handle.socket().handle_count(),
        }))?;
        Ok(handle)
    }

    /// Connects this to the services that there are, and that come, and disconnects it from those that leave.
    pub(crate) fn follow(&self, follower: Box<dyn Follower>) -> Result<()> {
        self.check_security()?;
        self.shared.found.follow(follower)
    }
}

/// What a layer above this one needs, to follow services by itself.
#[cfg(feature = "rpc")]
impl Discovery {
    pub(crate) fn own_options(&self) -> &Options {
        &self.options
    }

    /// The function that each socket calls when its connection has ended.
    pub(crate) fn on_down(&self) -> OnDown {
        self.shared.on_down()
    }
}

/// A client of this kind, and the count of the handle's clones that was opened by it.
struct FollowingClient {
    kind: Kind,
    client: Client,
    handle_count: Weak<HandleCount>,
}

impl Follower for FollowingClient {
    fn is_over(&self) -> bool {
        self.handle_count.strong_count() == 0
    }

    fn wants(&self, pattern: &str) -> bool {
        let mut partners = self.kind.partners().iter();
        partners.any(|partner| partner.name() == pattern)
    }

    fn endpoints(&self) -> Vec<Endpoint> {
        self.client.endpoints()
    }

    fn connect(&self, endpoint: &Endpoint) -> Result<()> {
        self.client.connect(endpoint.clone())?;
        Ok(())
    }

    fn disconnect(&self, endpoint: &Endpoint) -> Result<()> {
        self.client.disconnect(endpoint.clone())?;
        Ok(())
    }
}

impl Discovery {
    /// Refuses a password, where anybody can announce a server and would be sent it.
    fn check_security(&self) -> Result<()> {
        let security = self.options.security.as_ref();
        let sends_password = security.is_some_and(|it| it.mechanism() == Mechanism::Plain);
        match sends_password && self.shared.node.public_key().is_none() {
            true => Err(Error::InvalidOption {
                option: "security",
                reason: format!(
                    "anybody on the network can announce {:?}, and would be sent the password: take \
                     Curve::client(&keys, server), or discover by a node with security",
                    self.shared.found.name
                ),
            }),
            false => Ok(()),
        }
    }
}

impl SharedDiscovery {
    /// Called when a server cannot be reached: it may have died without a goodbye, and messages to it
    /// are lost until that is known. So our node's thread asks the node that announces it.
    fn on_down(&self) -> OnDown {
        let found = Arc::downgrade(&self.found);
        let tasks = self.node.shared().tasks().clone();
        Box::new(move |endpoint| {
            let (found, endpoint) = (found.clone(), endpoint.clone());
            tasks.push(Box::new(move |node| {
                let peers = found.upgrade();
                let peers = peers.map(|found| found.peers_at(&endpoint));
                for peer in peers.into_iter().flatten() {
                    node.suspect(peer);
                }
            }));
        })
    }
}

impl fmt::Debug for Discovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Discovery")
            .field("name", &self.shared.found.name)
            .field("services", &self.services().collect::<Vec<_>>())
            .finish()
    }
}

patterns!(
    Discovery,
    "let jobs = zeroless::zre::discover(\"jobs\")?;\nlet push = jobs.push()?;"
);

common_setters!(Discovery, setters_doc!("zeroless::zre::discover(\"jobs\")"));

client_setters!(
    Discovery,
    "How the handles made from now on connect; see [`Options`](crate::Options) for each."
);

security_setter!(
    Discovery,
    ClientSecurity,
    "How the handles made from now on prove who they are, and know their servers.

All servers of the name are asked in the same way: they need the same key. [`Plain`](crate::security::Plain) is
refused, with [`Error::InvalidOption`] when the pattern is chosen, unless the [node](Discovery::node) has
[`security`](crate::zre::Builder::security): anybody else could announce a server, and would be sent the password.

```no_run
use zeroless::security::{Curve, Keys, PublicKey};

let keys = Keys::load(\"ann.key\")?;
let server = PublicKey::load(\"jobs.key\")?;
let jobs = zeroless::zre::discover(\"jobs\")?.security(Curve::client(&keys, server));
let push = jobs.push()?;
# Ok::<(), zeroless::Error>(())
```"
);

all_options!(Discovery, "zeroless::zre::discover(\"jobs\")");

//! Clients whose servers are found by a name.

use std::sync::{Arc, Weak};

use super::backends::Backends;
use super::{Client, Source};
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::options::Options;
use crate::rpc::server::PATTERN;
use crate::zre::{self, Discovery, Follower};

impl Client {
    /// A client of the servers that are announced under this name, those that are there and those that come.
    ///
    /// They are announced as `X-<name>-rpc`. One that leaves is left, too; one that dies without a goodbye is
    /// passed over as soon as its connection has ended.
    ///
    /// The node that finds them has no security, as that of [`zre::discover`]; with a node of your own, make a client of its
    /// discovery: `rpc::Client::from(node.discover("math")?)`.
    ///
    /// # Errors
    ///
    /// As [`zre::discover`].
    ///
    /// ```no_run
    /// # use serde::{Deserialize, Serialize};
    /// # use zeroless::rpc;
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Add { a: i64, b: i64 }
    /// # rpc::command!(Add -> i64);
    /// let sum = rpc::Client::discover("math")?.call(&Add { a: 1, b: 2 })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn discover(name: impl Into<String>) -> Result<Client> {
        Ok(Client::from(zre::discover(name)?))
    }
}

/// A client of the servers of calls that a discovery finds, with the discovery's options.
impl From<Discovery> for Client {
    fn from(discovery: Discovery) -> Client {
        let options = discovery.own_options().clone();
        Client::of(Source::Discovery(Box::new(discovery)), options)
    }
}

/// The connections of a client to the servers that are found.
pub(super) fn open(discovery: &Discovery, options: Options) -> Result<Arc<Backends>> {
    // Which lives as long as they do. It refuses a password that anybody would be sent.
    let discovery = discovery.clone().options(options.clone());
    let finds = discovery.clone();
    let on_down = Arc::new(move || finds.on_down());
    let backends = Arc::new(Backends::new(options, Some(on_down)));
    let follower = FollowingBackends(Arc::downgrade(&backends));
    discovery.follow(Box::new(follower))?;
    Ok(backends)
}

/// The connections of a client, as the discovery changes them.
struct FollowingBackends(Weak<Backends>);

impl FollowingBackends {
    fn with<T>(&self, call: impl FnOnce(&Backends) -> Result<T>) -> Result<T> {
        let backends = self.0.upgrade();
        backends.map_or(Err(Error::Stopped), |backends| call(&backends))
    }
}

impl Follower for FollowingBackends {
    fn is_over(&self) -> bool {
        self.0.strong_count() == 0
    }

    fn wants(&self, pattern: &str) -> bool {
        pattern == PATTERN
    }

    fn endpoints(&self) -> Vec<Endpoint> {
        self.with(Backends::endpoints).unwrap_or_default()
    }

    fn connect(&self, endpoint: &Endpoint) -> Result<()> {
        self.with(|backends| backends.add(endpoint.clone()))
    }

    fn disconnect(&self, endpoint: &Endpoint) -> Result<()> {
        self.with(|backends| backends.remove(endpoint))
    }
}

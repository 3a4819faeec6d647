//! A server of calls under a name, by ZRE.

use super::{Running, Server};
use crate::error::Result;
use crate::zre::{Announce, BoundService};

/// The word that a server of calls is announced with, in the place of a pattern.
pub(in crate::rpc) const PATTERN: &str = "rpc";

/// It is announced as `X-<name>-rpc`, and found by [`rpc::Client::discover`](crate::rpc::Client::discover).
impl Announce for Server {
    fn service(&self) -> Result<BoundService> {
        Ok(BoundService::new(PATTERN, self.server.bound()))
    }
}

/// It is announced as `X-<name>-rpc`, and found by [`rpc::Client::discover`](crate::rpc::Client::discover).
///
/// ```no_run
/// use zeroless::{rpc, zre};
///
/// let server = rpc::Server::bind(0)?.start()?;
/// let _announcement = zre::announce("math", &server)?;
/// server.wait()?;
/// # Ok::<(), zeroless::Error>(())
/// ```
impl Announce for Running {
    fn service(&self) -> Result<BoundService> {
        Ok(BoundService::new(PATTERN, self.server().bound()))
    }
}

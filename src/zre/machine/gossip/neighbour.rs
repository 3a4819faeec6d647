//! With whom a node gossips.

use std::time::Duration;

/// How often we ask who we are connected to whether they still know us: zgossip forgets who has
/// said nothing for a second.
pub(crate) const PING: Duration = Duration::from_millis(300);

/// How many tuples are kept, and how many who connected to us.
pub(crate) const MOST: usize = 4096;

/// Whom a message is for, or from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum GossipPeer {
    /// One that we are connected to.
    Server(usize),
    /// One that is connected to us, as the socket calls it.
    Client(Vec<u8>),
}

//! The peers that a node gossips with.

use std::time::Duration;

/// How often we ask our servers whether they still know us: zgossip forgets a client that has said
/// nothing for a second.
pub(crate) const PING: Duration = Duration::from_millis(300);

/// How many tuples are kept, and how many clients.
pub(crate) const MOST: usize = 4096;

/// The peer that a message is for, or from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum GossipPeer {
    /// A server, which we are connected to.
    Server(usize),
    /// A client, which is connected to us, as the socket names it.
    Client(Vec<u8>),
}

//! The number of a connection.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// The number of a connection: each has its own in this process, from its
/// [`Connected`](crate::ConnectionEvent::Connected) or
/// [`Accepted`](crate::ConnectionEvent::Accepted) to its
/// [`Disconnected`](crate::ConnectionEvent::Disconnected), in the log, and in the
/// [`Peer`](crate::Peer) of a message.
///
/// ```
/// use zeroless::{Client, ConnectionEvent, Server};
///
/// let server = Server::bind(0)?;
/// let pull = server.pull()?;
/// let mut events = pull.connection_events()?;
/// let push = Client::connect(server.port())?.push()?;
/// let came = events.find_map(|event| match event {
///     ConnectionEvent::Accepted { id, .. } => Some(id),
///     _ => None,
/// });
/// drop(push);
/// let left = events.find_map(|event| match event {
///     ConnectionEvent::Disconnected { id, .. } => Some(id),
///     _ => None,
/// });
/// assert_eq!(came, left);
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(u64);

impl ConnectionId {
    /// The number that libzmq has given to a connection.
    pub(crate) fn new(number: u64) -> ConnectionId {
        ConnectionId(number)
    }

    /// A number that no connection has had, where libzmq gives none.
    pub(crate) fn next() -> ConnectionId {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        ConnectionId(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// The number alone.
impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

//! Where a message came from.

use std::fmt;
use std::net::SocketAddr;

use crate::connection_id::ConnectionId;
use crate::security::PublicKey;

/// The connection that a message came by, and where its other end is; see
/// [`Message::peer`](crate::Message::peer).
///
/// It is as the system knew the connection when it began. It does not prove which program or user has
/// sent the message: on a secured server [`user`](Self::user) does.
///
/// ```
/// use zeroless::{Client, Server};
///
/// let server = Server::bind(0)?.peer_info(true);
/// let pull = server.pull()?;
/// Client::connect(server.port())?.push()?.send("hello")?;
/// let message = pull.recv()?;
/// # if zeroless::capabilities()?.peer_info {
/// let peer = message.peer().expect("it came over tcp");
/// assert!(peer.address().expect("of IP").ip().is_loopback());
/// # }
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Peer {
    connection: ConnectionId,
    address: Option<SocketAddr>,
    credentials: Option<Credentials>,
    user: Option<Box<str>>,
    /// The key that it has proved to have.
    key: Option<PublicKey>,
}

/// The process at the other end of a connection over ipc, as the system tells it; see
/// [`Peer::credentials`].
///
/// ```
/// fn is_our_own(peer: &zeroless::Peer) -> bool {
///     peer.credentials().is_some_and(|process| process.pid == Some(std::process::id()))
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Credentials {
    /// The user's id.
    pub uid: u32,
    /// The id of the user's group.
    pub gid: u32,
    /// The id of the process, which another may have by now. `None` for a process in a container that this
    /// one does not see.
    pub pid: Option<u32>,
}

impl Peer {
    /// Reads libzmq's description of a connection: its number, and after a space `ADDRESS:PORT`, or over
    /// ipc `UID:GID:PID`, or nothing where the system did not tell.
    pub(crate) fn read(text: &[u8]) -> Option<Peer> {
        let text = str::from_utf8(text).ok()?;
        let (_, place) = text.split_once(' ')?;
        Some(Peer {
            connection: Peer::connection_in(text.as_bytes())?,
            address: place.parse().ok(),
            credentials: Credentials::read(place),
            user: None,
            key: None,
        })
    }

    /// The same peer, authenticated as this user, by this key if it has one.
    pub(crate) fn with_user(self, user: Option<&str>, key: Option<PublicKey>) -> Peer {
        Peer {
            user: user.map(Box::from),
            key,
            ..self
        }
    }

    /// The number in a description of a connection.
    #[inline]
    pub(crate) fn connection_in(text: &[u8]) -> Option<ConnectionId> {
        let digits = text.split(|&byte| byte == b' ').next()?;
        let number = str::from_utf8(digits).ok()?.parse().ok()?;
        Some(ConnectionId::new(number))
    }

    /// The number of the connection: the same in [events](crate::ConnectionEvent) and in the log. A peer that
    /// connects anew has another.
    ///
    /// ```
    /// use std::collections::HashMap;
    /// use zeroless::{ConnectionId, Message};
    ///
    /// fn count(counts: &mut HashMap<ConnectionId, usize>, message: &Message) {
    ///     if let Some(peer) = message.peer() {
    ///         *counts.entry(peer.connection()).or_default() += 1;
    ///     }
    /// }
    /// ```
    pub fn connection(&self) -> ConnectionId {
        self.connection
    }

    /// The address at the other end, over tcp. `None` also if the peer had reset the connection before it
    /// was accepted.
    ///
    /// ```
    /// fn is_local(peer: &zeroless::Peer) -> bool {
    ///     peer.address().is_some_and(|address| address.ip().is_loopback())
    /// }
    /// ```
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// The process at the other end, over ipc: the one that connected, or the one that listens.
    ///
    /// ```
    /// fn is_of_user(peer: &zeroless::Peer, uid: u32) -> bool {
    ///     peer.credentials().is_some_and(|process| process.uid == uid)
    /// }
    /// ```
    pub fn credentials(&self) -> Option<Credentials> {
        self.credentials
    }

    /// The key that it has proved to have.
    pub(crate) fn key(&self) -> Option<PublicKey> {
        self.key
    }

    /// The user that the peer was authenticated as, on a secured server; see
    /// [`Message::user`](crate::Message::user).
    ///
    /// ```
    /// fn is_of_ann(peer: &zeroless::Peer) -> bool {
    ///     peer.user() == Some("ann")
    /// }
    /// ```
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }
}

impl Credentials {
    fn read(text: &str) -> Option<Credentials> {
        let mut numbers = text.split(':').map(str::parse);
        let mut number = || numbers.next()?.ok();
        let (uid, gid, pid) = (number()?, number()?, number()?);
        match numbers.next() {
            None => Some(Credentials {
                uid,
                gid,
                // So the kernel says that the process is not in our namespace.
                pid: Some(pid).filter(|&pid| pid != 0),
            }),
            Some(_) => None,
        }
    }
}

/// The address, or the process, if it is known, and the connection.
impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let connection = self.connection;
        match (self.address, self.credentials) {
            (Some(address), _) => write!(f, "{address} (connection {connection})"),
            (None, Some(Credentials { uid, pid, .. })) => match pid {
                Some(pid) => write!(f, "process {pid} of user {uid} (connection {connection})"),
                None => write!(f, "a process of user {uid} (connection {connection})"),
            },
            (None, None) => write!(f, "connection {connection}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        Peer::read(text.as_bytes()).map(|peer| peer.to_string())
    }

    #[test]
    fn a_peer_is_as_libzmq_describes_it() {
        for (text, expected) in [
            ("17 192.0.2.7:5", "192.0.2.7:5 (connection 17)"),
            ("18 [2001:db8::1]:5", "[2001:db8::1]:5 (connection 18)"),
            ("19 [fe80::1%2]:5", "[fe80::1%2]:5 (connection 19)"),
            (
                "20 1000:100:4711",
                "process 4711 of user 1000 (connection 20)",
            ),
            ("21 0:0:0", "a process of user 0 (connection 21)"),
            ("22 ", "connection 22"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(expected), "{text}");
        }
        let peer = Peer::read(b"18446744073709551615 1:2:3").unwrap();
        assert_eq!(peer.connection(), ConnectionId::new(u64::MAX));
        let Some(Credentials {
            uid: 1,
            gid: 2,
            pid: Some(3),
        }) = peer.credentials()
        else {
            panic!("{peer:?}");
        };
    }

    #[test]
    fn nothing_is_made_of_another_text() {
        for text in [
            "",
            "17",
            " 1:2:3",
            "x 1:2:3",
            "-1 1:2:3",
            "18446744073709551616 ",
        ] {
            assert_eq!(shown(text), None, "{text}");
        }
        for place in ["1:2", "1:2:3:4", "1:-2:3", "a:b:c", "192.0.2.7", "::1"] {
            let text = format!("17 {place}");
            assert_eq!(shown(&text).as_deref(), Some("connection 17"), "{text}");
        }
    }
}

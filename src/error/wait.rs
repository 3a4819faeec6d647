//! The thing that a call waited for when its time ran out.

use std::fmt;

use crate::endpoint::Endpoint;

/// The thing that a call waited for when its time ran out; in [`Error::Timeout`](super::Error::Timeout).
///
/// ```
/// use std::time::Duration;
/// use zeroless::{Error, Server, Wait};
///
/// let publisher = Server::bind(0)?.publish()?;
/// let error = publisher.wait_for_subscribers(3, Duration::ZERO).unwrap_err();
/// match error {
///     Error::Timeout { waited_for: Wait::Subscribers { wanted, there, .. }, .. } => {
///         assert_eq!((there, wanted), (0, 3));
///     }
///     other => return Err(other),
/// }
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wait {
    /// A message to receive.
    Message,
    /// A peer to send to: none is connected.
    #[non_exhaustive]
    Peer {
        /// Where one could be: the endpoints that are connected to, or bound.
        endpoints: Vec<Endpoint>,
    },
    /// Room for a message: the queues of all peers are full.
    Room,
    /// Room for a message to this peer, whose queue is full.
    #[non_exhaustive]
    PeerRoom {
        /// Its identity.
        peer: String,
    },
    /// The reply to a request that was sent.
    Reply,
    /// The end of an earlier request of the handle, with the
    /// [plain envelope](crate::Options::plain_envelope).
    Turn,
    /// So many connections.
    #[non_exhaustive]
    Connections {
        /// How many were waited for.
        wanted: usize,
        /// How many were up when the time ran out.
        up: usize,
        /// Where there could be one: the endpoints that are connected to, or bound.
        endpoints: Vec<Endpoint>,
    },
    /// So many subscriptions.
    #[non_exhaustive]
    Subscribers {
        /// How many were waited for.
        wanted: usize,
        /// How many there were when the time ran out.
        there: usize,
    },
    /// So many servers of a name.
    #[non_exhaustive]
    Services {
        /// The name.
        name: String,
        /// How many were waited for.
        wanted: usize,
        /// How many were found when the time ran out.
        found: usize,
    },
    /// The confirmation of an id at the other end.
    #[non_exhaustive]
    Registration {
        /// Where there could be one: the endpoints that are connected to.
        endpoints: Vec<Endpoint>,
    },
    /// An event.
    Event,
    /// The delivery of all that was sent.
    Delivery,
    /// The confirmation of what was sent, which is still under way.
    Confirmation,
    /// The end of the calls that a server runs.
    Calls,
    /// Nothing: the deadline had passed before the call began.
    Nothing,
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wait::Message => f.write_str("no message came"),
            Wait::Peer { endpoints } => {
                f.write_str("no peer was connected")?;
                at(f, endpoints)
            }
            Wait::Room => f.write_str("no room for the message (all peers' queues are full)"),
            Wait::PeerRoom { peer } => {
                write!(
                    f,
                    "no room for the message (the queue of peer {peer} is full)"
                )
            }
            Wait::Reply => f.write_str("no reply came"),
            Wait::Turn => f.write_str(
                "an earlier request of the handle was under way (with plain_envelope there is one at \
                 a time)",
            ),
            Wait::Connections {
                wanted,
                up,
                endpoints,
            } => {
                write!(f, "{up} of {wanted} connections were up")?;
                at(f, endpoints)
            }
            Wait::Subscribers { wanted, there } => {
                write!(f, "{there} of {wanted} subscriptions were there")
            }
            Wait::Services {
                name,
                wanted,
                found,
            } => write!(f, "{found} of {wanted} servers of `{name}` were found"),
            Wait::Registration { endpoints } => {
                f.write_str("the id was not confirmed")?;
                at(f, endpoints)
            }
            Wait::Event => f.write_str("nothing happened"),
            Wait::Delivery => f.write_str("not all was delivered, and the rest is lost"),
            Wait::Nothing => f.write_str("it was over before the call began"),
            Wait::Confirmation => f.write_str("not all was confirmed yet, and it is still under way"),
            Wait::Calls => f.write_str("calls are still running, which are replied to when they end"),
        }
    }
}

/// How many endpoints are shown of a list.
const SHOWN: usize = 3;

fn at(f: &mut fmt::Formatter<'_>, endpoints: &[Endpoint]) -> fmt::Result {
    for (place, endpoint) in endpoints.iter().take(SHOWN).enumerate() {
        let before = if place == 0 { " at " } else { ", " };
        write!(f, "{before}{endpoint}")?;
    }
    match endpoints.len().checked_sub(SHOWN) {
        Some(more @ 1..) => write!(f, " and {more} more"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::Role;

    #[test]
    fn a_long_list_of_endpoints_is_cut_short() {
        let shown = |count: usize| {
            let endpoint = |number| Endpoint::parse(&format!("inproc://{number}"), Role::Connect);
            let endpoints = (0..count).map(|number| endpoint(number).unwrap()).collect();
            Wait::Peer { endpoints }
                .to_string()
                .replace("inproc://", "e")
        };
        assert_eq!(shown(0), "no peer was connected");
        assert_eq!(shown(1), "no peer was connected at e0");
        assert_eq!(shown(3), "no peer was connected at e0, e1, e2");
        assert_eq!(shown(5), "no peer was connected at e0, e1, e2 and 2 more");
    }
}

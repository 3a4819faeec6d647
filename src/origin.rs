//! Where a message came from, as far as the linked libzmq tells it: shared by the messages of a connection.

use crate::peer::Peer;

/// The origin of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The peer, and its user if it was authenticated.
    Peer(Peer),
    /// The user alone: of a libzmq that does not number connections.
    User(Box<str>),
}

impl Origin {
    pub(crate) fn peer(&self) -> Option<&Peer> {
        match self {
            Origin::Peer(peer) => Some(peer),
            Origin::User(_) => None,
        }
    }

    /// The user that it was authenticated as.
    pub(crate) fn user(&self) -> Option<&str> {
        match self {
            Origin::Peer(peer) => peer.user(),
            Origin::User(user) => Some(user),
        }
    }
}

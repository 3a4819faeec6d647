//! Where a message came from, as far as the linked libzmq tells it: shared by the messages of a connection.

use crate::peer::Peer;
use crate::security::PublicKey;

/// The origin of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The peer, and its user if it was authenticated.
    Peer(Peer),
    /// The user alone, with its key: of a libzmq that does not number connections.
    User {
        user: Box<str>,
        key: Option<PublicKey>,
    },
}

impl Origin {
    pub(crate) fn peer(&self) -> Option<&Peer> {
        match self {
            Origin::Peer(peer) => Some(peer),
            Origin::User { .. } => None,
        }
    }

    /// The user that it was authenticated as.
    pub(crate) fn user(&self) -> Option<&str> {
        match self {
            Origin::Peer(peer) => peer.user(),
            Origin::User { user, .. } => Some(user),
        }
    }

    /// The key that it has proved to have: with CURVE.
    pub(crate) fn key(&self) -> Option<PublicKey> {
        match self {
            Origin::Peer(peer) => peer.key(),
            Origin::User { key, .. } => *key,
        }
    }
}

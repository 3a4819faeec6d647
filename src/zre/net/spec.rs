//! The sockets of a node.

use std::time::Duration;

use crate::ffi::IntOption;
use crate::socket::{Linger, Profile, SocketSpec, SocketType};
use crate::zre::uuid::Uuid;

/// A node has sockets by the hundred, and monitors would cost as much as all the rest; it notices by
/// itself which peers are there. It says goodbye, and goes.
fn profile() -> Profile {
    Profile {
        linger: Linger::exactly(Duration::from_secs(1)),
        is_monitored: false,
        ..Profile::default()
    }
}

/// The socket that receives from all peers.
pub(crate) fn inbox() -> SocketSpec {
    SocketSpec::new(SocketType::Router, "inbox", "link", profile())
        // A peer that connects anew is heard at once, though its old connection may still be up.
        .raw_option(IntOption::RouterHandover, 1)
}

/// The socket that sends to one peer.
pub(crate) fn link(own: Uuid) -> SocketSpec {
    SocketSpec {
        identity: own.to_identity().to_vec(),
        ..gossip_client()
    }
}

/// The socket that gossips with all nodes that connect to it.
pub(crate) fn gossip_server() -> SocketSpec {
    SocketSpec::new(SocketType::Router, "hub", "link", profile())
        .raw_option(IntOption::RouterMandatory, 1)
}

/// The socket that gossips with one node.
pub(crate) fn gossip_client() -> SocketSpec {
    SocketSpec::new(SocketType::Dealer, "link", "inbox", profile())
}

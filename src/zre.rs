//! Programs that find each other: ZRE (RFC 36), as zyre, pyre and zyre.js speak it.
//!
//! A [`Node`] tells the network that it is here, hears who else is, and exchanges messages with
//! them: [whispers](Node::whisper) to one, [shouts](Node::shout) to all of a group.
//!
//! ```no_run
//! use zeroless::zre::{Event, Node};
//!
//! let node = Node::builder("alice").start()?;
//! node.join("chat")?;
//! for event in node.events() {
//!     match event {
//!         Event::Join { peer, group } if group == "chat" => {
//!             node.whisper(peer.id(), format!("hello {}", peer.name()))?;
//!         }
//!         Event::Shout { peer, message, .. } => println!("{}: {message}", peer.name()),
//!         _ => {}
//!     }
//! }
//! # Ok::<(), zeroless::Error>(())
//! ```
//!
//! Nodes on one network find each other by broadcasts, one a second. Where there are none, they
//! [gossip](Builder::gossip_connect). Of those in a group who [contest](Builder::contest) for it,
//! one is its leader.
//!
//! On top of it, a [`Server`](crate::Server) can be [announced](fn@announce) and
//! [discovered](discover): who wants it needs no address.

mod admission;
mod air;
mod beacon;
mod builder;
mod claims;
mod codec;
mod directory;
mod driver;
mod election;
mod errands;
mod event;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod gossip;
mod group;
mod handle;
mod interface;
mod link;
mod node;
mod peer;
mod ports;
mod quarantine;
mod queue;
mod search;
#[cfg(test)]
mod simulation;
mod site;
mod uuid;

use std::time::Duration;

pub use builder::Builder;
pub use directory::{Announcement, Discovery, Service, announce, discover};
pub use event::{Event, Peer};
pub use handle::{Events, Node, TryIter};
pub use uuid::Uuid;

/// When a node speaks, and when it doubts that others are still there.
#[derive(Debug, Clone, Copy)]
struct Timing {
    interval: Duration,
    evasive: Duration,
    silent: Duration,
    expired: Duration,
}

impl Default for Timing {
    fn default() -> Timing {
        Timing {
            interval: Duration::from_secs(1),
            evasive: Duration::from_secs(5),
            silent: Duration::from_secs(5),
            expired: Duration::from_secs(30),
        }
    }
}

/// How many peers a node has at most, so that nobody can make it grow.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    peers: usize,
    /// Of those who have not answered yet; half of them at one address.
    unproven: usize,
    /// Of those who are known by a beacon alone, how many have a socket before there is but one
    /// for each address; and how many at one address.
    sockets: usize,
    sockets_at_an_address: usize,
    /// Of what all of them tell of themselves, and is kept.
    bytes: usize,
}

impl Bounds {
    /// How many of the peers may be at one address: half of them, but any number that is small.
    fn peers_at_an_address(&self) -> usize {
        self.peers.min(256.max(self.peers / 2))
    }
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            peers: 4096,
            unproven: 256,
            sockets: 64,
            sockets_at_an_address: 8,
            bytes: 64 << 20,
        }
    }
}

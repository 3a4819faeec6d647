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

mod builder;
mod directory;
mod error;
mod event;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod machine;
mod net;
mod node;
mod peer;
mod uuid;
mod wire;

pub use builder::Builder;
pub use directory::{Announce, Announcement, BoundService, Discovery, Service, announce, discover};
pub use error::Error;
pub use event::Event;
pub use node::{Events, Node, TryIter};
pub use peer::Peer;
pub use uuid::Uuid;

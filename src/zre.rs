//! Programs that find each other: ZRE (RFC 36), as zyre, pyre and zyre.js speak it.
//!
//! A [`Node`] tells the network that it is here, hears which others are, and exchanges messages with
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
//! [gossip](Builder::gossip_connect). Of its members that [contest](Builder::contest) for it,
//! one is the leader of a group.
//!
//! By default anybody on the network can be a peer, and read along. [`Builder::security`] lets in those alone whose keys are
//! allowed, and encrypts all that is said.
//!
//! # Servers by name
//!
//! On top of nodes, a [`Server`](crate::Server) can be [announced](fn@announce) under a name, until
//! the announcement is dropped:
//!
//! ```no_run
//! use zeroless::{Server, zre};
//!
//! let server = Server::bind(0)?;
//! let pull = server.pull()?;
//! let _announcement = zre::announce("jobs", &server)?;
//! for job in pull {
//!     println!("{job}");
//! }
//! # Ok::<(), zeroless::Error>(())
//! ```
//!
//! and [discovered](discover) by it, from any machine of the network, without an address:
//!
//! ```no_run
//! use std::time::Duration;
//! use zeroless::zre;
//!
//! let jobs = zre::discover("jobs")?;
//! jobs.wait_for(1, Duration::from_secs(5))?; // or let `send` wait
//! for service in jobs.services() {
//!     println!("{} at {}", service.peer().name(), service.endpoint());
//! }
//! jobs.push()?.send("work")?;
//! # Ok::<(), zeroless::Error>(())
//! ```
//!
//! A node of your own does the same: [`Builder::announce`] and [`Node::discover`], with an interface
//! or a port of beacons that you choose, or with [security](Builder::security). A server that is bound to loopback, by
//! [`bind_local`](crate::Server::bind_local), is found on its own machine.

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
#[cfg(feature = "rpc")]
pub(crate) use directory::Follower;
pub use directory::{Announce, Announcement, BoundService, Discovery, Service, announce, discover};
pub use error::Error;
pub use event::Event;
pub use node::{Events, Node, TryIter};
pub use peer::Peer;
pub use uuid::Uuid;

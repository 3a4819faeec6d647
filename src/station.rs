//! Nodes that are reached by id, by way of stations, and that know what became of each message.
//!
//! A [`Node`] sends messages to others by their ids, wherever they are, and learns what became of each; handlers take what
//! comes, or a loop does. A node with a port is a station: others stand behind it, and it sends on what they send to each other.
//!
//! ```
//! use zeroless::station::{Message, Node};
//!
//! let site = Node::builder("site").bind("tcp://127.0.0.1:0").start()?;
//! let disk = Node::builder("rig1.disk").upstream(site.endpoints()).start()?;
//! disk.listen("FRAME", |frame: Vec<u16>, _: &Message| println!("{} pixels", frame.len()))?;
//!
//! let camera = Node::builder("rig1.camera").upstream(site.endpoints()).start()?;
//! camera.send("rig1.disk", "FRAME", &vec![0_u16; 100])?.wait()?; // delivered
//! # Ok::<(), zeroless::Error>(())
//! ```
//!
//! Net_Nodes and Stations of [autopilot](https://pypi.org/project/auto-pi-lot/) may connect to a station as well, unchanged: they are
//! nodes as all others. Of what is sent to one only [that it has it](End::Received) is known. Its arguments, attributes
//! and methods are compared with ours, one by one, in docs/from-autopilot.md.

mod array;
mod autopilot;
mod body;
mod end;
mod error;
#[cfg(any(fuzzing, test))]
#[doc(hidden)]
pub mod fuzzing;
mod life;
mod machine;
mod message;
mod net;
mod node;
mod pending;
mod presence;
mod ticket;
mod wire;

pub use array::{Array, Opaque};
pub use body::{Body, Bytes, IntoBody, Items, Json, Text};
pub use end::{End, Undelivered};
pub use error::Error;
pub(crate) use life::Life;
pub use message::{Message, MessageBuilder};
pub use node::{
    Builder, Handler, HandlerResult, Messages, Node, PendingReply, PresenceEvents, Stream,
    StreamBuilder, StreamCounts,
};
pub use pending::Pending;
pub use presence::Presence;
pub use ticket::Ticket;

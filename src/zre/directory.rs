//! Servers by name: announced in a node's headers, and discovered there.
//!
//! A header `X-<name>-<pattern>: tcp://host:port` announces a server; `<pattern>` is the
//! server's own: push, pull, publish, subscribe, request, reply or pair, or a word of its own for what is no pattern. The case of the key does
//! not matter; several endpoints are separated by spaces.

mod announce;
mod discover;
mod follow;
mod names;
mod service;

pub use announce::{Announce, Announcement, BoundService, announce};
pub use discover::{Discovery, discover};
#[cfg(feature = "rpc")]
pub(crate) use follow::Follower;
pub use service::Service;

//! Servers by name: announced in a node's headers, and discovered there.
//!
//! A header `X-<name>-<pattern>: tcp://host:port` announces a server; `<pattern>` is the
//! server's own: push, pull, publish, subscribe, request, reply or pair. The case of the key does
//! not matter; several endpoints are separated by spaces.

mod announce;
mod discover;
mod follow;
mod names;
mod service;

pub use announce::{Announce, Announcement, BoundService, announce};
pub use discover::{Discovery, discover};
pub use service::Service;

//! ZeroMQ patterns as plain calls and loops.

#[cfg(not(unix))]
compile_error!("zeroless needs a Unix system: its wake-ups are Unix sockets");

mod client;
mod context;
mod endpoint;
mod error;
mod message;
mod monitor;
mod options;
mod pattern;
mod raw;
mod server;
mod socket;
mod wake;
mod watch;

pub use client::{Client, EndpointSet};
pub use context::{Capabilities, capabilities, set_io_threads};
pub use endpoint::{Endpoint, IntoEndpoints, Port};
pub use error::{Error, Result};
pub use message::{DynFrames, Frame, Frames, Message};
pub use monitor::ConnectionEvent;
pub use options::{Batch, Heartbeat, KeepAlive, Options};
pub use pattern::{
    Callable, Channel, Connections, Delivery, Handle, Pair, Pending, Publisher, Pull, Push,
    Receiving, Replier, Request, Requester, SendError, Sending, Side, Stopper, Subscriber,
};
pub use server::Server;

/// The sides of the patterns and the iterators, by name; rarely needed.
pub mod side {
    pub use crate::pattern::{
        IntoIter, Iter, PairSide, Parts, PublisherSide, PullSide, PushSide, ReplierSide,
        RequesterSide, SubscriberSide, TryIter,
    };
}

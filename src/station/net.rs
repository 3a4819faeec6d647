//! The thread of a node, its sockets, and what it shares with the node's handles.

mod children;
mod core;
mod driver;
mod handlers;
mod lanes;
mod outbound;
mod parent;
mod peers;
mod requests;
mod returns;
mod shared_node;
mod sockets;
mod transmission;

pub(super) use children::Children;
pub(super) use core::Settings;
pub(super) use driver::Driver;
pub(super) use handlers::Handler;
#[cfg(feature = "zre")]
pub(super) use parent::FindStations;
pub(super) use parent::Parent;
pub(super) use requests::{Answer, RequestId};
pub(super) use shared_node::SharedNode;

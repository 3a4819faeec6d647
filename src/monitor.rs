//! The state of all sockets' connections, read from libzmq's monitors by one thread for all sockets.
//!
//! libzmq *retries* a connection by itself. An endpoint that it has *abandoned* without a word is *reconnected*
//! by us; ours abandons none. A peer that accepted a connection and then did not want it has *refused*; an attempt that nobody
//! accepted has *failed*.

mod closed;
mod closing;
mod endpoint_fates;
mod event;
mod logged;
mod monitor_loop;
mod monitored;
mod raw_event;
mod reader;
mod refusals;
mod spelling;
mod status;
mod thread;
mod tracker;

pub(crate) use closed::Closing;
pub use event::ConnectionEvent;
pub(crate) use monitored::MonitoredSocket;
pub(crate) use reader::MonitorSnapshot;
pub(crate) use spelling::Spellings;
#[cfg(feature = "rpc")]
pub(crate) use status::OnEvent;
pub(crate) use status::{ConnectionStatus, OnDown};
pub(crate) use thread::MonitorThread;
pub(crate) use tracker::{ConnectionTracker, Names};

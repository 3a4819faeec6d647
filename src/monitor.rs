//! What becomes of sockets' connections: libzmq's monitors, read by one thread for all sockets.

mod closed;
mod closing;
mod connection_id;
mod ended;
mod event;
mod logged;
mod monitored;
mod raw_event;
mod reader;
mod refusals;
mod rounds;
mod spelling;
mod status;
mod thread;
mod tracker;

pub(crate) use closed::Closing;
pub use connection_id::ConnectionId;
pub use event::ConnectionEvent;
pub(crate) use monitored::MonitoredSocket;
pub(crate) use reader::MonitorSnapshot;
pub(crate) use spelling::Spellings;
pub(crate) use status::{ConnectionStatus, OnDown};
pub(crate) use thread::MonitorThread;
pub(crate) use tracker::ConnectionTracker;

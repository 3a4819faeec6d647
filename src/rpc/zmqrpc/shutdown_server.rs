//! The command that ends a server.

use serde::{Deserialize, Serialize};

/// Ends a server of pyzmqrpc3 within a second, and one of ours that [allows](super::Server::allow_shutdown) it.
///
/// ```
/// use zeroless::rpc::{Command, zmqrpc::ShutdownServer};
/// assert_eq!(ShutdownServer::NAME, "ShutdownServer");
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShutdownServer;

crate::rpc::command!(ShutdownServer -> ());

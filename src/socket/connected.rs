//! An endpoint that a socket is connected to.

use std::time::Instant;

use crate::endpoint::Endpoint;

/// An endpoint connected to, and how.
#[derive(Debug, Clone)]
pub(super) struct Connected {
    pub(super) endpoint: Endpoint,
    /// The endpoint as libzmq is given it.
    pub(super) address: String,
    pub(super) ipv6: bool,
    /// Whether its host's name has not resolved yet.
    pub(super) is_unresolved: bool,
    /// How often an unresolved name was looked up again.
    pub(super) lookups: u32,
    /// When its host's name may be looked up again; `None` without a name, and during a lookup.
    pub(super) lookup: Option<Instant>,
    /// Whether libzmq has it now: we have connected it and not disconnected it since.
    pub(super) live: bool,
}

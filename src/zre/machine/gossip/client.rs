//! The clients that are connected to us, and the listings under way.

use std::time::Instant;

use super::neighbour::GossipPeer;

/// A peer that is being sent all tuples, and the next of them.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) peer: GossipPeer,
    pub(super) next: String,
}

/// A client that is connected to us.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) heard: Instant,
    /// When its last listing began.
    pub(super) listed_at: Option<Instant>,
    /// When its next listing begins, and from which tuple on.
    pub(super) next_listing: Option<(Instant, String)>,
}

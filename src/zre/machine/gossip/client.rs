//! Those who are connected to us, and how far they have been told of everything.

use std::time::Instant;

use super::neighbour::GossipPeer;

/// Whom is being told of all tuples, and which comes next.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) peer: GossipPeer,
    pub(super) next: String,
}

/// One that is connected to us.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) heard: Instant,
    /// When it was told everything last.
    pub(super) told: Option<Instant>,
    /// When it is to be told again, and from where on.
    pub(super) owed: Option<(Instant, String)>,
}

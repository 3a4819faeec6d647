//! How much a node takes in from others.

/// How many peers a node has at most, so that nobody can make it grow.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) peers: usize,
    /// Of those that are not verified; half of them at one address.
    pub(crate) unverified: usize,
    /// Of those who are known by a beacon alone, how many have a socket before there is but one
    /// for each address; and how many at one address.
    pub(crate) sockets: usize,
    pub(crate) sockets_at_an_address: usize,
    /// The bytes that are kept of all of them.
    pub(crate) bytes: usize,
}

impl Bounds {
    /// How many of the peers may be at one address: half of them, but any number that is small.
    pub(crate) fn peers_at_an_address(&self) -> usize {
        self.peers.min(256.max(self.peers / 2))
    }
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            peers: 4096,
            unverified: 256,
            sockets: 64,
            sockets_at_an_address: 8,
            bytes: 64 << 20,
        }
    }
}

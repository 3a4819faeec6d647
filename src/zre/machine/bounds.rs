//! How much a node takes in from others.

/// How many other nodes a node knows at most, and how much of them, so that nobody can make it grow.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Known nodes, verified or not.
    pub(crate) known: usize,
    /// How many of them may be unverified; half of those at one address.
    pub(crate) unverified: usize,
    /// Of the nodes that have not greeted us, how many may have a socket before each address gets one
    /// at most.
    pub(crate) sockets: usize,
    /// How many of these sockets may be for one address.
    pub(crate) sockets_at_an_address: usize,
    /// The bytes that are kept of all known nodes.
    pub(crate) bytes: usize,
}

impl Bounds {
    /// How many of the known nodes may be at one address: half of them, but 256 in any case.
    pub(crate) fn known_at_an_address(&self) -> usize {
        self.known.min(256.max(self.known / 2))
    }
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            known: 4096,
            unverified: 256,
            sockets: 64,
            sockets_at_an_address: 8,
            bytes: 64 << 20,
        }
    }
}

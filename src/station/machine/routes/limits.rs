//! How much a node or a station keeps.

/// How much a node or a station keeps; whoever wants more is refused, or its link is closed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RoutesLimits {
    /// Connections from children, and those that were lost in the last seconds.
    pub(crate) links: usize,
    /// Names that one link may reach or claim; and those that a parent may tell.
    pub(crate) rows: usize,
    /// Claims that wait for one name.
    pub(crate) claims: usize,
    /// Prefixes that one link may watch.
    pub(crate) watches: usize,
    /// Stations above each other; and so the number of moves of a claim.
    pub(crate) depth: usize,
}

impl Default for RoutesLimits {
    fn default() -> RoutesLimits {
        RoutesLimits {
            links: 16_384,
            rows: 65_536,
            claims: 64,
            watches: 256,
            depth: 32,
        }
    }
}

//! What a flow is known by at its receiver, until it has a token.

use crate::station::Life;

/// A flow, among those to one node.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct FlowKey {
    /// The sender's.
    pub(crate) life: Life,
    /// The address of ours that the messages are for.
    pub(crate) to: Box<str>,
    pub(crate) lane: u8,
}

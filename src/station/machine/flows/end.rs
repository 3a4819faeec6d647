//! What became of a message.

use crate::station::wire::Fault;

/// What became of a message. Each that was taken has one end, by its deadline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// A handler has finished with it.
    Delivered,
    /// A handler ran, and failed. It is not run again.
    Failed { fault: Fault, text: String },
    /// No handler ever started.
    NotSent,
    /// A handler may have started, and may have finished.
    Unknown,
}

//! The mechanisms of libzmq that authenticate.

/// The mechanism of an end of a connection; one that is not secured has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mechanism {
    /// Names and passwords, in clear.
    Plain,
    /// Keys, and all messages are encrypted.
    Curve,
}

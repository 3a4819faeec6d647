//! How much libzmq moves at once.

/// How many bytes libzmq moves in one system call; see [`Options::batch`](super::Options::batch).
///
/// ```
/// use zeroless::{Batch, Options};
/// let options = Options::default().batch(Batch::Bytes(64 * 1024));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Batch {
    /// As suits the pattern.
    #[default]
    Auto,
    /// libzmq's own 8 KiB, for a program with very many connections.
    Small,
    /// This many bytes, at least 1024.
    Bytes(u32),
}

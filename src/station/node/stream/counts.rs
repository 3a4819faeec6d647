//! How many items a stream has had.

/// What has become of the items of a stream.
///
/// ```
/// # let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
/// let counts = node.stream("rig1", "FRAME").start()?.counts();
/// assert_eq!(counts.taken, counts.delivered + counts.undelivered);
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct StreamCounts {
    /// Those that it has taken. What is neither delivered nor undelivered has not ended.
    pub taken: u64,
    /// Those of batches of which each item was handled.
    pub delivered: u64,
    /// Those of batches that ended otherwise: each was logged.
    pub undelivered: u64,
    /// Those that it has not taken, as it was full: see [`drop_when_full`](super::StreamBuilder::drop_when_full).
    pub dropped: u64,
    /// The batches that were sent.
    pub batches: u64,
}

//! Messages that have not ended.

use std::time::Duration;

/// A message of this node that has not ended.
///
/// ```
/// # let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
/// for pending in node.pending() {
///     println!("{} {}: {:?}, sent {} times", pending.id, pending.to, pending.age, pending.tries);
/// }
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pending {
    /// Its number among those to the same id.
    pub id: u64,
    /// The id that it is for.
    pub to: String,
    /// How long ago it was sent by the user.
    pub age: Duration,
    /// How often it went out.
    pub tries: u32,
}

//! Ids that come and go.

/// An address has come, or has gone.
///
/// ```
/// use zeroless::station::{Node, Presence};
///
/// let site = Node::builder("site").bind("tcp://127.0.0.1:0").start()?;
/// let presence = site.watch("rig1.")?;
/// let camera = Node::builder("rig1.camera").upstream(site.endpoints()).start()?;
/// assert_eq!(presence.recv()?, Presence::Appeared("rig1.camera".to_owned()));
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Presence {
    /// A node of this id can be reached.
    Appeared(String),
    /// It cannot be reached any more. A station that is away for longer than 5 s takes those behind it along.
    Gone(String),
}

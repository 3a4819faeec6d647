//! Streams of items.

mod builder;
mod counts;
mod queue;
mod sending;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use builder::StreamBuilder;
pub use counts::StreamCounts;
use queue::Queue;

use super::Node;
use crate::background::Background;
use crate::error::Result;
use crate::fork::ForkGuard;
use crate::station::body::{Body, IntoBody};
use crate::station::net::SharedNode;
use crate::wake::Deadline;

/// Sends items of one key to one node, many in a message; cheap to clone, and shared by its clones. Made by [`Node::stream`].
///
/// When the last clone is dropped, what waits is handed to the node, which waits until it has ended when it is dropped itself.
///
/// ```
/// use std::time::Duration;
/// use zeroless::station::{Message, Node};
///
/// let rig = Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
/// rig.listen("SAMPLE", |sample: f64, _: &Message| println!("{sample}"))?;
/// let samples = rig.stream("rig1", "SAMPLE").start()?;
/// for sample in 0..1000 {
///     samples.send(&f64::from(sample))?;
/// }
/// samples.flush(Duration::from_secs(10))?; // all were handled
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Clone)]
pub struct Stream {
    open: Arc<Open>,
}

/// A stream that is open, until its last handle is dropped. The thread ends before its node.
struct Open {
    queue: Arc<Queue>,
    name: String,
    to: String,
    max_frame: u64,
    _thread: Background,
    _lane: Lane,
    _node: Node,
}

/// A lane of a node, until it is dropped.
struct Lane {
    shared: ForkGuard<Arc<SharedNode>>,
    to: String,
    number: u8,
}

impl Node {
    /// A stream of items of one key to a node, to be started. The handler of the key there gets them one by one, in their
    /// order, as it gets messages, and so does a loop. Each tells the [name](crate::station::Message::stream) of its stream.
    ///
    /// On the way many items are one message, which is confirmed and repeated as a whole: where the receiver is killed, those
    /// of a batch that it had begun come again, [flagged](crate::station::Message::is_redelivered). An item that fails does not hold up the
    /// others. A stream has a flow of its own: it and other messages to the same node do not wait for each other.
    ///
    /// ```
    /// use std::time::Duration;
    /// # let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// let frames = node.stream("rig1", "FRAME").min_items(10).max_delay(Duration::from_millis(50)).start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn stream(&self, to: impl Into<String>, key: impl Into<String>) -> StreamBuilder {
        StreamBuilder::new(self.clone(), to.into(), key.into())
    }
}

impl Stream {
    /// Takes an item; see [`IntoBody`](crate::station::IntoBody). While the [queue](StreamBuilder::queue) is full it waits, or
    /// drops the item and counts it, as the stream was [built](StreamBuilder::drop_when_full).
    ///
    /// # Errors
    ///
    /// [`station::Error::Body`](crate::station::Error::Body) and [`station::Error::TooLong`](crate::station::Error::TooLong) for
    /// what cannot be an item (of more than 16 MiB, or 65,535 frames); [`Error::FrameTooLarge`](crate::Error::FrameTooLarge);
    /// the error that has ended the node, such as [`Error::Stopped`](crate::Error::Stopped);
    /// [`Error::Forked`](crate::Error::Forked).
    ///
    /// ```
    /// # let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// # node.listen("TEXT", |_: &zeroless::station::Message| ())?;
    /// node.stream("rig1", "TEXT").start()?.send("a line")?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn send(&self, value: impl IntoBody) -> Result<()> {
        let body = value.into_body()?;
        self.open.queue.push_or_drop(&body, self.open.max_frame)
    }

    /// Takes an item, if there is room.
    ///
    /// # Errors
    ///
    /// [`Error::WouldBlock`](crate::Error::WouldBlock) if there is none; otherwise as [`send`](Self::send).
    ///
    /// ```
    /// # let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// # node.listen("TEXT", |_: &zeroless::station::Message| ())?;
    /// node.stream("rig1", "TEXT").start()?.try_send("a line")?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn try_send(&self, value: impl IntoBody) -> Result<()> {
        let body: Body = value.into_body()?;
        let max_frame = self.open.max_frame;
        self.open.queue.push(&body, max_frame, Deadline::Now)
    }

    /// Sends what waits now, and waits until all that was taken so far has ended.
    ///
    /// # Errors
    ///
    /// [`Undelivered`](crate::station::Undelivered), as the first batch ended that was not delivered since the last flush;
    /// [`Error::Timeout`](crate::Error::Timeout) if something has not ended by then; otherwise as [`send`](Self::send).
    ///
    /// ```
    /// use std::time::Duration;
    /// # let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// # node.listen("TEXT", |_: &zeroless::station::Message| ())?;
    /// let lines = node.stream("rig1", "TEXT").start()?;
    /// lines.send("a line")?;
    /// lines.flush(Duration::from_secs(10))?;
    /// assert_eq!(lines.counts().delivered, 1);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn flush(&self, timeout: Duration) -> Result<()> {
        self.open.queue.flush(Deadline::after(timeout))
    }

    /// What has become of its items.
    ///
    /// ```
    /// # let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// assert_eq!(node.stream("rig1", "TEXT").start()?.counts().taken, 0);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn counts(&self) -> StreamCounts {
        self.open.queue.counts()
    }

    /// Its name.
    ///
    /// ```
    /// # let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// assert_eq!(node.stream("rig1", "TEXT").name("log").start()?.name(), "log");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn name(&self) -> &str {
        &self.open.name
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        if let Ok(shared) = self.shared.get() {
            shared.give_lane_back(&self.to, self.number);
        }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("name", &self.open.name)
            .field("to", &self.open.to)
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}

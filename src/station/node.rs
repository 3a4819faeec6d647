//! A node, as its user has it.

mod builder;
#[cfg(feature = "zre")]
mod discovery;
mod handler;
mod messages;
mod pending_reply;
mod presence;
mod requesting;
mod running;
mod stream;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use builder::Builder;
pub use handler::{Handler, HandlerResult};
pub use messages::Messages;
pub use pending_reply::PendingReply;
pub use presence::PresenceEvents;
use running::RunningNode;
pub use stream::{Stream, StreamBuilder, StreamCounts};

use super::body::IntoBody;
use super::message::{Message, MessageBuilder};
use super::pending::Pending;
use super::ticket::Ticket;
use crate::endpoint::Endpoint;
use crate::error::{Error, Result, Wait};
use crate::wake::Deadline;

/// A node that is reached by its id, by way of stations; cheap to clone, and shared by its clones.
///
/// With a port to [bind](Builder::bind) it is a station: nodes stand behind it, and it sends on what they send to each other.
/// With an [upstream](Builder::upstream) it stands behind a station itself.
///
/// When the last clone is dropped, the node waits until what it has sent has ended, for 30 s at most if its station is there,
/// or a second if it is not; see [`close`](Self::close).
///
/// ```
/// use zeroless::station::{Message, Node};
///
/// let site = Node::builder("site").bind("tcp://127.0.0.1:0").start()?;
/// let disk = Node::builder("rig1.disk").upstream(site.endpoints()).start()?;
/// disk.listen("FRAME", |frame: Vec<u16>, _: &Message| println!("{} pixels", frame.len()))?;
///
/// let camera = Node::builder("rig1.camera").upstream(site.endpoints()).start()?;
/// camera.send("rig1.disk", "FRAME", &vec![0_u16; 100])?.wait()?; // delivered
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Clone)]
pub struct Node {
    running: Arc<RunningNode>,
}

impl Node {
    /// A node of this id, to be started: 1 to 255 bytes, with dots between its parts. What is sent to an id below it that no
    /// other node has comes to it as well: to `rig1.camera`, if it is `rig1`.
    ///
    /// ```
    /// let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn builder(id: impl Into<String>) -> Builder {
        Builder::new(id.into())
    }

    fn shared(&self) -> &Arc<super::net::SharedNode> {
        &self.running.shared
    }

    /// Its id.
    ///
    /// ```
    /// # let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// assert_eq!(node.id(), "rig1");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn id(&self) -> &str {
        &self.running.name
    }

    /// The port that others connect to; 0 if it is not a station.
    ///
    /// ```
    /// # let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// assert_ne!(node.port(), 0);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn port(&self) -> u16 {
        self.running.server.as_ref().map_or(0, crate::Server::port)
    }

    /// The endpoints that others connect to, as this machine can; none if it is not a station.
    ///
    /// ```
    /// # let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// assert_eq!(node.endpoints().len(), 1);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn endpoints(&self) -> Vec<Endpoint> {
        let server = self.running.server.as_ref();
        server.map_or_else(Vec::new, crate::Server::endpoints)
    }

    /// Handles the messages of a key from now on: by a function `|message: &Message|`, or `|value: T, message: &Message|` with
    /// the message's value, of a type with serde. It returns nothing, or a `Result<(), E>` whose error is the reason of the
    /// failure that the sender learns. A panic is a failure, too.
    ///
    /// Handlers run in a [bounded pool](Builder::workers) of threads; those of the messages of one sender one after the other.
    /// A message whose key has none fails, unless somebody takes [messages](Self::messages); in the first second of the node
    /// it waits for its handler. A handler of the same key is replaced.
    ///
    /// # Errors
    ///
    /// [`Error::Stopped`]; the error that has ended the node; [`Error::Forked`].
    ///
    /// ```
    /// use zeroless::station::{Message, Node};
    ///
    /// let node = Node::builder("stage").bind("tcp://127.0.0.1:0").start()?;
    /// node.listen("MOVE", |(x, y): (f64, f64), _: &Message| match x.hypot(y) {
    ///     ..100.0 => Ok(()),
    ///     far => Err(format!("{far} mm is too far")),
    /// })?;
    /// node.send("stage", "MOVE", &(1.5, 2.0))?.wait()?;
    /// assert!(node.send("stage", "MOVE", &(1e3, 0.0))?.wait().is_err());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn listen<Form>(&self, key: impl Into<String>, handler: impl Handler<Form>) -> Result<()> {
        self.shared().check()?;
        let handler = move |message: &Message| handler.handle(message);
        self.shared().handlers.listen(key.into(), Arc::new(handler));
        Ok(())
    }

    /// Ends the handling of a key; gives whether it was handled.
    ///
    /// ```
    /// # let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// assert!(!node.unlisten("MOVE"));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn unlisten(&self, key: &str) -> bool {
        self.shared().check().is_ok() && self.shared().handlers.unlisten(key)
    }

    /// Sends a value to a node; the ticket tells what became of it. It is sent again until it has ended: by its
    /// [deadline](Builder::timeout), at the latest.
    ///
    /// Messages to the same id are handled in the order in which they are sent. It waits while there is no room: while 16,384
    /// messages to this id, or 64 MiB of them, have not ended.
    ///
    /// # Errors
    ///
    /// [`station::Error::Body`](super::Error::Body) and [`station::Error::TooLong`](super::Error::TooLong) for what cannot be sent
    /// (also of more than 32 MiB in all); [`Error::FrameTooLarge`]; [`Error::Stopped`]; the error that has ended the node, such as
    /// [`station::Error::Duplicate`](super::Error::Duplicate); [`Error::Forked`].
    ///
    /// ```
    /// # let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// node.listen("START", |_: &zeroless::station::Message| ())?;
    /// node.send("rig1", "START", ())?.wait()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn send(
        &self,
        to: impl Into<String>,
        key: impl Into<String>,
        value: impl IntoBody,
    ) -> Result<Ticket> {
        self.send_message(Message::builder(to, key).value(value))
    }

    /// Sends a value to the station that this node stands behind, whatever its id. While there is none, it waits.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// ```no_run
    /// # let node = zeroless::station::Node::builder("rig1.camera").upstream(5560).start()?;
    /// node.send_up("STATUS", "well")?.wait()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn send_up(&self, key: impl Into<String>, value: impl IntoBody) -> Result<Ticket> {
        self.send("", key, value)
    }

    /// Sends a message that was [put together](Message::builder).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// ```
    /// # use zeroless::station::Message;
    /// # let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// let ticket = node.send_message(Message::builder("rig1", "START").header("run", "17"))?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn send_message(&self, message: MessageBuilder) -> Result<Ticket> {
        self.send_until(message, Deadline::Never)
    }

    /// As [`send_message`](Self::send_message), if there is room at once.
    ///
    /// # Errors
    ///
    /// [`Error::WouldBlock`] if there is none; otherwise as [`send`](Self::send).
    ///
    /// ```
    /// # use zeroless::station::Message;
    /// # let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// let ticket = node.try_send(Message::builder("rig1", "START"))?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn try_send(&self, message: MessageBuilder) -> Result<Ticket> {
        self.send_until(message, Deadline::Now)
    }

    fn send_until(&self, message: MessageBuilder, deadline: Deadline) -> Result<Ticket> {
        self.shared().check_process()?;
        let (composed, body) = message.finish()?;
        self.running.check_size(&body)?;
        Ok(self.shared().submit(composed, body, deadline)?.ticket)
    }

    /// The messages that were sent and have not ended.
    ///
    /// ```
    /// # let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// node.send("nobody", "START", ())?;
    /// assert_eq!(node.pending()[0].to, "nobody");
    /// # node.close(std::time::Duration::ZERO).unwrap_err();
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn pending(&self) -> Vec<Pending> {
        self.shared().pending().unwrap_or_default()
    }

    /// Waits until its station knows it, so that others reach it. A station without an upstream always is.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`]; [`station::Error::Duplicate`](super::Error::Duplicate) if another has its id; [`Error::Forked`].
    ///
    /// ```
    /// # use std::time::Duration;
    /// # let site = zeroless::station::Node::builder("site").bind("tcp://127.0.0.1:0").start()?;
    /// let node = zeroless::station::Node::builder("rig1.camera").upstream(site.endpoints()).start()?;
    /// node.wait_registered(Duration::from_secs(20))?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn wait_registered(&self, timeout: Duration) -> Result<()> {
        if !self.running.has_upstream {
            return self.shared().check();
        }
        let deadline = Deadline::after(timeout);
        match self
            .shared()
            .wait_until(deadline, |core| core.is_registered())?
        {
            true => Ok(()),
            false => Err(Error::timeout(Wait::Registration {
                endpoints: self.running.upstreams.clone(),
            })),
        }
    }

    /// Whether it works: the error that has ended it, if one has.
    ///
    /// # Errors
    ///
    /// [`Error::Stopped`]; [`station::Error::Duplicate`](super::Error::Duplicate); [`Error::System`] if its thread has panicked,
    /// as a logger may in it; [`Error::Forked`].
    ///
    /// ```
    /// # let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// node.status()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn status(&self) -> Result<()> {
        self.shared().check()
    }

    /// Ends the node, when what it has sent has ended; waiting no longer than this.
    ///
    /// No handler starts any more, and those that run are waited for. What is left ends as
    /// [`NotSent`](super::End::NotSent) or [`Unknown`](super::End::Unknown).
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`] if something was left; [`Error::Forked`].
    ///
    /// ```
    /// use std::time::Duration;
    /// # let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// node.close(Duration::from_secs(1))?;
    /// assert!(node.send("rig1", "START", ()).is_err());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn close(&self, timeout: Duration) -> Result<()> {
        self.shared().check_process()?;
        match self.running.close(Deadline::after(timeout)) {
            0 => Ok(()),
            _ => Err(Error::timeout(Wait::Delivery)),
        }
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node")
            .field("id", &self.id())
            .field("endpoints", &self.endpoints())
            .field("upstreams", &self.running.upstreams)
            .finish_non_exhaustive()
    }
}

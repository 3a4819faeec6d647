//! Requests, and their replies.

use super::Node;
use super::pending_reply::PendingReply;
use crate::error::{Error, Result};
use crate::fork::ForkGuard;
use crate::station::body::IntoBody;
use crate::station::message::{Message, MessageBuilder};
use crate::wake::Deadline;

impl Node {
    /// Sends a request, and waits for its reply: by the [deadline](super::Builder::timeout), at the latest.
    ///
    /// The handler there gives it by [`Message::reply`], within it or later.
    ///
    /// # Errors
    ///
    /// [`Undelivered`](crate::station::Undelivered) if the request was not handled, or its handler failed;
    /// [`Error::Timeout`] if it was handled and no reply came; otherwise as [`send`](Self::send).
    ///
    /// ```
    /// use zeroless::station::{Message, Node};
    ///
    /// let node = Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// node.listen("HELLO", |name: String, request: &Message| {
    ///     request.reply(&format!("hello, {name}")).map(drop)
    /// })?;
    /// assert_eq!(node.request("rig1", "HELLO", "world")?.value::<String>()?, "hello, world");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn request(
        &self,
        to: impl Into<String>,
        key: impl Into<String>,
        value: impl IntoBody,
    ) -> Result<Message> {
        self.request_message(Message::builder(to, key).value(value))
    }

    /// Sends a request that was [put together](Message::builder), and waits for its reply, as [`request`](Self::request) does.
    ///
    /// # Errors
    ///
    /// As [`request`](Self::request).
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// # use zeroless::station::Message;
    /// # let node = zeroless::station::Node::builder("rig1").bind(0).start()?;
    /// let request = Message::builder("rig1.stage", "WHERE").timeout(Duration::from_secs(2));
    /// let (x, y): (f64, f64) = node.request_message(request)?.value()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn request_message(&self, message: MessageBuilder) -> Result<Message> {
        self.start_request_message(message)?.wait()
    }

    /// Sends a request, whose reply is waited for later: as [`request`](Self::request) does, of which this is the first half.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// ```
    /// use zeroless::station::{Message, Node};
    ///
    /// let node = Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// node.listen("WHO", |request: &Message| request.reply("I").map(drop))?;
    /// let pending = node.start_request("rig1", "WHO", ())?;
    /// println!("meanwhile …");
    /// println!("{}", pending.wait()?.value::<String>()?);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn start_request(
        &self,
        to: impl Into<String>,
        key: impl Into<String>,
        value: impl IntoBody,
    ) -> Result<PendingReply> {
        self.start_request_message(Message::builder(to, key).value(value))
    }

    /// Sends a request that was [put together](Message::builder), as [`start_request`](Self::start_request) does.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// # use zeroless::station::Message;
    /// # let node = zeroless::station::Node::builder("rig1").bind(0).start()?;
    /// let request = Message::builder("rig1.stage", "WHERE").timeout(Duration::from_secs(2));
    /// let pending = node.start_request_message(request)?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn start_request_message(&self, message: MessageBuilder) -> Result<PendingReply> {
        let shared = self.shared();
        shared.check_process()?;
        let (composed, body) = message.request().finish()?;
        self.running.check_size(&body)?;
        let deadline = Deadline::after(composed.timeout.unwrap_or(self.running.timeout));
        let taken = shared.submit(composed, body, deadline)?;
        let reply = taken.reply.ok_or(Error::Stopped)?;
        let shared = ForkGuard::by(self.running.origin, shared.clone());
        Ok(PendingReply::new(shared, reply, taken.ticket, deadline))
    }
}

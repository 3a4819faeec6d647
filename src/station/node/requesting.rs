//! Requests, and their replies.

use super::Node;
use crate::error::{Error, Result, Wait};
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
        self.shared().check_process()?;
        let (composed, body) = message.request().finish()?;
        self.running.check_size(&body)?;
        let timeout = composed.timeout.unwrap_or(self.running.timeout);
        let deadline = Deadline::after(timeout);
        let taken = self.shared().submit(composed, body, deadline)?;
        let Some((id, reply)) = taken.reply else {
            return Err(Error::Stopped);
        };
        let answer = match deadline {
            Deadline::At(at) => reply.recv_deadline(at).map_err(|_| ()),
            Deadline::Now | Deadline::Never => reply.recv().map_err(|_| ()),
        };
        match answer {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(end)) => {
                end.into_result()?;
                Err(Error::timeout(Wait::Reply))
            }
            Err(()) => {
                self.shared().forget_request(&id);
                // Its end comes with the deadline, too, and tells more.
                if let Ok(end) = taken
                    .ticket
                    .end_timeout(std::time::Duration::from_millis(100))
                {
                    end.into_result()?;
                }
                Err(Error::timeout(Wait::Reply))
            }
        }
    }
}

//! A request under way.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use crate::error::{Error, Result, Wait};
use crate::fork::ForkGuard;
use crate::station::end::End;
use crate::station::message::Message;
use crate::station::net::{Answer, RequestId, SharedNode};
use crate::station::ticket::Ticket;
use crate::wake::Deadline;

/// How long after its deadline the end of a request may be heard: it has one, and that tells more.
const MARGIN: Duration = Duration::from_millis(100);

/// A request under way; its reply can be waited for, from any thread. Made by [`Node::start_request`].
///
/// If it is dropped, its reply is refused when it comes.
///
/// ```
/// use zeroless::station::{Message, Node};
///
/// let node = Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
/// node.listen("TWICE", |number: i64, request: &Message| request.reply(&(2 * number)).map(drop))?;
/// let replies = (0..10).map(|number| node.start_request("rig1", "TWICE", &number));
/// let replies = replies.collect::<Result<Vec<_>, _>>()?; // ten requests under way
/// for reply in replies {
///     println!("{}", reply.wait()?.value::<i64>()?);
/// }
/// # Ok::<(), zeroless::Error>(())
/// ```
///
/// [`Node::start_request`]: crate::station::Node::start_request
#[must_use = "the reply is refused when this is dropped"]
pub struct PendingReply {
    shared: ForkGuard<Arc<SharedNode>>,
    id: RequestId,
    reply: Receiver<Answer>,
    ticket: Ticket,
    deadline: Deadline,
    is_over: bool,
}

impl PendingReply {
    pub(super) fn new(
        shared: ForkGuard<Arc<SharedNode>>,
        (id, reply): (RequestId, Receiver<Answer>),
        ticket: Ticket,
        deadline: Deadline,
    ) -> PendingReply {
        PendingReply {
            shared,
            id,
            reply,
            ticket,
            deadline,
            is_over: false,
        }
    }

    /// Waits for the reply, until the deadline of the request.
    ///
    /// # Errors
    ///
    /// As [`request`](crate::station::Node::request).
    ///
    /// ```
    /// # use zeroless::station::{Message, Node};
    /// # let node = Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// # node.listen("WHO", |request: &Message| request.reply("I").map(drop))?;
    /// let pending = node.start_request("rig1", "WHO", ())?;
    /// assert_eq!(pending.wait()?.value::<String>()?, "I");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn wait(mut self) -> Result<Message> {
        let ended = self.wait_until(Deadline::Never);
        ended.unwrap_or(Err(Error::Stopped))
    }

    /// Waits for the reply no longer than this; `None` if it has not come, and the request stays under way.
    ///
    /// The reply is given once.
    ///
    /// ```
    /// # use zeroless::station::{Message, Node};
    /// # let node = Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// # node.listen("WHO", |request: &Message| request.reply("I").map(drop))?;
    /// use std::time::Duration;
    ///
    /// let mut pending = node.start_request("rig1", "WHO", ())?;
    /// let reply = loop {
    ///     match pending.wait_timeout(Duration::from_millis(100)) {
    ///         Some(reply) => break reply?,
    ///         None => println!("still waiting"),
    ///     }
    /// };
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn wait_timeout(&mut self, timeout: Duration) -> Option<Result<Message>> {
        self.wait_until(Deadline::after(timeout))
    }

    /// Waits for the reply no longer than until then; `None` if it has not come, and the request stays under way.
    ///
    /// The reply is given once.
    ///
    /// ```
    /// # use zeroless::station::{Message, Node};
    /// # let node = Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// # node.listen("WHO", |request: &Message| request.reply("I").map(drop))?;
    /// use std::time::{Duration, Instant};
    ///
    /// let mut pending = node.start_request("rig1", "WHO", ())?;
    /// if let Some(reply) = pending.wait_deadline(Instant::now() + Duration::from_secs(1)) {
    ///     println!("{}", reply?.from());
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn wait_deadline(&mut self, deadline: Instant) -> Option<Result<Message>> {
        self.wait_until(Deadline::At(deadline))
    }

    /// Takes the reply if it is there already. It is given once.
    ///
    /// ```
    /// # use zeroless::station::{Message, Node};
    /// # let node = Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// # node.listen("WHO", |request: &Message| request.reply("I").map(drop))?;
    /// let mut pending = node.start_request("rig1", "WHO", ())?;
    /// if let Some(reply) = pending.try_wait() {
    ///     println!("{}", reply?.from());
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn try_wait(&mut self) -> Option<Result<Message>> {
        self.wait_until(Deadline::Now)
    }

    fn wait_until(&mut self, until: Deadline) -> Option<Result<Message>> {
        if self.is_over {
            return None;
        }
        if let Err(forked) = self.shared.get() {
            return Some(Err(forked.into()));
        }
        let is_last = self.deadline <= until;
        let answer = match self.deadline.min(until) {
            Deadline::Now => self.reply.recv_timeout(Duration::ZERO),
            Deadline::At(at) => self.reply.recv_deadline(at),
            Deadline::Never => self
                .reply
                .recv()
                .map_err(|_| RecvTimeoutError::Disconnected),
        };
        if matches!(answer, Err(RecvTimeoutError::Timeout)) && !is_last {
            return None;
        }
        self.is_over = true;
        Some(match answer {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(end)) => Err(without_reply(Some(end))),
            Err(_) => {
                self.forget();
                Err(without_reply(self.ticket.end_timeout(MARGIN).ok()))
            }
        })
    }

    /// Nobody waits any more.
    fn forget(&self) {
        if let Ok(shared) = self.shared.get() {
            shared.forget_request(&self.id);
        }
    }
}

/// Why there is no reply to a request that has ended so.
fn without_reply(end: Option<End>) -> Error {
    match end.map(End::into_result) {
        Some(Err(undelivered)) => undelivered.into(),
        Some(Ok(())) | None => Error::timeout(Wait::Reply),
    }
}

impl Drop for PendingReply {
    fn drop(&mut self) {
        if !self.is_over {
            self.forget();
        }
    }
}

impl fmt::Debug for PendingReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingReply")
            .field("to", &self.ticket.to())
            .finish_non_exhaustive()
    }
}

//! Reply: requests taken from anybody, answered in any order (ROUTER).
//!
//! A plain REP socket answers in turn and loses replies when a connection misbehaves between
//! a request and its reply; ROUTER has neither fault, and REQ peers cannot tell them apart.

use std::mem;

use log::{debug, warn};

use super::receiving::receiving;
use super::sealed::Pattern;
use super::{Kind, SendError, shared};
use crate::error::{BoxedError, Error, Result};
use crate::message::{Frame, Frames, Message};
use crate::socket::{BUDGET, Interest, LockedSocket, Progress, Socket};
use crate::wake::Deadline;

/// Receives requests, each to be replied to: now or later, in any order, from any thread.
///
/// Any REQ socket can ask it, and any DEALER that puts an empty frame before its request, as
/// [`Requester`](super::Requester) does.
///
/// # Examples
///
/// ```
/// use zeroless::{Client, Server};
///
/// let server = Server::bind(0)?;
/// let replier = server.reply()?;
/// std::thread::spawn(move || {
///     for request in replier {
///         let answer = format!("{request}, too");
///         request.reply(answer)?;
///     }
///     Ok::<(), zeroless::Error>(())
/// });
/// let reply = Client::connect(server.port())?.request()?.request("hello")?;
/// assert_eq!(reply, "hello, too");
/// # Ok::<(), zeroless::Error>(())
/// ```
#[doc(alias = "rep")]
#[doc(alias = "router")]
#[derive(Clone)]
pub struct Replier {
    socket: Socket,
}

impl Pattern for Replier {
    const KIND: Kind = Kind::Replier;

    fn new(socket: Socket) -> Replier {
        Replier { socket }
    }

    fn socket(&self) -> &Socket {
        &self.socket
    }
}

receiving! {
    Replier of Request, "request", "replier", "zeroless::Server::bind(0)?.reply()?",
    arrives: "# use zeroless::{Client, Server};
# let server = Server::bind(0)?;
# let replier = server.reply()?;
# let requester = Client::connect(server.port())?.request()?;
# let pending = requester.start(\"hello\")?;",
    receive: "let request = replier.recv()?;\nrequest.reply(\"the answer\")?;",
    each: "request.reply(\"the answer\")?;"
}

shared! { Replier, "replier", "zeroless::Server::bind(0)?.reply()?" }

impl Replier {
    fn receive_until(&self, deadline: Deadline) -> Result<Request> {
        let socket = &self.socket;
        let mut envelope = Vec::with_capacity(3);
        let mut message = Message::from("");
        let mut skipped = 0;
        socket.check_waiting(deadline)?;
        let received = socket.perform(Interest::Readable, deadline, |locked| {
            for _ in 0..BUDGET {
                match take(locked, &mut envelope, &mut message)? {
                    Taken::Request => return Ok(Progress::Done),
                    Taken::Nothing => return Ok(Progress::Blocked),
                    Taken::Part => return Ok(Progress::Again),
                    Taken::NoRequest => skipped += 1,
                }
            }
            Ok(Progress::Again)
        });
        if skipped > 0 {
            socket.skip(skipped);
            if let Some(left_out) = socket.throttles.passed_over.admit() {
                warn!("reply: passed over {skipped} messages that are no requests{left_out}");
            }
        }
        received?;
        socket.log("received", || message.size());
        Ok(Request {
            envelope,
            message,
            socket: socket.clone(),
            answered: false,
        })
    }
}

/// What a ROUTER had for us.
#[derive(Debug, PartialEq, Eq)]
enum Taken {
    Request,
    /// A message without an empty frame before the request, or without a request after it.
    NoRequest,
    /// Not all of a message: what there is was set aside.
    Part,
    Nothing,
}

/// Receives who asks, up to the first empty frame, and what is asked.
fn take(
    locked: &mut LockedSocket<'_>,
    envelope: &mut Vec<Frame>,
    message: &mut Message,
) -> Result<Taken, BoxedError> {
    envelope.clear();
    let mut peer = Frame::new();
    match locked.recv_first(&mut peer)? {
        Progress::Done => {}
        Progress::Blocked => return Ok(Taken::Nothing),
        Progress::Again => return Ok(Taken::Part),
    }
    // The first frame is the peer's name, which is not to be looked into.
    envelope.push(peer);
    while locked.more {
        let mut frame = Frame::new();
        if locked.recv_next(&mut frame)? == Progress::Again {
            locked.set_aside(envelope.drain(..));
            return Ok(Taken::Part);
        }
        let ends = frame.is_empty();
        envelope.push(frame);
        if ends {
            break;
        }
    }
    if !locked.more {
        return Ok(Taken::NoRequest);
    }
    *message = Message::from("");
    if locked.recv(message)? == Progress::Again {
        locked.set_aside(envelope.drain(..));
        return Ok(Taken::Part);
    }
    Ok(Taken::Request)
}

/// A request received; it dereferences to its [`Message`].
///
/// If it is dropped without a reply, that is logged: the requester waits in vain.
///
/// # Examples
///
/// ```
/// use zeroless::{Client, Server};
///
/// let server = Server::bind(0)?;
/// let replier = server.reply()?;
/// let requester = Client::connect(server.port())?.request()?;
/// let pending = requester.start(("add", "1", "2"))?;
///
/// let request = replier.recv()?;
/// assert_eq!(request[0], "add");
/// request.reply("3")?;
/// assert_eq!(pending.wait()?, "3");
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Debug)]
pub struct Request {
    envelope: Vec<Frame>,
    message: Message,
    socket: Socket,
    answered: bool,
}

/// What became of a reply.
///
/// A requester that has gone or does not read is its own fault, and no reason for a server to
/// end: so these are no errors.
///
/// ```
/// # use zeroless::{Client, Delivery, Server};
/// # let server = Server::bind(0)?;
/// # let replier = server.reply()?;
/// # let requester = Client::connect(server.port())?.request()?;
/// # let pending = requester.start("hello")?;
/// let delivery = replier.recv()?.reply("hello")?;
/// assert_eq!(delivery, Delivery::Queued);
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// It is on its way.
    Queued,
    /// The requester has disconnected; the reply was dropped.
    Gone,
    /// The requester has [1000](crate::Options::send_queue) replies waiting that it does not
    /// read; the reply was dropped.
    Full,
}

impl Request {
    /// What was asked.
    ///
    /// ```
    /// # use zeroless::{Client, Server};
    /// # let server = Server::bind(0)?;
    /// # let replier = server.reply()?;
    /// # let requester = Client::connect(server.port())?.request()?;
    /// # let pending = requester.start("hello")?;
    /// assert_eq!(*replier.recv()?.message(), "hello");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn message(&self) -> &Message {
        &self.message
    }

    /// What was asked, to keep, leaving an empty frame behind; the request can still be
    /// replied to.
    ///
    /// ```
    /// # use zeroless::{Client, Server};
    /// # let server = Server::bind(0)?;
    /// # let replier = server.reply()?;
    /// # let requester = Client::connect(server.port())?.request()?;
    /// # let pending = requester.start(("add", "1", "2"))?;
    /// let mut request = replier.recv()?;
    /// let [_add, one, two] = request.take_frames().parts()?;
    /// request.reply([two, one])?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn take_frames(&mut self) -> Message {
        mem::replace(&mut self.message, Message::from(""))
    }

    /// The frames of what was asked.
    ///
    /// ```
    /// # use zeroless::{Client, Server};
    /// # let server = Server::bind(0)?;
    /// # let replier = server.reply()?;
    /// # let requester = Client::connect(server.port())?.request()?;
    /// # let pending = requester.start(("add", "1", "2"))?;
    /// assert_eq!(replier.recv()?.frames().count(), 3);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn frames(&self) -> impl Iterator<Item = &Frame> {
        self.message.iter()
    }

    /// Sends the reply, without waiting; it may be done from any thread, in any order, and when
    /// the handle was stopped.
    ///
    /// # Errors
    ///
    /// A [`SendError`] that gives the reply back, for [`Error::EmptyMessage`],
    /// [`Error::FrameTooLarge`], [`Error::Forked`], and [`Error::Stopped`] if the handle was
    /// closed. A requester that is gone is not an error: see [`Delivery`].
    ///
    /// ```
    /// # use zeroless::{Client, Server};
    /// # let server = Server::bind(0)?;
    /// # let replier = server.reply()?;
    /// # let requester = Client::connect(server.port())?.request()?;
    /// # let (one, two) = (requester.start("1")?, requester.start("2")?);
    /// let (first, second) = (replier.recv()?, replier.recv()?);
    /// second.reply("to 2")?;
    /// first.reply("to 1")?;
    /// assert_eq!((one.wait()?, two.wait()?), ("to 1".into(), "to 2".into()));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn reply(mut self, frames: impl Frames) -> Result<Delivery, SendError> {
        let mut reply = frames.into_message()?;
        self.answered = true;
        let sent = self.socket.send(&self.envelope, &mut reply, Deadline::Now);
        match sent.map_err(Error::from) {
            Ok(()) => Ok(Delivery::Queued),
            Err(Error::PeerLost) => {
                debug!("reply: the requester has gone");
                Ok(Delivery::Gone)
            }
            Err(Error::WouldBlock) => {
                if let Some(left_out) = self.socket.throttles.unread.admit() {
                    warn!("reply: dropped, the requester does not read its replies{left_out}");
                }
                Ok(Delivery::Full)
            }
            Err(error) => Err(SendError::new(error, reply)),
        }
    }
}

impl std::ops::Deref for Request {
    type Target = Message;

    fn deref(&self) -> &Message {
        &self.message
    }
}

/// As its [`Message`] compares.
impl<T: ?Sized> PartialEq<T> for Request
where
    Message: PartialEq<T>,
{
    fn eq(&self, other: &T) -> bool {
        self.message == *other
    }
}

/// As its [`Message`] shows itself.
impl std::fmt::Display for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.message.fmt(f)
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        if !self.answered
            && let Some(left_out) = self.socket.throttles.unanswered.admit()
        {
            let bytes = self.message.byte_count();
            warn!(
                "reply: a request ({bytes} bytes) was never replied to: call `reply` on it{left_out}"
            );
        }
    }
}

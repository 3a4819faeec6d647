//! Reply: requests taken from anybody, answered in any order (ROUTER).
//!
//! A plain REP socket answers in turn and loses replies when a connection misbehaves between
//! a request and its reply; ROUTER has neither fault, and REQ peers cannot tell them apart.

use std::mem;

use log::{debug, warn};

use super::sealed::Sealed;
use super::{Handle, Receiving, SendError, Side};
use crate::error::{Error, Result};
use crate::message::{Frame, Frames, Message};
use crate::socket::Socket;
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
pub type Replier = Handle<ReplierSide>;

/// The side of [`Replier`].
#[derive(Debug, Clone, Copy)]
pub struct ReplierSide;

impl Sealed for ReplierSide {}

impl Side for ReplierSide {
    type Call = ();

    fn call(&self, _socket: &Socket) {}
}

impl Receiving for ReplierSide {
    type Item = Request;

    fn receive(&self, socket: &Socket, deadline: Deadline) -> Result<Request> {
        loop {
            let message = socket.receive(deadline)?;
            let frames = message.frame_count();
            if let Some((envelope, message)) = split(message) {
                return Ok(Request {
                    envelope,
                    message,
                    socket: socket.clone(),
                    answered: false,
                });
            }
            socket.skip();
            warn!("reply: passed over {frames} frames without an empty one before the request");
        }
    }
}

/// Splits what a ROUTER receives: who sent it, up to the first empty frame, and the request.
fn split(message: Message) -> Option<(Vec<Frame>, Message)> {
    let mut frames: Vec<Frame> = message.into_iter().collect();
    // The first frame is the peer's name, which is not to be looked into.
    let empty = 1 + frames.iter().skip(1).position(|frame| frame.is_empty())?;
    if empty + 1 == frames.len() {
        return None;
    }
    let mut rest = frames.split_off(empty + 1);
    let first = rest.remove(0);
    Some((frames, Message::new(first, rest)))
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

    /// Sends the reply, without waiting; it may be done from any thread, and in any order.
    ///
    /// # Errors
    ///
    /// A [`SendError`] that gives the reply back, for [`Error::EmptyMessage`],
    /// [`Error::Stopped`] and [`Error::Forked`]. A requester that is gone is not an error: see
    /// [`Delivery`].
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
        let reply = frames.into_message()?;
        self.answered = true;
        let envelope = self.envelope.len();
        let mut enveloped = mem::take(&mut self.envelope).into_iter();
        let first = enveloped.next().unwrap_or_default();
        let mut message = Message::new(first, enveloped.chain(reply).collect());
        let sent = self.socket.send(&mut message, Deadline::Now);
        match sent.map_err(Error::from) {
            Ok(()) => Ok(Delivery::Queued),
            Err(Error::PeerLost) => {
                debug!("reply: the requester has gone");
                Ok(Delivery::Gone)
            }
            Err(Error::WouldBlock) => {
                warn!("reply: dropped, the requester does not read its replies");
                Ok(Delivery::Full)
            }
            Err(error) => {
                for _ in 0..envelope {
                    message.pop_front();
                }
                Err(SendError::new(error, message))
            }
        }
    }
}

impl std::ops::Deref for Request {
    type Target = Message;

    fn deref(&self) -> &Message {
        &self.message
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
        if !self.answered {
            let bytes = self.message.byte_count();
            warn!("reply: a request of {bytes} bytes was never replied to");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(frames: &[&str]) -> Option<(usize, Vec<String>)> {
        let message = frames.into_message().unwrap();
        let (envelope, request) = split(message)?;
        let request = request.iter().map(|frame| frame.to_string()).collect();
        Some((envelope.len(), request))
    }

    #[test]
    fn the_envelope_ends_with_the_first_empty_frame() {
        assert_eq!(parts(&["peer", "", "a"]), Some((2, vec!["a".into()])));
        assert_eq!(parts(&["peer", "id", "", "a"]), Some((3, vec!["a".into()])));
        let second = Some((2, vec!["".into(), "a".into()]));
        assert_eq!(parts(&["peer", "", "", "a"]), second);
    }

    #[test]
    fn without_an_envelope_or_a_request_it_is_passed_over() {
        assert_eq!(parts(&["peer"]), None);
        assert_eq!(parts(&["peer", "a"]), None);
        assert_eq!(parts(&["peer", ""]), None);
        assert_eq!(parts(&["", "a"]), None);
    }
}

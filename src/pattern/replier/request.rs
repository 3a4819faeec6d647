//! A request, which is to be replied to.

use std::fmt;
use std::ops::Deref;

use super::{Delivery, ReplySender, Unreplied};
use crate::error::{Error, Result};
use crate::message::{Frame, Frames, Message};
use crate::pattern::SendError;

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
    message: Message,
    unreplied: Unreplied,
}

impl Request {
    pub(super) fn new(message: Message, unreplied: Unreplied) -> Request {
        Request { message, unreplied }
    }

    /// Sends the reply, without waiting, also when the handle was stopped; from any thread, and in
    /// any order.
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
    pub fn reply(self, frames: impl Frames) -> Result<Delivery, SendError> {
        self.unreplied.reply(frames)
    }

    /// Takes the request apart: the message, to keep, and the [`ReplySender`] that replies to it.
    ///
    /// The second half is callable, `reply(&"text")`, and has [`send`](ReplySender::send).
    ///
    /// ```
    /// # use zeroless::{Client, Server};
    /// # let server = Server::bind(0)?;
    /// # let replier = server.reply()?;
    /// # let requester = Client::connect(server.port())?.request()?;
    /// # let pending = requester.start(("add", "1", "2"))?;
    /// let (message, reply) = replier.recv()?.split();
    /// let [_add, one, two] = message.parts()?;
    /// reply.send([two, one])?;
    /// assert_eq!(pending.wait()?, ["2", "1"]);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn split(self) -> (Message, ReplySender) {
        (self.message, ReplySender::new(self.unreplied))
    }

    /// The frames as an array, for destructuring; the request can still be replied to.
    ///
    /// # Errors
    ///
    /// [`Error::FrameCount`] if there are not exactly `N`.
    ///
    /// ```
    /// # use zeroless::{Client, Server};
    /// # let server = Server::bind(0)?;
    /// # let replier = server.reply()?;
    /// # let requester = Client::connect(server.port())?.request()?;
    /// # let pending = requester.start(("shout", "hello"))?;
    /// let request = replier.recv()?;
    /// match request.parts()? {
    ///     [command, text] if command == "shout" => {
    ///         let loud = text.as_str()?.to_uppercase();
    ///         request.reply(loud)?
    ///     }
    ///     _ => request.reply("not understood")?,
    /// };
    /// assert_eq!(pending.wait()?, "HELLO");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn parts<const N: usize>(&self) -> Result<[&Frame; N]> {
        let frames = self.message.frames();
        match <&[Frame; N]>::try_from(frames) {
            Ok(frames) => Ok(frames.each_ref()),
            Err(_) => Err(Error::FrameCount {
                expected: N,
                got: frames.len(),
            }),
        }
    }

    /// The message of the request.
    ///
    /// ```
    /// # use zeroless::{Client, Server};
    /// # let server = Server::bind(0)?;
    /// # let replier = server.reply()?;
    /// # let requester = Client::connect(server.port())?.request()?;
    /// # let pending = requester.start("hello")?;
    /// let request = replier.recv()?;
    /// assert_eq!(*request.message(), "hello");
    /// # request.reply("hello")?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn message(&self) -> &Message {
        &self.message
    }

    pub(super) fn into_inner(self) -> (Message, Unreplied) {
        (self.message, self.unreplied)
    }
}

impl Deref for Request {
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
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message.fmt(f)
    }
}

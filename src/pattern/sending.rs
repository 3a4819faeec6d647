//! Sending: the calls of every handle that sends messages.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{Callable, Handle, Side};
use crate::error::Error;
use crate::message::{DynFrames, Frames, Message};
use crate::socket::Socket;
use crate::wake::Deadline;

/// A side that sends messages: push, publish and pair.
///
/// ```
/// use zeroless::{Handle, SendError, Sending};
/// fn greet<P: Sending>(handle: &Handle<P>) -> Result<(), SendError> {
///     handle.send("hello")
/// }
/// greet(&zeroless::Server::bind(0)?.publish()?)?;
/// # Ok::<(), zeroless::Error>(())
/// ```
pub trait Sending: Side {
    /// Whether messages are sent as they are.
    #[doc(hidden)]
    const AS_THEY_ARE: bool = true;

    /// Makes a message ready, or refuses it.
    #[doc(hidden)]
    #[inline]
    fn prepare(&self, _socket: &Socket, _message: &mut Message) -> Result<(), Error> {
        Ok(())
    }

    /// Undoes what was done to a message to make it ready.
    #[doc(hidden)]
    fn restore(&self, _message: &mut Message) {}
}

/// A message that was not sent, and why; it gives the message back.
///
/// # Examples
///
/// ```
/// use zeroless::Server;
///
/// let push = Server::bind(0)?.push()?; // nobody is connected
/// let unsent = push.try_send(("id", "payload")).unwrap_err();
/// assert!(unsent.is_timeout());
/// assert_eq!(unsent.into_message(), ["id", "payload"]);
/// # Ok::<(), zeroless::Error>(())
/// ```
pub struct SendError(Box<Unsent>);

struct Unsent {
    error: Error,
    message: Message,
}

impl SendError {
    #[cold]
    pub(crate) fn new(error: Error, message: Message) -> SendError {
        SendError(Box::new(Unsent { error, message }))
    }

    /// Why it was not sent.
    ///
    /// ```
    /// # use zeroless::Error;
    /// let push = zeroless::Server::bind(0)?.push()?;
    /// assert_eq!(push.try_send("a").unwrap_err().error(), &Error::WouldBlock);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn error(&self) -> &Error {
        &self.0.error
    }

    /// The message, to be sent again.
    ///
    /// After [`Error::PeerLost`] the frames that were handed over already are empty; after
    /// [`Error::EmptyMessage`] there was none, and it is one empty frame.
    ///
    /// ```
    /// let push = zeroless::Server::bind(0)?.push()?;
    /// assert_eq!(push.try_send("a").unwrap_err().into_message(), "a");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn into_message(self) -> Message {
        self.0.message
    }

    /// Whether time ran out, or a `try_send` would have had to wait.
    ///
    /// ```
    /// let push = zeroless::Server::bind(0)?.push()?;
    /// assert!(push.try_send("a").unwrap_err().is_timeout());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn is_timeout(&self) -> bool {
        self.0.error.is_timeout()
    }

    /// Whether the handle was stopped.
    ///
    /// ```
    /// let push = zeroless::Server::bind(0)?.push()?;
    /// push.stop();
    /// assert!(push.send("a").unwrap_err().is_stopped());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn is_stopped(&self) -> bool {
        self.0.error.is_stopped()
    }
}

/// As `Display` has it: it is what a `main` that returns an error prints.
impl fmt::Debug for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the message was not sent: {}", self.0.error)
    }
}

impl std::error::Error for SendError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0.error)
    }
}

/// There was no message to begin with.
impl From<Error> for SendError {
    #[cold]
    fn from(error: Error) -> SendError {
        SendError::new(error, Message::from(""))
    }
}

/// Forgets the message.
impl From<SendError> for Error {
    fn from(unsent: SendError) -> Error {
        unsent.0.error
    }
}

impl<P: Sending> Handle<P> {
    /// Sends a message, waiting until there is room for it.
    ///
    /// Sent means queued: it is delivered in the background. It waits while no peer can take
    /// it, for ever unless [`Options::send_timeout`](crate::Options::send_timeout) says
    /// otherwise.
    ///
    /// # Errors
    ///
    /// A [`SendError`] that gives the message back, for [`Error::Timeout`],
    /// [`Error::Stopped`], [`Error::EmptyMessage`], [`Error::FrameTooLarge`],
    /// [`Error::TopicMissing`], [`Error::PeerLost`] and [`Error::Forked`].
    ///
    /// ```
    /// use zeroless::{Client, Server};
    ///
    /// let server = Server::bind(0)?;
    /// let pull = server.pull()?;
    /// let push = Client::connect(server.port())?.push()?;
    /// push.send("one frame")?;
    /// push.send(("7", b"payload", vec![1u8]))?; // a tuple is a message of several
    /// assert_eq!(pull.recv()?, "one frame");
    /// assert_eq!(pull.recv()?.frame_count(), 3);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[inline]
    pub fn send(&self, frames: impl Frames) -> Result<(), SendError> {
        let deadline = Deadline::after_some(self.socket.options().send_timeout);
        self.send_until(frames, deadline)
    }

    /// Sends a message if there is room for it now, also when the handle was stopped.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), with [`Error::WouldBlock`] where that would wait.
    ///
    /// ```
    /// let push = zeroless::Server::bind(0)?.push()?;
    /// assert!(push.try_send("nobody is there").is_err());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[inline]
    pub fn try_send(&self, frames: impl Frames) -> Result<(), SendError> {
        self.send_until(frames, Deadline::Now)
    }

    /// Sends a message, waiting no longer than this until there is room for it.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// ```
    /// use std::time::Duration;
    /// let push = zeroless::Server::bind(0)?.push()?;
    /// assert!(push.send_timeout("nobody", Duration::from_millis(1)).is_err());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn send_timeout(&self, frames: impl Frames, timeout: Duration) -> Result<(), SendError> {
        self.send_until(frames, Deadline::after(timeout))
    }

    #[inline]
    fn send_until(&self, frames: impl Frames, deadline: Deadline) -> Result<(), SendError> {
        if P::AS_THEY_ARE
            && let Some(bytes) = frames.single()
            && bytes.len() <= COPIED_AGAIN
        {
            return match self.socket.send_bytes(bytes, deadline) {
                Ok(()) => Ok(()),
                Err(error) => Err(SendError::new(*error, frames.into_message()?)),
            };
        }
        send(&self.side, &self.socket, frames.into_message()?, deadline)
    }
}

/// How many bytes may be copied anew for each attempt at sending them; more become a message
/// first, which is kept.
const COPIED_AGAIN: usize = 4096;

#[inline]
fn send<P: Sending>(
    side: &P,
    socket: &Socket,
    mut message: Message,
    deadline: Deadline,
) -> Result<(), SendError> {
    if let Err(error) = side.prepare(socket, &mut message) {
        return Err(SendError::new(error, message));
    }
    match socket.send(&[], &mut message, deadline) {
        Ok(()) => Ok(()),
        Err(error) => {
            side.restore(&mut message);
            Err(SendError::new(*error, message))
        }
    }
}

/// What calling a handle that sends does.
pub(super) type SendCall = Arc<Callable<Result<(), SendError>>>;

pub(super) fn call<P: Sending>(side: &P, socket: &Socket) -> SendCall {
    let (side, socket) = (side.clone(), socket.clone());
    Arc::new(move |frames: &dyn DynFrames| {
        let deadline = Deadline::after_some(socket.options().send_timeout);
        send(&side, &socket, frames.to_message()?, deadline)
    })
}

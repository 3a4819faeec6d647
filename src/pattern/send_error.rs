//! A message that was not sent.

use std::fmt;

use crate::error::Error;
use crate::message::Message;

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

    /// The same message, with a better reason why it was not sent.
    #[cold]
    pub(super) fn map_error(mut self, change: impl FnOnce(Error) -> Error) -> SendError {
        let unsent = &mut *self.0;
        unsent.error = change(std::mem::replace(&mut unsent.error, Error::Stopped));
        self
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

    /// Gives the message back, to be sent again.
    ///
    /// After [`Error::PeerLost`] the owned frames that were handed over already are empty. After
    /// [`Error::EmptyMessage`] the message has no frames.
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

/// The same as `Display`, since a `main` that returns an error prints this.
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

/// It has no `source`: its text says the cause already, and [`error`](SendError::error) gives it.
impl std::error::Error for SendError {}

/// There was no message to begin with.
impl From<Error> for SendError {
    #[cold]
    fn from(error: Error) -> SendError {
        SendError::new(error, Message::new())
    }
}

/// Forgets the message.
impl From<SendError> for Error {
    fn from(unsent: SendError) -> Error {
        unsent.0.error
    }
}

//! Errors, and how to handle each.

mod module;
mod refusal;
mod wait;

use std::fmt;
use std::path::PathBuf;

pub use module::ModuleError;
pub use refusal::Refusal;
pub use wait::Wait;

use crate::endpoint::{Endpoint, InvalidEndpoint, Place};

/// The result of a call that may fail with an [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error; each variant says how the caller can handle it.
///
/// # Examples
///
/// ```
/// use zeroless::{Error, Server};
///
/// let pull = Server::bind(0)?.pull()?;
/// match pull.try_recv() {
///     Ok(message) => println!("{message}"),
///     Err(Error::WouldBlock) => println!("nothing there yet"),
///     Err(error) => return Err(error),
/// }
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The handle was stopped or closed. Calls that do not wait go on until it is closed; make a
    /// new one to wait again.
    #[error("the handle was stopped; make a new one to go on")]
    Stopped,

    /// A `try_` call would have had to wait. Try again later, or use the call that waits.
    #[error("the call would have to wait; try again later, or use the call that waits")]
    WouldBlock,

    /// The time given ran out. Nothing was received, or sent; try again, or see to the peer that
    /// `refused` names.
    #[non_exhaustive]
    #[error("the time ran out: {waited_for}{}", also(refused.as_deref()))]
    Timeout {
        /// The thing that the call waited for.
        waited_for: Wait,
        /// The [`Error::Refused`] of a peer that we do not come together with, if one was known
        /// when the time ran out.
        refused: Option<Box<Error>>,
    },

    /// A message must have at least one frame; the frame itself may be empty.
    #[error("a message needs at least one frame (an empty frame is one: send(\"\"))")]
    EmptyMessage,

    /// A frame is larger than [`max_frame`](crate::Options::max_frame), and so is not sent: its
    /// receiver would end the connection. Send it in parts, or raise `max_frame` on both ends.
    #[error(
        "a frame of {size} bytes exceeds max_frame ({max} bytes); send it in parts, or raise \
         max_frame on both ends"
    )]
    FrameTooLarge {
        /// How many bytes the frame has.
        size: u64,
        /// How many a frame may have.
        max: u64,
    },

    /// A message has another number of frames than the destructuring asked for.
    #[error("expected a message of {expected} parts (frames), got one of {got}")]
    FrameCount {
        /// How many frames were asked for.
        expected: usize,
        /// How many frames the message has.
        got: usize,
    },

    /// A frame was asked for as text and is not UTF-8. Use its bytes.
    #[error("the frame is not UTF-8 text; use its bytes")]
    NotUtf8,

    /// The endpoint cannot be used as it is written; `reason` says what to change. It stays a text:
    /// most that is written wrong cannot be read as an endpoint.
    #[error("invalid endpoint `{endpoint}`: {reason}")]
    InvalidEndpoint {
        /// The endpoint as it was given.
        endpoint: String,
        /// The mistake in it, and how to write it right.
        reason: String,
    },

    /// The host name could not be resolved. Check its spelling and the network.
    #[error("cannot resolve host `{host}` ({reason}); check its spelling and the network")]
    HostNotFound {
        /// The name that was looked up.
        host: String,
        /// The resolver's own words.
        reason: String,
    },

    /// Somebody else is bound to this endpoint. Stop them, or bind another: `Server::bind(0)`
    /// takes a free port.
    #[error(
        "{endpoint} is in use; stop the program that has it, or bind {}",
        a_free_one(endpoint)
    )]
    AddressInUse {
        /// The endpoint that is taken.
        endpoint: Endpoint,
    },

    /// The client is connected to this endpoint already.
    #[error("already connected to {endpoint}")]
    AlreadyConnected {
        /// The endpoint that was given twice.
        endpoint: Endpoint,
    },

    /// There is no such connection to disconnect.
    #[error("not connected to {endpoint}")]
    NotConnected {
        /// The endpoint that was given.
        endpoint: Endpoint,
    },

    /// The server is not bound to this endpoint.
    #[error("not bound to {endpoint}")]
    NotBound {
        /// The endpoint that was given.
        endpoint: Endpoint,
    },

    /// A pair has exactly two ends, so a client in this pattern has one endpoint at most.
    #[error("a pair connects to one endpoint only, and already has one")]
    PairTaken,

    /// The server's port carries another pattern. Drop that handle (and its clones) first, or
    /// bind a second server.
    #[error("{endpoint} already serves {pattern}; drop that handle first, or bind another server")]
    PatternTaken {
        /// The server's endpoint.
        endpoint: Endpoint,
        /// The pattern that it serves.
        pattern: &'static str,
    },

    /// The message does not begin with the publisher's topic. Put it at the beginning of the
    /// first frame, or let the publisher embed it.
    #[error("the message must begin with the topic `{topic}`, or the publisher embed it")]
    TopicMissing {
        /// The publisher's topic.
        topic: String,
    },

    /// The peer refused the connection, or was not a peer that fits. It is tried again, more
    /// and more rarely; look at the program that listens there.
    #[error("no connection with {endpoint}: {refusal}")]
    Refused {
        /// The endpoint that refused.
        endpoint: Endpoint,
        /// Why.
        refusal: Refusal,
    },

    /// The peer that this message was meant for has left in the middle of it. The frames that were handed
    /// over went with it; send the message again, whole.
    #[error("the peer left in the middle of a message; send it again")]
    PeerLost,

    /// The connection that a request went to has ended before the reply came. The request may have been handled,
    /// or not; only one that may be handled twice should be sent again.
    #[error("the connection ended before the reply came; the request may have been handled")]
    ConnectionLost,

    /// There is no such peer, or not any more: peers come and go.
    #[error("there is no peer {peer}; it may have left")]
    NoPeer {
        /// Its identity.
        peer: String,
    },

    /// This process is a fork of the one that made the handle. Make a new one here.
    #[error("the handle belongs to the process that this one was forked from; make a new one")]
    Forked,

    /// The process has no file descriptor left. Close something, or raise `ulimit -n`.
    #[error("out of file descriptors (raise `ulimit -n`)")]
    OutOfFiles,

    /// An option's value is out of its range.
    #[error("invalid option {option}: {reason}")]
    InvalidOption {
        /// The option's name.
        option: &'static str,
        /// The mistake in its value.
        reason: String,
    },

    /// A text is not a key of CURVE; `reason` says what is wrong with it.
    #[error("invalid key: {reason}")]
    InvalidKey {
        /// The mistake in it.
        reason: String,
    },

    /// A file cannot be read, written or used; `reason` says what to change.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file's path, as it was given.
        path: PathBuf,
        /// The system's own words, or the mistake in the file.
        reason: String,
    },

    /// The call cannot be done here; `what` says why.
    #[error("not supported: {what}")]
    Unsupported {
        /// The thing that was asked for, and why it cannot be had.
        what: String,
    },

    /// The operating system or libzmq refused for another reason.
    #[error("{operation}: {reason}")]
    System {
        /// The operation that failed.
        operation: &'static str,
        /// The system's own words.
        reason: String,
    },

    /// The error of a module that has errors of its own; [`downcast_ref`](Error::downcast_ref) gives
    /// it.
    #[error(transparent)]
    Module(ModuleError),
}

/// As `Display` has it: a `main` that returns an error prints this.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error {
    /// Whether time ran out: the call may be repeated as it is.
    ///
    /// ```
    /// # use std::time::Duration;
    /// let pull = zeroless::Server::bind(0)?.pull()?;
    /// assert!(pull.recv_timeout(Duration::ZERO).unwrap_err().is_timeout());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn is_timeout(&self) -> bool {
        matches!(self, Error::Timeout { .. } | Error::WouldBlock)
    }

    /// Whether the handle was stopped: a loop should end.
    ///
    /// ```
    /// let pull = zeroless::Server::bind(0)?.pull()?;
    /// pull.stop();
    /// assert!(pull.recv().unwrap_err().is_stopped());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn is_stopped(&self) -> bool {
        matches!(self, Error::Stopped)
    }

    /// Why a peer and we did not come together, if this is such an error, or a timeout that is due
    /// to one.
    ///
    /// ```
    /// use std::time::Duration;
    /// use zeroless::{Client, Error, Refusal, Server};
    ///
    /// let server = Server::bind(0)?;
    /// let replier = server.reply()?;
    /// let pull = Client::connect(server.port())?.pull()?; // the wrong pattern
    /// let refused = |error: &Error| error.refusal().is_some();
    /// let error = std::iter::repeat_with(|| pull.recv_timeout(Duration::from_millis(10)))
    ///     .filter_map(Result::err)
    ///     .find(refused);
    /// assert!(matches!(error.unwrap().refusal(), Some(Refusal::WrongPattern { .. })));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Error::Refused { refusal, .. } => Some(refusal),
            Error::Timeout { refused, .. } => refused.as_ref()?.refusal(),
            _ => None,
        }
    }

    /// The error of a module that has errors of its own, if this is one of that type.
    ///
    /// ```
    /// use zeroless::{Error, zre};
    ///
    /// fn peer(text: &str) -> zeroless::Result<zre::Uuid> {
    ///     Ok(text.parse()?)
    /// }
    /// let error = peer("alice").unwrap_err();
    /// assert!(matches!(error.downcast_ref(), Some(zre::Error::InvalidUuid { .. })));
    /// ```
    pub fn downcast_ref<E: std::error::Error + 'static>(&self) -> Option<&E> {
        match self {
            Error::Module(error) => error.downcast_ref(),
            _ => None,
        }
    }

    /// A timeout of which no more is known.
    pub(crate) fn timeout(waited_for: Wait) -> Error {
        Error::Timeout {
            waited_for,
            refused: None,
        }
    }

    /// The same, with its `waited_for` put right, if it is a timeout.
    pub(crate) fn waiting_for(mut self, change: impl FnOnce(&mut Wait)) -> Error {
        if let Error::Timeout { waited_for, .. } = &mut self {
            change(waited_for);
        }
        self
    }

    pub(crate) fn system(operation: &'static str, reason: impl ToString) -> Error {
        Error::System {
            operation,
            reason: reason.to_string(),
        }
    }
}

/// The words on a refusal after the rest.
fn also(refused: Option<&Error>) -> String {
    refused.map_or_else(String::new, |error| format!("; {error}"))
}

/// What to bind instead of an endpoint that is taken.
fn a_free_one(taken: &Endpoint) -> &'static str {
    match taken.place() {
        Place::Tcp { .. } => "port 0 for any free one",
        Place::Ipc(_) => "another path",
        Place::Inproc(_) => "another name",
    }
}

/// An error on its way up: small, where results are returned for every message.
pub(crate) type BoxedError = Box<Error>;

impl From<BoxedError> for Error {
    fn from(error: BoxedError) -> Error {
        *error
    }
}

impl From<InvalidEndpoint> for Error {
    fn from(invalid: InvalidEndpoint) -> Error {
        let InvalidEndpoint { endpoint, reason } = invalid;
        Error::InvalidEndpoint { endpoint, reason }
    }
}

//! Why a call failed, and whether it may have run.

use std::fmt;

use super::Failure;
use crate::error::Error;
use crate::printable::Printable;

/// Why a call failed; each variant says whether the command may have run, and what to do.
///
/// `E` is the error of the command's own service: a [`Failure`], unless the command has another.
///
/// ```
/// use zeroless::rpc::{CallError, Failure};
///
/// fn tell(error: CallError) {
///     match error {
///         CallError::Service(failure) => println!("the service says: {failure}"),
///         error if error.may_have_run() => println!("perhaps done: {error}"),
///         error => println!("not done: {error}"),
///     }
/// }
/// tell(CallError::Service(Failure::new("no such account")));
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallError<E = Failure> {
    /// The service ran, and this is its own error.
    Service(E),

    /// The call was not sent, so it did not run. It can be made again once the reason is mended.
    #[non_exhaustive]
    NotSent {
        /// Why.
        reason: Error,
    },

    /// The call was sent, and no reply came: it may have run, may be running, or may yet run. Make it again only if it does
    /// no harm to run it twice; such commands are [idempotent](super::Command::IDEMPOTENT), and repeated by themselves.
    #[non_exhaustive]
    MayHaveRun {
        /// [`Error::Timeout`], [`Error::ConnectionLost`] if the server's connection ended, [`Error::Unsupported`] if a relay
        /// keeps the call for later and brings no reply, or what else ended the wait.
        reason: Error,
    },

    /// The server has too much to do, and did not take the call: it did not run. Make it later, or at another server.
    #[non_exhaustive]
    Busy {
        /// The limit that was reached.
        limit: Box<str>,
    },

    /// The server has no such command, so nothing ran. Correct the name, or connect to a server that has it.
    #[non_exhaustive]
    NoSuchCommand {
        /// The name that was called.
        name: Box<str>,
        /// The name that is most like it, of those that the server has.
        nearest: Option<Box<str>>,
    },

    /// The command is not one that the service understands, so it did not run. Both ends must have the same
    /// fields; those that one end alone has need a `#[serde(default)]`.
    #[non_exhaustive]
    BadRequest {
        /// Where in the command the mistake is, such as `orders[3].price`; empty for the command as a whole.
        path: Box<str>,
        /// The mistake.
        reason: Box<str>,
    },

    /// The reply is not one that the caller understands. The command ran.
    #[non_exhaustive]
    BadReply {
        /// Where in the reply the mistake is; empty for the reply as a whole.
        path: Box<str>,
        /// The mistake.
        reason: Box<str>,
    },

    /// The body of the request or of the reply is too large. Ask for less at a time. With a reply, the command ran.
    #[non_exhaustive]
    TooLarge {
        /// Whether it is the reply that is too large.
        is_reply: bool,
        /// How many bytes it has.
        size: u64,
        /// How many it may have.
        max: u64,
    },

    /// The server does not let this caller call the command, so it did not run.
    #[non_exhaustive]
    Denied {
        /// The server's reason.
        reason: Box<str>,
    },

    /// The call was cancelled. It may have run, if it had begun.
    Cancelled,

    /// The service panicked; the server's log says why. It ran, up to there.
    Panicked,

    /// The call's time was over before it was begun, so it did not run. Give it more time, or the server less to do.
    Expired,

    /// The two ends do not understand each other: the program at the other end is older, or is not a server. The
    /// command did not run.
    #[non_exhaustive]
    Protocol {
        /// What is not understood, in the server's words.
        reason: Box<str>,
    },

    /// An error that this version does not know, or not with these details; the server's is newer. The command may have run.
    #[non_exhaustive]
    Other {
        /// Its number on the wire.
        code: u64,
        /// The server's words.
        text: Box<str>,
    },
}

impl<E> CallError<E> {
    /// Whether the command may have run, or is running: if not, it can be called again without harm.
    ///
    /// ```
    /// use zeroless::rpc::{CallError, Failure};
    /// let error: CallError = CallError::Service(Failure::new("it is full"));
    /// assert!(error.may_have_run());
    /// assert!(!CallError::<Failure>::Expired.may_have_run());
    /// ```
    pub fn may_have_run(&self) -> bool {
        match self {
            CallError::Service(_)
            | CallError::MayHaveRun { .. }
            | CallError::BadReply { .. }
            | CallError::Cancelled
            | CallError::Panicked
            | CallError::Other { .. } => true,
            CallError::TooLarge { is_reply, .. } => *is_reply,
            CallError::NotSent { .. }
            | CallError::Busy { .. }
            | CallError::NoSuchCommand { .. }
            | CallError::BadRequest { .. }
            | CallError::Denied { .. }
            | CallError::Expired
            | CallError::Protocol { .. } => false,
        }
    }

    /// The service's own error, if it is that.
    ///
    /// ```
    /// use zeroless::rpc::{CallError, Failure};
    /// let error = CallError::Service(Failure::new("it is full"));
    /// assert_eq!(error.service(), Some(&Failure::new("it is full")));
    /// ```
    pub fn service(&self) -> Option<&E> {
        match self {
            CallError::Service(error) => Some(error),
            _ => None,
        }
    }

    /// The same error, or another one in the place of the service's own.
    pub(crate) fn or_else<F>(self, service: impl FnOnce(E) -> CallError<F>) -> CallError<F> {
        match self {
            CallError::Service(error) => service(error),
            CallError::NotSent { reason } => CallError::NotSent { reason },
            CallError::MayHaveRun { reason } => CallError::MayHaveRun { reason },
            CallError::Busy { limit } => CallError::Busy { limit },
            CallError::NoSuchCommand { name, nearest } => {
                CallError::NoSuchCommand { name, nearest }
            }
            CallError::BadRequest { path, reason } => CallError::BadRequest { path, reason },
            CallError::BadReply { path, reason } => CallError::BadReply { path, reason },
            CallError::TooLarge {
                is_reply,
                size,
                max,
            } => CallError::TooLarge {
                is_reply,
                size,
                max,
            },
            CallError::Denied { reason } => CallError::Denied { reason },
            CallError::Cancelled => CallError::Cancelled,
            CallError::Panicked => CallError::Panicked,
            CallError::Expired => CallError::Expired,
            CallError::Protocol { reason } => CallError::Protocol { reason },
            CallError::Other { code, text } => CallError::Other { code, text },
        }
    }

    fn describe(
        &self,
        f: &mut fmt::Formatter<'_>,
        service: impl FnOnce(&E, &mut fmt::Formatter<'_>) -> fmt::Result,
    ) -> fmt::Result {
        match self {
            CallError::Service(error) => service(error, f),
            CallError::NotSent { reason } => write!(f, "the call was not sent: {reason}"),
            CallError::MayHaveRun { reason } => write!(
                f,
                "the call may have run: {reason}; make it again only if it does no harm to run it twice"
            ),
            CallError::Busy { limit } => {
                write!(f, "the server is busy ({}); call again later, or another server", Printable(limit))
            }
            CallError::NoSuchCommand { name, nearest } => {
                write!(f, "the server has no command `{}`", Printable(name))?;
                match nearest {
                    Some(nearest) => write!(f, "; did you mean `{}`?", Printable(nearest)),
                    None => Ok(()),
                }
            }
            CallError::BadRequest { path, reason } => {
                write!(
                    f,
                    "the service does not understand the command{}: {}",
                    At(path),
                    Printable(reason)
                )
            }
            CallError::BadReply { path, reason } => write!(
                f,
                "the command ran, but its reply is not understood{}: {}",
                At(path),
                Printable(reason)
            ),
            CallError::TooLarge { is_reply, size, max } => {
                let which = if *is_reply { "the command ran, but its reply" } else { "the command" };
                write!(
                    f,
                    "{which} has {size} bytes, more than the {max} that a body may have; ask for less at a time"
                )
            }
            CallError::Denied { reason } => {
                write!(f, "the server does not allow the call: {}", Printable(reason))
            }
            CallError::Cancelled => f.write_str("the call was cancelled"),
            CallError::Panicked => f.write_str("the service panicked; the server's log says why"),
            CallError::Expired => f.write_str(
                "the time was over before the server could begin; give the call more time, or the server less to do",
            ),
            CallError::Protocol { reason } => {
                write!(f, "the two ends do not understand each other: {}", Printable(reason))
            }
            CallError::Other { code, text } => {
                write!(f, "{} (error {code} of a newer version)", Printable(text))
            }
        }
    }
}

/// Where a mistake is, unless it is the whole.
struct At<'a>(&'a str);

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            "" => Ok(()),
            path => write!(f, ", at `{}`", Printable(path)),
        }
    }
}

impl<E: fmt::Display> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.describe(f, |error, f| write!(f, "{error}"))
    }
}

/// As `Display` has it, and the service's own error as its own `Debug` has it: a `main` that returns an error prints
/// this.
impl<E: fmt::Debug> fmt::Debug for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.describe(f, |error, f| write!(f, "{error:?}"))
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for CallError<E> {}

//! Sending: the calls of every handle that sends messages.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Handle, SendError};
use crate::error::BoxedError;
use crate::message::{DynFrames, Frames, Message};
use crate::socket::{NO_ENVELOPE, Socket};
use crate::wake::Deadline;

/// The calls of the handles that send, for code that is generic over them: [`Push`](crate::Push),
/// [`Publisher`](crate::Publisher), [`Pair`](crate::Pair) and [`Dealer`](crate::Dealer).
///
/// Each of them has these methods of its own, with the same names and an example each. It is
/// implemented for them alone.
///
/// ```
/// use zeroless::{SendError, Sending};
///
/// fn greet(handle: &impl Sending) -> Result<(), SendError> {
///     handle.send("hello")
/// }
/// greet(&zeroless::Server::bind(0)?.publish()?)?;
/// # Ok::<(), zeroless::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handle that sends",
    note = "`Push`, `Publisher`, `Pair` and `Dealer` send; a `Requester` requests, a `Request` is replied to, and a `Router` sends to a peer (`send_to`)"
)]
pub trait Sending: Handle {
    /// Sends a message, waiting for room; see [`Push::send`](crate::Push::send).
    ///
    /// # Errors
    ///
    /// As the handles' own method.
    fn send(&self, frames: impl Frames) -> Result<(), SendError>;

    /// Sends a message if there is room now; see [`Push::try_send`](crate::Push::try_send).
    ///
    /// # Errors
    ///
    /// As the handles' own method.
    fn try_send(&self, frames: impl Frames) -> Result<(), SendError>;

    /// Sends a message, waiting no longer than this; see
    /// [`Push::send_timeout`](crate::Push::send_timeout).
    ///
    /// # Errors
    ///
    /// As the handles' own method.
    fn send_timeout(&self, frames: impl Frames, timeout: Duration) -> Result<(), SendError>;

    /// Sends a message, waiting no longer than until then; see
    /// [`Push::send_deadline`](crate::Push::send_deadline).
    ///
    /// # Errors
    ///
    /// As the handles' own method.
    fn send_deadline(&self, frames: impl Frames, deadline: Instant) -> Result<(), SendError>;
}

/// Gives a handle that has a `send_until` the calls that send, as methods of its own.
///
/// Its arguments are the name of the handle in the examples, the expression that opens one, and an
/// example of sending.
macro_rules! sending {
    ($handle:ident, $name:literal, $open:literal, $example:literal) => {
        impl $handle {
            /// Sends a message, waiting until there is room for it.
            ///
            /// Sent means queued: it is delivered in the background. It waits while no peer can
            /// take it, for ever unless [`Options::send_timeout`](crate::Options::send_timeout)
            /// says otherwise.
            ///
            /// # Errors
            ///
            /// A [`SendError`](crate::SendError) that gives the message back, for
            /// [`Timeout`](crate::Error::Timeout), [`Stopped`](crate::Error::Stopped),
            /// [`EmptyMessage`](crate::Error::EmptyMessage),
            /// [`FrameTooLarge`](crate::Error::FrameTooLarge),
            /// [`TopicMissing`](crate::Error::TopicMissing),
            /// [`PeerLost`](crate::Error::PeerLost) and [`Forked`](crate::Error::Forked).
            #[doc = concat!("\n```\n", $example, "\n# Ok::<(), zeroless::Error>(())\n```")]
            #[inline]
            pub fn send(
                &self,
                frames: impl crate::Frames,
            ) -> std::result::Result<(), crate::SendError> {
                let socket = crate::pattern::sealed::Sealed::socket(self);
                let deadline = crate::pattern::sending::default_deadline(socket);
                self.send_until(frames, deadline)
            }

            /// Sends a message if there is room for it now, also when the handle was stopped.
            ///
            /// # Errors
            ///
            /// As [`send`](Self::send), with [`WouldBlock`](crate::Error::WouldBlock) where that
            /// would wait.
            #[doc = concat!("\n```\nlet ", $name, " = ", $open, ";")]
            #[doc = concat!("if let Err(unsent) = ", $name, ".try_send(\"hello\") {")]
            ///     println!("{unsent}");
            /// }
            /// # Ok::<(), zeroless::Error>(())
            /// ```
            #[inline]
            pub fn try_send(
                &self,
                frames: impl crate::Frames,
            ) -> std::result::Result<(), crate::SendError> {
                self.send_until(frames, crate::wake::Deadline::Now)
            }

            /// Sends a message, waiting no longer than this until there is room for it.
            ///
            /// # Errors
            ///
            /// As [`send`](Self::send).
            #[doc = concat!("\n```\nuse std::time::Duration;\n\nlet ", $name, " = ", $open, ";")]
            #[doc = concat!("if let Err(unsent) = ", $name, ".send_timeout(\"hello\", Duration::from_millis(1)) {")]
            ///     println!("{unsent}");
            /// }
            /// # Ok::<(), zeroless::Error>(())
            /// ```
            pub fn send_timeout(
                &self,
                frames: impl crate::Frames,
                timeout: std::time::Duration,
            ) -> std::result::Result<(), crate::SendError> {
                self.send_until(frames, crate::wake::Deadline::after(timeout))
            }

            /// Sends a message, waiting no longer than until then for there to be room for it.
            ///
            /// # Errors
            ///
            /// As [`send`](Self::send).
            #[doc = concat!("\n```\nuse std::time::{Duration, Instant};\n\nlet ", $name, " = ", $open, ";")]
            /// let soon = Instant::now() + Duration::from_millis(1);
            #[doc = concat!("if let Err(unsent) = ", $name, ".send_deadline(\"hello\", soon) {")]
            ///     println!("{unsent}");
            /// }
            /// # Ok::<(), zeroless::Error>(())
            /// ```
            pub fn send_deadline(
                &self,
                frames: impl crate::Frames,
                deadline: std::time::Instant,
            ) -> std::result::Result<(), crate::SendError> {
                self.send_until(frames, crate::wake::Deadline::At(deadline))
            }
        }

        impl crate::pattern::Sending for $handle {
            #[inline]
            fn send(
                &self,
                frames: impl crate::Frames,
            ) -> std::result::Result<(), crate::SendError> {
                $handle::send(self, frames)
            }

            #[inline]
            fn try_send(
                &self,
                frames: impl crate::Frames,
            ) -> std::result::Result<(), crate::SendError> {
                $handle::try_send(self, frames)
            }

            fn send_timeout(
                &self,
                frames: impl crate::Frames,
                timeout: std::time::Duration,
            ) -> std::result::Result<(), crate::SendError> {
                $handle::send_timeout(self, frames, timeout)
            }

            fn send_deadline(
                &self,
                frames: impl crate::Frames,
                deadline: std::time::Instant,
            ) -> std::result::Result<(), crate::SendError> {
                $handle::send_deadline(self, frames, deadline)
            }
        }

        #[doc = concat!("The handle is callable, with a reference to frames: `", $name, "(&(\"id\", \"body\"))`.")]
        impl std::ops::Deref for $handle {
            type Target = dyn Fn(&dyn crate::DynFrames) -> std::result::Result<(), crate::SendError>
                + Send
                + Sync;

            fn deref(&self) -> &Self::Target {
                &*self.call
            }
        }
    };
}

/// Gives a handle whose messages are sent as they are, with no envelope, the parts that `sending` builds on.
macro_rules! sending_as_they_are {
    ($handle:ident) => {
        impl crate::pattern::Pattern for $handle {
            const KIND: crate::pattern::Kind = crate::pattern::Kind::$handle;

            fn new(socket: crate::socket::Socket) -> $handle {
                let call = crate::pattern::sending::call(&socket);
                $handle { socket, call }
            }
        }

        impl $handle {
            #[inline]
            fn send_until(
                &self,
                frames: impl crate::Frames,
                deadline: crate::wake::Deadline,
            ) -> std::result::Result<(), crate::SendError> {
                use crate::socket::NO_ENVELOPE;
                crate::pattern::sending::send(&self.socket, NO_ENVELOPE, frames, deadline)
            }
        }
    };
}

pub(super) use {sending, sending_as_they_are};

/// The function that a handle which sends dereferences to.
pub(super) type SendCall = Arc<dyn Fn(&dyn DynFrames) -> Result<(), SendError> + Send + Sync>;

/// The call of a handle whose messages are sent as they are.
pub(super) fn call(socket: &Socket) -> SendCall {
    let socket = socket.clone();
    Arc::new(move |frames| send(&socket, NO_ENVELOPE, frames, default_deadline(&socket)))
}

/// The deadline of a send that is given none.
#[inline]
pub(super) fn default_deadline(socket: &Socket) -> Deadline {
    Deadline::after_some(socket.options().send_timeout)
}

/// The most bytes of a frame that are copied anew for each attempt at sending them. With more, the
/// frames become a message first, which is kept.
const COPIED_AGAIN: usize = 4096;

/// Sends frames, after those of an envelope: borrowed frames as they are, others as a message.
#[inline]
pub(super) fn send(
    socket: &Socket,
    envelope: &[impl AsRef<[u8]>],
    frames: impl Frames,
    deadline: Deadline,
) -> Result<(), SendError> {
    match send_borrowed(socket, envelope, &frames, deadline) {
        Some(Ok(())) => Ok(()),
        Some(Err(error)) => Err(SendError::new(*error, frames.into_message()?)),
        None => send_message(socket, envelope, frames.into_message()?, deadline),
    }
}

/// Sends borrowed frames; `None` if they have to become a message first.
#[inline]
fn send_borrowed(
    socket: &Socket,
    envelope: &[impl AsRef<[u8]>],
    frames: &impl Frames,
    deadline: Deadline,
) -> Option<Result<(), BoxedError>> {
    if envelope.is_empty()
        && let Some(bytes) = frames.single()
    {
        return (bytes.len() <= COPIED_AGAIN).then(|| socket.send_bytes(bytes, deadline));
    }
    let sent = frames.with_borrowed(|frames| {
        let small = frames.iter().all(|frame| frame.len() <= COPIED_AGAIN);
        small.then(|| socket.send_copy(envelope, frames, deadline))
    });
    sent.flatten()
}

fn send_message(
    socket: &Socket,
    envelope: &[impl AsRef<[u8]>],
    mut message: Message,
    deadline: Deadline,
) -> Result<(), SendError> {
    match socket.send(envelope, &mut message, deadline) {
        Ok(()) => Ok(()),
        Err(error) => Err(SendError::new(*error, message)),
    }
}

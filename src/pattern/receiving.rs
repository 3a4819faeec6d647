//! Receiving: the calls of every handle that receives messages.

mod iter;

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use log::error;

pub use iter::{IntoIter, Iter, Parts, TryIter};
pub(super) use iter::{fitting, next};

use super::{Channel, Handle, channel};
use crate::error::{Error, Result};
use crate::message::Message;
use crate::socket::Socket;
use crate::wake::Deadline;

/// The calls of the handles that receive, for code that is generic over them:
/// [`Pull`](crate::Pull), [`Subscriber`](crate::Subscriber), [`Replier`](crate::Replier),
/// [`Pair`](crate::Pair), [`Router`](crate::Router) and [`Dealer`](crate::Dealer).
///
/// Each of them has these methods of its own, with the same names and an example each. It is
/// implemented for them alone.
///
/// ```
/// use zeroless::Receiving;
///
/// fn drain(handle: &impl Receiving) -> usize {
///     handle.try_iter().count()
/// }
/// assert_eq!(drain(&zeroless::Server::bind(0)?.reply()?), 0);
/// # Ok::<(), zeroless::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handle that receives",
    note = "`Pull`, `Subscriber`, `Replier`, `Pair`, `Router` and `Dealer` receive; a `Requester` gets replies to its requests"
)]
pub trait Receiving: Handle + AsFd {
    /// A [`Message`]; a [`Request`](crate::Request) to reply to; or a message and the
    /// [`PeerId`](crate::PeerId) of its sender.
    type Item: Send;

    /// Receives the next message, waiting for it; see [`Pull::recv`](crate::Pull::recv).
    ///
    /// # Errors
    ///
    /// As the handles' own method.
    fn recv(&self) -> Result<Self::Item>;

    /// Receives the next message if it is there; see [`Pull::try_recv`](crate::Pull::try_recv).
    ///
    /// # Errors
    ///
    /// As the handles' own method.
    fn try_recv(&self) -> Result<Self::Item>;

    /// Receives the next message, waiting no longer than this; see
    /// [`Pull::recv_timeout`](crate::Pull::recv_timeout).
    ///
    /// # Errors
    ///
    /// As the handles' own method.
    fn recv_timeout(&self, timeout: Duration) -> Result<Self::Item>;

    /// Receives the next message, waiting no longer than until then; see
    /// [`Pull::recv_deadline`](crate::Pull::recv_deadline).
    ///
    /// # Errors
    ///
    /// As the handles' own method.
    fn recv_deadline(&self, deadline: Instant) -> Result<Self::Item>;

    /// Goes over messages, each waited for; see [`Pull::iter`](crate::Pull::iter).
    fn iter(&self) -> Iter<'_, Self> {
        Iter::new(self)
    }

    /// Goes over the messages that are there already; see
    /// [`Pull::try_iter`](crate::Pull::try_iter).
    fn try_iter(&self) -> TryIter<'_, Self> {
        TryIter::new(self)
    }

    /// Goes over messages of exactly `N` frames; see [`Pull::parts`](crate::Pull::parts).
    fn parts<const N: usize>(&self) -> Parts<'_, Self, N>
    where
        Self: Receiving<Item = Message>,
    {
        Parts::new(self)
    }

    /// Receives the newest message there is, waiting for one; see
    /// [`Pull::recv_latest`](crate::Pull::recv_latest).
    ///
    /// # Errors
    ///
    /// As the handles' own method.
    fn recv_latest(&self) -> Result<Message>
    where
        Self: Receiving<Item = Message>,
    {
        latest(self.socket())
    }

    /// Receives into a channel; see [`Pull::into_channel`](crate::Pull::into_channel).
    ///
    /// # Errors
    ///
    /// As the handles' own method.
    fn into_channel(self, capacity: usize) -> Result<Channel<Self::Item>> {
        let stopper = self.stopper()?;
        channel::receive_into(IntoIter::new(self), stopper, capacity)
    }
}

/// Gives a handle that has a `receive_until` the calls that receive, as methods of its own.
///
/// Its arguments are the item that it receives, as a type and in words, the name of the handle in the
/// examples, the expression that opens one, the lines that make a message arrive there, those that receive
/// it, and the binding and the body of a loop over them.
macro_rules! receiving {
    (
        $handle:ident of $item:ty, $what:literal, $name:literal, $open:literal,
        arrives: $arrives:expr, receive: $receive:expr, each: $it:literal => $each:literal
    ) => {
        impl $handle {
            #[doc = concat!("Receives the next ", $what, ", waiting for it.")]
            ///
            /// # Errors
            ///
            /// [`Error::Stopped`](crate::Error::Stopped) if the handle is stopped, before or
            /// meanwhile; [`Error::Forked`](crate::Error::Forked).
            #[doc = concat!("\n```\n", $arrives, "\n", $receive, "\n# Ok::<(), zeroless::Error>(())\n```")]
            #[inline(always)]
            pub fn recv(&self) -> crate::Result<$item> {
                self.receive_until(crate::wake::Deadline::Never)
            }

            #[doc = concat!("Goes over each ", $what, " as it comes; the iterator ends when the handle is stopped.")]
            ///
            #[doc = concat!("`for ", $it, " in &", $name, "` is the same, and `for ", $it, " in ", $name, "` owns the handle.")]
            /// A fatal error ends it too, and is then told by [`status`](Self::status).
            #[doc = concat!("\n```\n", $arrives, "\nfor ", $it, " in ", $name, ".iter() {\n    ", $each)]
            #[doc = concat!("    ", $name, ".stop(); // or it would wait for the next\n}")]
            /// # Ok::<(), zeroless::Error>(())
            /// ```
            pub fn iter(&self) -> crate::pattern::Iter<'_, $handle> {
                crate::pattern::Receiving::iter(self)
            }

            #[doc = concat!("Receives the next ", $what, " if it is there already, also when the handle was stopped.")]
            ///
            /// # Errors
            ///
            /// [`Error::WouldBlock`](crate::Error::WouldBlock) if there is none;
            /// [`Error::Stopped`](crate::Error::Stopped) if the handle was closed;
            /// [`Error::Forked`](crate::Error::Forked).
            ///
            /// # In an event loop
            ///
            /// The handle's file descriptor ([`AsFd`](std::os::fd::AsFd)) can be read while this would
            /// give something.
            #[doc = concat!("\n```\nlet ", $name, " = ", $open, ";")]
            #[doc = concat!("assert!(", $name, ".try_recv().is_err()); // nothing there yet")]
            /// # Ok::<(), zeroless::Error>(())
            /// ```
            #[doc(alias = "poll")]
            #[inline]
            pub fn try_recv(&self) -> crate::Result<$item> {
                self.receive_until(crate::wake::Deadline::Now)
            }

            #[doc = concat!("Receives the next ", $what, ", waiting no longer than this.")]
            ///
            /// # Errors
            ///
            /// [`Error::Timeout`](crate::Error::Timeout); otherwise as [`recv`](Self::recv).
            #[doc = concat!("\n```\nuse std::time::Duration;\n\nlet ", $name, " = ", $open, ";")]
            #[doc = concat!("let nothing = ", $name, ".recv_timeout(Duration::from_millis(1));")]
            /// assert!(nothing.unwrap_err().is_timeout());
            /// # Ok::<(), zeroless::Error>(())
            /// ```
            #[doc(alias = "poll")]
            pub fn recv_timeout(&self, timeout: std::time::Duration) -> crate::Result<$item> {
                self.receive_until(crate::wake::Deadline::after(timeout))
            }

            #[doc = concat!("Receives the next ", $what, ", waiting no longer than until then.")]
            ///
            /// # Errors
            ///
            /// As [`recv_timeout`](Self::recv_timeout).
            #[doc = concat!("\n```\nuse std::time::{Duration, Instant};\n\nlet ", $name, " = ", $open, ";")]
            /// let soon = Instant::now() + Duration::from_millis(1);
            #[doc = concat!("assert!(", $name, ".recv_deadline(soon).is_err());")]
            /// # Ok::<(), zeroless::Error>(())
            /// ```
            pub fn recv_deadline(&self, deadline: std::time::Instant) -> crate::Result<$item> {
                self.receive_until(crate::wake::Deadline::At(deadline))
            }

            #[doc = concat!("Goes over each ", $what, " that is there already, also when the handle was stopped.")]
            #[doc = concat!("\n```\nlet ", $name, " = ", $open, ";")]
            #[doc = concat!("assert_eq!(", $name, ".try_iter().count(), 0);")]
            /// # Ok::<(), zeroless::Error>(())
            /// ```
            pub fn try_iter(&self) -> crate::pattern::TryIter<'_, $handle> {
                crate::pattern::Receiving::try_iter(self)
            }

            /// Receives into a channel of this capacity, in a thread of its own, to `select!` from
            /// several.
            ///
            /// The handle (with its clones) is stopped when the channel is dropped, and the channel
            /// ends when the handle is stopped.
            ///
            /// # Errors
            ///
            /// [`Error::OutOfFiles`](crate::Error::OutOfFiles), or
            /// [`Error::System`](crate::Error::System) if no thread can be made.
            #[doc = concat!("\n```\n", $arrives, "\nlet ", $name, " = ", $name, ".into_channel(8)?;")]
            #[doc = concat!("crossbeam_channel::select! {\n    recv(", $name, ") -> ", $what, " => {")]
            #[doc = concat!("        let ", $it, " = ", $what, ".unwrap();\n        ", $each, "\n    }\n}")]
            /// # Ok::<(), zeroless::Error>(())
            /// ```
            #[doc(alias = "poll")]
            pub fn into_channel(self, capacity: usize) -> crate::Result<crate::Channel<$item>> {
                crate::pattern::Receiving::into_channel(self, capacity)
            }
        }

        impl crate::pattern::Receiving for $handle {
            type Item = $item;

            #[inline(always)]
            fn recv(&self) -> crate::Result<$item> {
                $handle::recv(self)
            }

            #[inline]
            fn try_recv(&self) -> crate::Result<$item> {
                $handle::try_recv(self)
            }

            fn recv_timeout(&self, timeout: std::time::Duration) -> crate::Result<$item> {
                $handle::recv_timeout(self, timeout)
            }

            fn recv_deadline(&self, deadline: std::time::Instant) -> crate::Result<$item> {
                $handle::recv_deadline(self, deadline)
            }
        }

        /// A file descriptor for event loops: for `poll`, and all that is built on it.
        ///
        #[doc = concat!("It can be read while [`try_recv`](", stringify!($handle), "::try_recv) would give something.")]
        /// It is level-triggered, and suits edge-triggered loops as well. Wait until it can be read, and
        /// then receive until there is nothing more ([`Error::WouldBlock`](crate::Error::WouldBlock)).
        /// It may be readable in vain, and never fails to be with something waiting.
        #[doc = concat!("After a stop it stays readable, so that the loop hears of it: [`status`](", stringify!($handle), "::status) tells.")]
        ///
        /// It is made when first asked for, of three files, and stays the same as long as the handle
        /// lives; clones have the same one. It is for waiting alone: do not read from it. If the
        /// process had no files left for it, which the log tells, it is one that can always be read,
        /// and so it is in a forked child.
        #[doc = concat!("\n```\nuse std::os::fd::AsFd;\n\nlet ", $name, " = ", $open, ";")]
        #[doc = concat!("let descriptor = ", $name, ".as_fd(); // for poll, GLib, Qt, calloop, mio …")]
        #[doc = concat!("while let Ok(", $it, ") = ", $name, ".try_recv() {\n    ", $each, "\n}")]
        /// # Ok::<(), zeroless::Error>(())
        /// ```
        impl std::os::fd::AsFd for $handle {
            fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
                crate::pattern::sealed::Sealed::socket(self).readiness()
            }
        }

        /// As [`AsFd`](std::os::fd::AsFd), for tokio's `AsyncFd` and others that do not take a borrowed
        /// one.
        impl std::os::fd::AsRawFd for $handle {
            fn as_raw_fd(&self) -> std::os::fd::RawFd {
                std::os::fd::AsRawFd::as_raw_fd(&std::os::fd::AsFd::as_fd(self))
            }
        }

        impl IntoIterator for $handle {
            type Item = $item;
            type IntoIter = crate::pattern::IntoIter<$handle>;

            fn into_iter(self) -> Self::IntoIter {
                crate::pattern::IntoIter::new(self)
            }
        }

        impl<'a> IntoIterator for &'a $handle {
            type Item = $item;
            type IntoIter = crate::pattern::Iter<'a, $handle>;

            fn into_iter(self) -> Self::IntoIter {
                self.iter()
            }
        }
    };
}

/// Gives a handle the calls that receive plain messages, and those that suit them alone.
///
/// Its arguments are the name of the handle in the examples, the expression that opens one, and the
/// lines that open it and a peer of this name, which sends to it.
macro_rules! receiving_messages {
    ($handle:ident, $name:literal, $open:literal, peers: $peers:literal, sends: $peer:literal) => {
        crate::pattern::receiving::receiving! {
            $handle of crate::Message, "message", $name, $open,
            arrives: concat!($peers, "\n# ", $peer, ".send(\"hello\")?;"),
            receive: concat!("assert_eq!(", $name, ".recv()?, \"hello\");"),
            each: "message" => "println!(\"{message}\");"
        }

        impl $handle {
            #[inline(always)]
            fn receive_until(
                &self,
                deadline: crate::wake::Deadline,
            ) -> crate::Result<crate::Message> {
                self.socket.receive(deadline)
            }

            /// Goes over messages of exactly `N` frames, as arrays to destructure.
            ///
            /// A message with another number is passed over, logged and
            /// [counted](Self::skipped).
            #[doc = concat!("\n```\n", $peers, "\n# ", $peer, ".send((\"7\", \"payload\"))?;\nfor [id, body] in ", $name, ".parts() {")]
            ///     println!("{id}: {body}");
            #[doc = concat!("    ", $name, ".stop(); // or it would wait for the next\n}")]
            /// # Ok::<(), zeroless::Error>(())
            /// ```
            pub fn parts<const N: usize>(&self) -> crate::pattern::Parts<'_, $handle, N> {
                crate::pattern::Receiving::parts(self)
            }

            /// Receives the newest message there is, waiting for one if there is none.
            ///
            /// Older ones are dropped, and [counted](Self::skipped): all frames of a message or
            /// none, unlike with libzmq's option CONFLATE. Where messages come faster than they can
            /// be dropped, it takes one of them after a tenth of a second.
            ///
            /// # Errors
            ///
            /// As [`recv`](Self::recv).
            #[doc = concat!("\n```\n", $peers, "\n# ", $peer, ".send((\"7\", \"payload\"))?;\nlet newest = ", $name, ".recv_latest()?;")]
            /// println!("{newest}");
            /// # Ok::<(), zeroless::Error>(())
            /// ```
            #[doc(alias = "conflate")]
            pub fn recv_latest(&self) -> crate::Result<crate::Message> {
                crate::pattern::Receiving::recv_latest(self)
            }
        }
    };
}

pub(super) use {receiving, receiving_messages};

/// The longest time that older messages are dropped for, if they come that fast.
const DROPPING: Duration = Duration::from_millis(100);

/// The clock is looked at after so many messages.
const DROPPED_AT_ONCE: u64 = 256;

/// Waits for a message, and receives all that there are: the last.
fn latest(socket: &Socket) -> Result<Message> {
    let mut latest = socket.receive(Deadline::Never)?;
    let until = Instant::now() + DROPPING;
    let mut older = 0;
    // If an error ends this, and not an empty queue, the next call will return it.
    while let Ok(newer) = socket.receive(Deadline::Now) {
        latest = newer;
        older += 1;
        if older % DROPPED_AT_ONCE == 0 && Instant::now() >= until {
            break;
        }
    }
    socket.skip(older);
    Ok(latest)
}

/// Ends a loop: a failure is logged and kept for `status`, a stop is not.
#[cold]
pub(super) fn end_loop(socket: &Socket, failure: &Error) {
    if *failure != Error::Stopped {
        error!("{}: receiving ends: {failure}", socket.name());
        socket.fail(failure);
    }
}

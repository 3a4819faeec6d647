//! The calls of all handles: stopping, the state of the connections, closing.

use std::fmt;
use std::time::Duration;

use super::sealed::Sealed;
use super::{ConnectionEvents, Stopper};
use crate::error::{Error, Result};
use crate::wake::Deadline;

/// The calls of all handles, for code that is generic over them.
///
/// Every handle has these methods of its own, with the same names and an example each. It is
/// implemented for them alone.
///
/// ```
/// use zeroless::Handle;
///
/// fn is_stopped(handle: &impl Handle) -> bool {
///     handle.status().is_err_and(|error| error.is_stopped())
/// }
/// let pair = zeroless::Server::bind(0)?.pair()?;
/// assert!(!is_stopped(&pair));
/// # Ok::<(), zeroless::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handle of a pattern",
    note = "the handles are `Push`, `Pull`, `Publisher`, `Subscriber`, `Requester`, `Replier`, `Pair`, `Router` and `Dealer`"
)]
pub trait Handle: Sealed + Clone + fmt::Debug + Send + Sync + 'static {
    /// Ends every wait in this handle and its clones; see [`Push::stop`](crate::Push::stop).
    fn stop(&self) {
        self.socket().stop();
    }

    /// Makes a [`Stopper`] of this handle; see [`Push::stopper`](crate::Push::stopper).
    ///
    /// # Errors
    ///
    /// As the handles' own method.
    fn stopper(&self) -> Result<Stopper> {
        let (stopped, stop_signal) = self.socket().arm_stop_signal()?;
        Ok(Stopper::new(stopped, stop_signal))
    }

    /// Tells whether the handle works, and if not, why; see [`Push::status`](crate::Push::status).
    ///
    /// # Errors
    ///
    /// As the handles' own method.
    fn status(&self) -> Result<()> {
        let socket = self.socket();
        if let Some(failure) = socket.failure()? {
            return Err(failure);
        }
        if socket.is_stopped() {
            return Err(Error::Stopped);
        }
        match socket.status()?.refusal_error() {
            Some(refusal) => Err(refusal),
            None => Ok(()),
        }
    }

    /// Counts the messages that were passed over; see [`Pull::skipped`](crate::Pull::skipped).
    fn skipped(&self) -> u64 {
        self.socket().skipped()
    }

    /// Waits until this many connections are up; see
    /// [`Push::wait_connected`](crate::Push::wait_connected).
    ///
    /// # Errors
    ///
    /// As the handles' own method.
    fn wait_connected(&self, count: usize, timeout: Duration) -> Result<()> {
        self.socket().wait_up(count, Deadline::after(timeout))
    }

    /// Counts the connections that are up; see
    /// [`Push::connections_now`](crate::Push::connections_now).
    fn connections_now(&self) -> usize {
        self.socket().status().map_or(0, |status| status.up())
    }

    /// Streams the events of the connections; see
    /// [`Push::connection_events`](crate::Push::connection_events).
    ///
    /// # Errors
    ///
    /// As the handles' own method.
    fn connection_events(&self) -> Result<ConnectionEvents> {
        let socket = self.socket();
        if socket.is_stopped() {
            return Err(Error::Stopped);
        }
        let events = socket.status()?.open_stream(&socket.bound()?);
        Ok(ConnectionEvents::new(events))
    }

    /// Stops the handle and its clones, and delivers the messages sent; see
    /// [`Push::close`](crate::Push::close).
    ///
    /// # Errors
    ///
    /// As the handles' own method.
    fn close(self, timeout: Duration) -> Result<()> {
        self.socket().close(timeout)
    }
}

/// Gives a handle the calls of all handles, as methods of its own.
///
/// Its arguments are the handle with the field that has its socket, its name in the examples, and the
/// expression that opens one.
macro_rules! shared {
    ($handle:ident$(.$field:ident)+, $name:literal, $open:literal) => {
        impl $handle {
            /// Ends every wait in this handle and its clones, now and later.
            ///
            /// Calls that may wait return [`Error::Stopped`](crate::Error::Stopped) and loops end,
            /// in every thread. Calls that do not wait go on until the handle is closed
            /// or dropped: messages that have arrived can be had with `try_recv` and `try_iter`,
            /// requests can be replied to, and `try_send` sends.
            #[doc = concat!("\n```\nlet ", $name, " = ", $open, ";\n", $name, ".stop();")]
            #[doc = concat!("assert!(", $name, ".status().unwrap_err().is_stopped());")]
            /// # Ok::<(), zeroless::Error>(())
            /// ```
            pub fn stop(&self) {
                crate::pattern::Handle::stop(self);
            }

            /// Makes a [`Stopper`](crate::Stopper), which stops this handle from elsewhere, a
            /// signal handler even.
            ///
            /// It does not keep the socket open.
            ///
            /// # Errors
            ///
            /// [`Error::OutOfFiles`](crate::Error::OutOfFiles): the first stopper of a socket needs
            /// two file descriptors. [`Error::Forked`](crate::Error::Forked).
            #[doc = concat!("\n```\nlet ", $name, " = ", $open, ";")]
            #[doc = concat!("let stopper = ", $name, ".stopper()?;")]
            /// std::thread::spawn(move || stopper.stop()); // with the ctrlc crate: set_handler
            /// # Ok::<(), zeroless::Error>(())
            /// ```
            #[doc(alias = "ctrlc")]
            pub fn stopper(&self) -> crate::Result<crate::Stopper> {
                crate::pattern::Handle::stopper(self)
            }

            /// Tells whether the handle works, and if not, why.
            ///
            /// # Errors
            ///
            /// The fatal error that ended a loop, if one did;
            /// [`Error::Stopped`](crate::Error::Stopped) after a stop;
            /// [`Error::Refused`](crate::Error::Refused) while a server that it connects to refuses
            /// us. That server is tried again, more and more rarely, and the status is `Ok` once it
            /// takes us. [`Error::Forked`](crate::Error::Forked).
            #[doc = concat!("\n```\nlet ", $name, " = ", $open, ";")]
            #[doc = concat!("assert!(", $name, ".status().is_ok());")]
            /// # Ok::<(), zeroless::Error>(())
            /// ```
            pub fn status(&self) -> crate::Result<()> {
                crate::pattern::Handle::status(self)
            }

            /// Counts the messages that this handle and its clones have passed over.
            ///
            /// A message is passed over if it has another number of parts than was asked for, if it
            /// is a request or a reply without an envelope, if a newer one was asked for, or if its
            /// user was [revoked](crate::security::Access::revoke).
            #[doc = concat!("\n```\nlet ", $name, " = ", $open, ";")]
            #[doc = concat!("assert_eq!(", $name, ".skipped(), 0);")]
            /// # Ok::<(), zeroless::Error>(())
            /// ```
            pub fn skipped(&self) -> u64 {
                crate::pattern::Handle::skipped(self)
            }

            /// Waits until this many connections are up, and no longer than this.
            ///
            /// It counts tcp and ipc connections whose handshake is done, as
            /// [`connection_events`](Self::connection_events) tells them; it cannot see those of
            /// inproc.
            ///
            /// # Errors
            ///
            /// [`Error::Timeout`](crate::Error::Timeout) if there are fewer by then;
            /// [`Error::Stopped`](crate::Error::Stopped); [`Error::Forked`](crate::Error::Forked).
            #[doc = concat!("\n```\nuse std::time::Duration;\n\nlet ", $name, " = ", $open, ";")]
            #[doc = concat!("let nobody = ", $name, ".wait_connected(1, Duration::from_millis(1));")]
            /// assert!(nobody.unwrap_err().is_timeout());
            /// # Ok::<(), zeroless::Error>(())
            /// ```
            #[doc(alias = "sleep")]
            pub fn wait_connected(
                &self,
                count: usize,
                timeout: std::time::Duration,
            ) -> crate::Result<()> {
                crate::pattern::Handle::wait_connected(self, count, timeout)
            }

            /// Counts the connections that are up now, as
            /// [`wait_connected`](Self::wait_connected) does.
            ///
            /// A forked child has none.
            #[doc = concat!("\n```\nlet ", $name, " = ", $open, ";")]
            #[doc = concat!("assert_eq!(", $name, ".connections_now(), 0);")]
            /// # Ok::<(), zeroless::Error>(())
            /// ```
            pub fn connections_now(&self) -> usize {
                crate::pattern::Handle::connections_now(self)
            }

            /// Streams the events of the connections, from now on.
            ///
            /// The first events tell the state now: where the handle listens, and which
            /// connections are up. The stream ends when the handle is stopped or gone. A reader
            /// that falls 1024 events behind misses some, which is logged.
            ///
            /// # Errors
            ///
            /// [`Error::Stopped`](crate::Error::Stopped) if the handle is stopped already;
            /// [`Error::Forked`](crate::Error::Forked).
            #[doc = concat!("\n```\nlet ", $name, " = ", $open, ";")]
            #[doc = concat!("let events = ", $name, ".connection_events()?;")]
            /// println!("{}", events.recv()?); // listening
            /// # Ok::<(), zeroless::Error>(())
            /// ```
            #[doc(alias = "monitor")]
            pub fn connection_events(&self) -> crate::Result<crate::ConnectionEvents> {
                crate::pattern::Handle::connection_events(self)
            }

            /// Stops the handle and its clones, and waits until the messages sent are delivered.
            ///
            /// Delivered means: handed to the system for a peer that is connected. It does not mean
            /// that the peer has read it.
            ///
            /// # Errors
            ///
            /// [`Error::Timeout`](crate::Error::Timeout) if something could not be delivered in
            /// this time, and is lost; [`Error::Stopped`](crate::Error::Stopped) if it is closed
            /// already; [`Error::Forked`](crate::Error::Forked).
            #[doc = concat!("\n```\nuse std::time::Duration;\n\nlet ", $name, " = ", $open, ";")]
            #[doc = concat!($name, ".close(Duration::from_secs(5))?;")]
            /// # Ok::<(), zeroless::Error>(())
            /// ```
            #[doc(alias = "linger")]
            pub fn close(self, timeout: std::time::Duration) -> crate::Result<()> {
                crate::pattern::Handle::close(self, timeout)
            }
        }

        impl crate::pattern::Handle for $handle {}

        impl crate::pattern::sealed::Sealed for $handle {
            #[inline]
            fn socket(&self) -> &crate::socket::Socket {
                &self$(.$field)+
            }
        }

        impl std::fmt::Debug for $handle {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($handle))
                    .field("stopped", &self$(.$field)+.is_stopped())
                    .finish_non_exhaustive()
            }
        }
    };
}

pub(super) use shared;

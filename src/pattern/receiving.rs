//! Receiving: the calls of every handle that receives messages, and their iterators.

use std::time::{Duration, Instant};

use log::{error, warn};

use super::{Handle, Side};
use crate::error::{Error, Result};
use crate::message::{Frame, Message};
use crate::socket::Socket;
use crate::wake::Deadline;

/// A side that receives messages: pull, subscribe, reply and pair.
///
/// ```
/// use zeroless::{Handle, Receiving};
/// fn drain<P: Receiving>(handle: &Handle<P>) -> usize {
///     handle.try_iter().count()
/// }
/// assert_eq!(drain(&zeroless::Server::bind(0)?.reply()?), 0);
/// # Ok::<(), zeroless::Error>(())
/// ```
pub trait Receiving: Side {
    /// What is received: a [`Message`], or a [`Request`](super::Request) to reply to.
    type Item: Send;

    /// Receives from the socket; one that cannot be an item is passed over.
    #[doc(hidden)]
    fn receive(&self, socket: &Socket, deadline: Deadline) -> Result<Self::Item>;
}

impl<P: Receiving> Handle<P> {
    /// Receives the next message, waiting for it.
    ///
    /// # Errors
    ///
    /// [`Error::Stopped`] if the handle is stopped, before or meanwhile.
    ///
    /// ```
    /// # use zeroless::{Client, Server};
    /// # let server = Server::bind(0)?;
    /// # let pull = server.pull()?;
    /// # Client::connect(server.port())?.push()?.send("hello")?;
    /// assert_eq!(pull.recv()?, "hello");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[inline]
    pub fn recv(&self) -> Result<P::Item> {
        self.side.receive(&self.socket, Deadline::Never)
    }

    /// Receives the next message if it is there already.
    ///
    /// # Errors
    ///
    /// [`Error::WouldBlock`] if there is none.
    ///
    /// ```
    /// use zeroless::Error;
    /// let pull = zeroless::Server::bind(0)?.pull()?;
    /// assert_eq!(pull.try_recv(), Err(Error::WouldBlock));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[inline]
    pub fn try_recv(&self) -> Result<P::Item> {
        self.side.receive(&self.socket, Deadline::Now)
    }

    /// Receives the next message, waiting no longer than this.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`]; [`Error::Stopped`].
    ///
    /// ```
    /// use std::time::Duration;
    /// let pull = zeroless::Server::bind(0)?.pull()?;
    /// assert!(pull.recv_timeout(Duration::from_millis(1)).is_err());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn recv_timeout(&self, timeout: Duration) -> Result<P::Item> {
        self.side.receive(&self.socket, Deadline::after(timeout))
    }

    /// Receives the next message, waiting no longer than until then.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`]; [`Error::Stopped`].
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// let pull = zeroless::Server::bind(0)?.pull()?;
    /// let soon = Instant::now() + Duration::from_millis(1);
    /// assert!(pull.recv_deadline(soon).is_err());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn recv_deadline(&self, deadline: Instant) -> Result<P::Item> {
        self.side.receive(&self.socket, Deadline::At(deadline))
    }

    /// An iterator over messages, each waited for; it ends when the handle is stopped.
    ///
    /// `for message in &handle` is the same, and `for message in handle` owns the handle.
    /// A fatal error ends it too, and is then told by [`status`](Handle::status).
    ///
    /// ```
    /// # use zeroless::{Client, Server};
    /// # let server = Server::bind(0)?;
    /// # let pull = server.pull()?;
    /// # let push = Client::connect(server.port())?.push()?;
    /// # push.send("hello")?;
    /// for message in pull.iter() {
    ///     println!("{message}");
    ///     pull.stop();
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn iter(&self) -> Iter<'_, P> {
        Iter { handle: self }
    }

    /// An iterator over the messages that are there already.
    ///
    /// ```
    /// let pull = zeroless::Server::bind(0)?.pull()?;
    /// assert_eq!(pull.try_iter().count(), 0);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn try_iter(&self) -> TryIter<'_, P> {
        TryIter { handle: self }
    }

    /// The next item of a loop, or the end of it.
    #[inline]
    fn next(&self) -> Option<P::Item> {
        match self.recv() {
            Ok(item) => Some(item),
            Err(Error::Stopped) => None,
            Err(failure) => {
                error!("{}: receiving ends: {failure}", self.socket.kind().name());
                self.socket.fail(&failure);
                None
            }
        }
    }
}

impl<P: Receiving<Item = Message>> Handle<P> {
    /// An iterator over messages of exactly `N` frames, as arrays to destructure.
    ///
    /// A message with another number is passed over, logged and
    /// [counted](Handle::skipped).
    ///
    /// ```
    /// # use zeroless::{Client, Server};
    /// # let server = Server::bind(0)?;
    /// # let pull = server.pull()?;
    /// # let push = Client::connect(server.port())?.push()?;
    /// # push.send(("7", "payload"))?;
    /// for [id, body] in pull.parts() {
    ///     println!("{id}: {body}");
    ///     pull.stop();
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn parts<const N: usize>(&self) -> Parts<'_, P, N> {
        Parts { handle: self }
    }
}

/// An iterator over a handle's messages; see [`Handle::iter`].
#[derive(Debug)]
pub struct Iter<'a, P: Receiving> {
    handle: &'a Handle<P>,
}

impl<P: Receiving> Iterator for Iter<'_, P> {
    type Item = P::Item;

    #[inline]
    fn next(&mut self) -> Option<P::Item> {
        self.handle.next()
    }
}

/// An iterator over the messages that are there; see [`Handle::try_iter`].
#[derive(Debug)]
pub struct TryIter<'a, P: Receiving> {
    handle: &'a Handle<P>,
}

impl<P: Receiving> Iterator for TryIter<'_, P> {
    type Item = P::Item;

    fn next(&mut self) -> Option<P::Item> {
        self.handle.try_recv().ok()
    }
}

/// An iterator over messages of `N` frames; see [`Handle::parts`].
#[derive(Debug)]
pub struct Parts<'a, P: Receiving<Item = Message>, const N: usize> {
    handle: &'a Handle<P>,
}

impl<P: Receiving<Item = Message>, const N: usize> Iterator for Parts<'_, P, N> {
    type Item = [Frame; N];

    fn next(&mut self) -> Option<[Frame; N]> {
        loop {
            match self.handle.next()?.parts() {
                Ok(parts) => return Some(parts),
                Err(error) => {
                    let socket = &self.handle.socket;
                    socket.skip(1);
                    if let Some(left_out) = socket.throttles.passed_over.admit() {
                        let name = socket.kind().name();
                        warn!("{name}: passed over a message: {error}{left_out}");
                    }
                }
            }
        }
    }
}

/// An iterator over the messages of a handle that it owns.
#[derive(Debug)]
pub struct IntoIter<P: Receiving> {
    handle: Handle<P>,
}

impl<P: Receiving> Iterator for IntoIter<P> {
    type Item = P::Item;

    #[inline]
    fn next(&mut self) -> Option<P::Item> {
        self.handle.next()
    }
}

impl<P: Receiving> IntoIterator for Handle<P> {
    type Item = P::Item;
    type IntoIter = IntoIter<P>;

    fn into_iter(self) -> IntoIter<P> {
        IntoIter { handle: self }
    }
}

impl<'a, P: Receiving> IntoIterator for &'a Handle<P> {
    type Item = P::Item;
    type IntoIter = Iter<'a, P>;

    fn into_iter(self) -> Iter<'a, P> {
        self.iter()
    }
}

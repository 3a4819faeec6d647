//! The events of a handle's connections, as a stream.

use std::time::Duration;

use crossbeam_channel::{Receiver, TryRecvError};

use crate::error::{Error, Result, Wait};
use crate::fork::ForkGuard;
use crate::monitor::ConnectionEvent;

/// The stream of events of a handle's connections; see
/// [`Push::connection_events`](crate::Push::connection_events).
///
/// It is an iterator, too, which waits for each event. Each event goes to one of the clones.
///
/// ```
/// let pull = zeroless::Server::bind(0)?.pull()?;
/// for event in pull.connection_events()? {
///     println!("{event}"); // listening
///     pull.stop(); // or it would wait for the next
/// }
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ConnectionEvents(ForkGuard<Receiver<ConnectionEvent>>);

impl ConnectionEvents {
    pub(super) fn new(events: Receiver<ConnectionEvent>) -> ConnectionEvents {
        ConnectionEvents(ForkGuard::new(events))
    }

    /// Receives the next event, waiting for it.
    ///
    /// # Errors
    ///
    /// [`Error::Stopped`] if the handle was stopped or dropped, and there is no event left;
    /// [`Error::Forked`].
    ///
    /// ```
    /// use zeroless::ConnectionEvent;
    ///
    /// let pull = zeroless::Server::bind(0)?.pull()?;
    /// let first = pull.connection_events()?.recv()?;
    /// assert!(matches!(first, ConnectionEvent::Listening { .. }));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn recv(&self) -> Result<ConnectionEvent> {
        self.0.get()?.recv().map_err(|_| Error::Stopped)
    }

    /// Goes over the events, each waited for; the iterator ends when the handle is stopped or gone.
    ///
    /// ```
    /// let pull = zeroless::Server::bind(0)?.pull()?;
    /// let events = pull.connection_events()?;
    /// for event in events.iter() {
    ///     println!("{event}"); // listening
    ///     pull.stop(); // or it would wait for the next
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn iter(&self) -> ConnectionEventIter<'_> {
        ConnectionEventIter { events: self }
    }

    /// Receives the next event if it is there already.
    ///
    /// # Errors
    ///
    /// [`Error::WouldBlock`] if there is none; otherwise as [`recv`](Self::recv).
    ///
    /// ```
    /// let pull = zeroless::Server::bind(0)?.pull()?;
    /// let events = pull.connection_events()?;
    /// assert!(events.try_recv().is_ok()); // listening
    /// assert!(events.try_recv().is_err());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn try_recv(&self) -> Result<ConnectionEvent> {
        self.0.get()?.try_recv().map_err(|error| match error {
            TryRecvError::Empty => Error::WouldBlock,
            TryRecvError::Disconnected => Error::Stopped,
        })
    }

    /// Receives the next event, waiting for it no longer than this.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`] if there is none by then; otherwise as [`recv`](Self::recv).
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let events = zeroless::Server::bind(0)?.pull()?.connection_events()?;
    /// events.recv_timeout(Duration::from_secs(1))?; // listening
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn recv_timeout(&self, timeout: Duration) -> Result<ConnectionEvent> {
        let received = self.0.get()?.recv_timeout(timeout);
        received.map_err(|error| match error.is_timeout() {
            true => Error::timeout(Wait::Event),
            false => Error::Stopped,
        })
    }

    /// Goes over the events that are there already.
    ///
    /// ```
    /// let events = zeroless::Server::bind(0)?.pull()?.connection_events()?;
    /// assert_eq!(events.try_iter().count(), 1); // listening
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn try_iter(&self) -> ConnectionEventTryIter<'_> {
        ConnectionEventTryIter { events: self }
    }
}

impl Iterator for ConnectionEvents {
    type Item = ConnectionEvent;

    fn next(&mut self) -> Option<ConnectionEvent> {
        self.recv().ok()
    }
}

/// Goes over events, each waited for; see [`ConnectionEvents::iter`].
#[derive(Debug)]
pub struct ConnectionEventIter<'a> {
    events: &'a ConnectionEvents,
}

impl Iterator for ConnectionEventIter<'_> {
    type Item = ConnectionEvent;

    fn next(&mut self) -> Option<ConnectionEvent> {
        self.events.recv().ok()
    }
}

/// Goes over the events that are there already; see [`ConnectionEvents::try_iter`].
#[derive(Debug)]
pub struct ConnectionEventTryIter<'a> {
    events: &'a ConnectionEvents,
}

impl Iterator for ConnectionEventTryIter<'_> {
    type Item = ConnectionEvent;

    fn next(&mut self) -> Option<ConnectionEvent> {
        self.events.try_recv().ok()
    }
}

//! What happens to a handle's connections, as an iterator.

use std::time::Duration;

use crossbeam_channel::Receiver;

use crate::error::{Error, Result, Wait};
use crate::fork::ForkGuard;
use crate::monitor::ConnectionEvent;

/// An iterator over what happens to a handle's connections; see
/// [`Handle::connections`](super::Handle::connections).
///
/// ```
/// use std::time::Duration;
/// let pull = zeroless::Server::bind(0)?.pull()?;
/// for event in pull.connections()?.try_iter() {
///     println!("{event}");
/// }
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Connections(ForkGuard<Receiver<ConnectionEvent>>);

impl Connections {
    pub(super) fn new(events: Receiver<ConnectionEvent>) -> Connections {
        Connections(ForkGuard::new(events))
    }

    /// The next event, waiting for it no longer than this.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`] if there is none by then; [`Error::Stopped`] if there will be none.
    ///
    /// ```
    /// # use std::time::Duration;
    /// let mut events = zeroless::Server::bind(0)?.pull()?.connections()?;
    /// events.recv_timeout(Duration::from_secs(1))?; // listening
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn recv_timeout(&self, timeout: Duration) -> Result<ConnectionEvent> {
        self.0
            .get()?
            .recv_timeout(timeout)
            .map_err(|error| match error {
                error if error.is_timeout() => Error::timeout(Wait::Event),
                _ => Error::Stopped,
            })
    }

    /// The events that are there already, without waiting.
    ///
    /// ```
    /// let events = zeroless::Server::bind(0)?.pull()?.connections()?;
    /// assert_eq!(events.try_iter().count(), 1); // listening
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn try_iter(&self) -> impl Iterator<Item = ConnectionEvent> + '_ {
        self.0.get().into_iter().flat_map(Receiver::try_iter)
    }
}

impl Iterator for Connections {
    type Item = ConnectionEvent;

    fn next(&mut self) -> Option<ConnectionEvent> {
        self.0.get().ok()?.recv().ok()
    }
}

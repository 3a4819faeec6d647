//! A relay that runs.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::counters::Counters;
use super::shared::Shared;
use super::socket::RelaySocket;
use crate::background::{Background, ThreadStop};
use crate::error::Result;
use crate::pattern::{ConnectionEvents, Handle, Stopper};

/// A relay that runs, in a thread of its own, until it is stopped or this is dropped.
///
/// Messages that it has handed over to be sent are then [delivered](crate::Options::linger) in the background. Those
/// that have come and were not passed on are lost, as when any receiver stops. Each end has the linger time of the pattern that
/// it is for its peers: replies are delivered for 5 s at most, and requests, to a worker that is connected and does not read, for
/// 30 s, which the end of the program waits for.
///
/// ```
/// use zeroless::relay::{self, Relay};
/// use zeroless::{Client, Server};
///
/// let (input, output) = (Server::bind(0)?, Server::bind(0)?);
/// let relay = Relay::new(relay::pull(&input), relay::push(&output)).start()?;
///
/// let pull = Client::connect(output.port())?.pull()?;
/// Client::connect(input.port())?.push()?.send("work")?;
/// assert_eq!(pull.recv()?, "work");
/// relay.stop();
/// assert_eq!(relay.counters().forward.messages, 1);
/// # Ok::<(), zeroless::Error>(())
/// ```
#[must_use = "the relay is stopped when this is dropped"]
pub struct RunningRelay {
    // Dropped first: it ends the thread.
    pub(super) thread: Background,
    pub(super) stop: Arc<ThreadStop>,
    pub(super) shared: Arc<Shared>,
    pub(super) input: RelaySocket,
    pub(super) output: RelaySocket,
}

impl RunningRelay {
    /// How much was passed on so far, and how much was not.
    ///
    /// ```
    /// # use zeroless::relay::{self, Relay};
    /// # use zeroless::Server;
    /// # let (input, output) = (Server::bind(0)?, Server::bind(0)?);
    /// let relay = Relay::new(relay::pull(input), relay::push(output)).start()?;
    /// assert_eq!(relay.counters().forward.dropped, 0);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn counters(&self) -> Counters {
        self.shared.tally.get()
    }

    /// Stops the relay, and waits until its thread has ended. Its endpoints are given up when this is dropped.
    ///
    /// ```
    /// # use zeroless::relay::{self, Relay};
    /// # use zeroless::Server;
    /// # let (input, output) = (Server::bind(0)?, Server::bind(0)?);
    /// let relay = Relay::new(relay::pull(input), relay::push(output)).start()?;
    /// relay.stop();
    /// assert!(relay.status().unwrap_err().is_stopped());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn stop(&self) {
        self.thread.stop();
    }

    /// Makes a [`Stopper`], which stops the relay from a signal handler.
    ///
    /// # Errors
    ///
    /// [`Error::Forked`](crate::Error::Forked).
    ///
    /// ```
    /// # use zeroless::relay::{self, Relay};
    /// # use zeroless::Server;
    /// # let (input, output) = (Server::bind(0)?, Server::bind(0)?);
    /// let relay = Relay::new(relay::pull(input), relay::push(output)).start()?;
    /// let stopper = relay.stopper()?;
    /// std::thread::spawn(move || stopper.stop()); // as a Ctrl-C handler would
    /// relay.wait()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn stopper(&self) -> Result<Stopper> {
        self.shared.check_process()?;
        let (stopped, waker) = self.stop.parts();
        Ok(Stopper::new(stopped, waker))
    }

    /// Waits until the relay has ended: it was stopped, or could not go on.
    ///
    /// # Errors
    ///
    /// The error that ended it, if it was not stopped; [`Error::Forked`](crate::Error::Forked).
    ///
    /// ```no_run
    /// # use zeroless::relay::{self, Relay};
    /// # use zeroless::Server;
    /// # let (input, output) = (Server::bind(0)?, Server::bind(0)?);
    /// Relay::new(relay::pull(input), relay::push(output)).start()?.wait()?; // for ever
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn wait(&self) -> Result<()> {
        self.shared.wait()
    }

    /// Tells whether the relay works, and if not, why: it was stopped, has failed, or a peer at either side
    /// refuses it.
    ///
    /// # Errors
    ///
    /// [`Error::Stopped`](crate::Error::Stopped); the error that ended it; an
    /// [`Error::Refused`](crate::Error::Refused), after which it goes on trying.
    ///
    /// ```
    /// # use zeroless::relay::{self, Relay};
    /// # use zeroless::Server;
    /// # let (input, output) = (Server::bind(0)?, Server::bind(0)?);
    /// let relay = Relay::new(relay::pull(input), relay::push(output)).start()?;
    /// assert!(relay.status().is_ok());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn status(&self) -> Result<()> {
        self.shared.check()?;
        self.input().status()?;
        self.output().status()
    }

    /// The connections at the side that messages come from.
    ///
    /// ```
    /// # use zeroless::relay::{self, Relay};
    /// # use zeroless::Server;
    /// # let (input, output) = (Server::bind(0)?, Server::bind(0)?);
    /// let relay = Relay::new(relay::pull(input), relay::push(output)).start()?;
    /// println!("{} at the input", relay.input().connections_now());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn input(&self) -> Side<'_> {
        Side {
            socket: &self.input,
        }
    }

    /// The connections at the side that messages go to.
    ///
    /// ```
    /// # use zeroless::relay::{self, Relay};
    /// # use zeroless::Server;
    /// # let (input, output) = (Server::bind(0)?, Server::bind(0)?);
    /// let relay = Relay::new(relay::pull(input), relay::push(output)).start()?;
    /// println!("{} at the output", relay.output().connections_now());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn output(&self) -> Side<'_> {
        Side {
            socket: &self.output,
        }
    }

    /// Stops the relay, and waits until all is delivered that was handed over to be sent, at both sides.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`](crate::Error::Timeout) if something could not be delivered in this time, and is lost;
    /// [`Error::Forked`](crate::Error::Forked).
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use zeroless::relay::{self, Relay};
    /// # use zeroless::Server;
    /// # let (input, output) = (Server::bind(0)?, Server::bind(0)?);
    /// let relay = Relay::new(relay::pull(input), relay::push(output)).start()?;
    /// relay.close(Duration::from_secs(5))?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn close(self, timeout: Duration) -> Result<()> {
        self.stop();
        let began = Instant::now();
        let output = self.output.clone().close(timeout);
        let input = self.input.clone();
        input.close(timeout.saturating_sub(began.elapsed()))?;
        output
    }
}

impl fmt::Debug for RunningRelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningRelay")
            .field("counters", &self.counters())
            .finish_non_exhaustive()
    }
}

/// One side of a relay that runs, and its connections.
///
/// ```
/// # use zeroless::relay::{self, Relay};
/// # use zeroless::Server;
/// # let (input, output) = (Server::bind(0)?, Server::bind(0)?);
/// let relay = Relay::new(relay::pull(input), relay::push(output)).start()?;
/// for side in [relay.input(), relay.output()] {
///     println!("{}", side.connection_events()?.recv()?); // listening
/// }
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Side<'a> {
    socket: &'a RelaySocket,
}

impl Side<'_> {
    /// Tells whether a peer refuses the relay here, as [`Push::status`](crate::Push::status) does.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`](crate::Error::Refused); [`Error::Stopped`](crate::Error::Stopped) if the relay was.
    ///
    /// ```
    /// # use zeroless::relay::{self, Relay};
    /// # use zeroless::Server;
    /// # let (input, output) = (Server::bind(0)?, Server::bind(0)?);
    /// let relay = Relay::new(relay::pull(input), relay::push(output)).start()?;
    /// assert!(relay.input().status().is_ok());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn status(&self) -> Result<()> {
        self.socket.status()
    }

    /// Streams the events of the connections here, as
    /// [`Push::connection_events`](crate::Push::connection_events) does.
    ///
    /// # Errors
    ///
    /// [`Error::Stopped`](crate::Error::Stopped); [`Error::Forked`](crate::Error::Forked).
    ///
    /// ```
    /// # use zeroless::relay::{self, Relay};
    /// # use zeroless::Server;
    /// # let (input, output) = (Server::bind(0)?, Server::bind(0)?);
    /// let relay = Relay::new(relay::pull(input), relay::push(output)).start()?;
    /// println!("{}", relay.input().connection_events()?.recv()?); // listening
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn connection_events(&self) -> Result<ConnectionEvents> {
        self.socket.connection_events()
    }

    /// Counts the connections that are up, as [`Push::connections_now`](crate::Push::connections_now) does.
    ///
    /// ```
    /// # use zeroless::relay::{self, Relay};
    /// # use zeroless::Server;
    /// # let (input, output) = (Server::bind(0)?, Server::bind(0)?);
    /// let relay = Relay::new(relay::pull(input), relay::push(output)).start()?;
    /// assert_eq!(relay.input().connections_now(), 0);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn connections_now(&self) -> usize {
        self.socket.connections_now()
    }

    /// Waits until this many connections are up here, as
    /// [`Push::wait_connected`](crate::Push::wait_connected) does.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`](crate::Error::Timeout); [`Error::Stopped`](crate::Error::Stopped);
    /// [`Error::Forked`](crate::Error::Forked).
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use zeroless::relay::{self, Relay};
    /// # use zeroless::Server;
    /// # let (input, output) = (Server::bind(0)?, Server::bind(0)?);
    /// let relay = Relay::new(relay::pull(input), relay::push(output)).start()?;
    /// let nobody = relay.input().wait_connected(1, Duration::from_millis(1));
    /// assert!(nobody.unwrap_err().is_timeout());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn wait_connected(&self, count: usize, timeout: Duration) -> Result<()> {
        self.socket.wait_connected(count, timeout)
    }
}

impl fmt::Debug for Side<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Side")
            .field("connections", &self.connections_now())
            .finish()
    }
}

//! A server that runs.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use log::warn;

use super::engine::Engine;
use super::statistics::CommandStatistics;
use crate::background;
use crate::endpoint::Endpoint;
use crate::error::{Error, Result, Wait};

/// A [`Server`](super::Server) that runs, in threads of its own, until it is stopped or this is dropped.
///
/// Then the calls that were taken are finished. Those that come meanwhile are refused as [`Busy`](crate::rpc::CallError::Busy), and
/// pings are answered. Once the last call has ended the endpoints are given up, also while this is held; the clients
/// are told, so calls that came too late are known not to have run, and go to another server or to this one's successor. Behind
/// a relay they are not told, and with a libzmq that is not [ours](crate::Libzmq::Zeroless) they may miss it: such calls may
/// have run, for all that is known.
///
/// ```
/// use zeroless::rpc::{self, Failure};
///
/// let double = |x: i64| Ok::<_, Failure>(2 * x);
/// let running = rpc::Server::bind(0)?.function("double", double).start()?;
/// assert_ne!(running.port(), 0);
/// running.stop()?;
/// # Ok::<(), zeroless::Error>(())
/// ```
#[must_use = "it is stopped when this is dropped"]
pub struct Running {
    engine: Arc<Engine>,
    drain_timeout: Duration,
}

/// How long it may take to give the endpoints up once all calls have ended.
const END_TIMEOUT: Duration = Duration::from_secs(5);

thread_local! {
    /// Whether this thread runs calls of a server.
    static IS_WORKER: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

impl Running {
    pub(super) fn start(
        engine: Engine,
        threads: usize,
        drain_timeout: Duration,
    ) -> Result<Running> {
        let running = Running {
            engine: Arc::new(engine),
            drain_timeout,
        };
        for _ in 0..threads {
            let engine = running.engine.clone();
            let thread = engine.threads.add();
            background::detach("zeroless-rpc", move || {
                IS_WORKER.set(true);
                engine.work();
                // The socket first: what is told that this has ended may bind there.
                drop(engine);
                drop(thread);
            })?;
        }
        Ok(running)
    }

    /// The port that it is bound to; 0 if it is bound to none, as once it has ended.
    ///
    /// ```
    /// let running = zeroless::rpc::Server::bind(0)?.start()?;
    /// assert_ne!(running.port(), 0);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn port(&self) -> u16 {
        self.engine.server.port()
    }

    /// The endpoints that it is bound to, as they can be connected to from this machine.
    ///
    /// ```
    /// let running = zeroless::rpc::Server::bind([0, 0])?.start()?;
    /// assert_eq!(running.endpoints().len(), 2);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn endpoints(&self) -> Vec<Endpoint> {
        self.engine.server.endpoints()
    }

    /// The commands that it has, by name, and what became of their calls.
    ///
    /// ```
    /// let running = zeroless::rpc::Server::bind(0)?.start()?;
    /// assert!(running.commands().is_empty());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn commands(&self) -> Vec<CommandStatistics> {
        self.engine.services.statistics()
    }

    /// Stops it, and waits until the calls that it has taken are finished, and its endpoints are free.
    ///
    /// Called within a handler, it does not wait.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`] for [`Wait::Calls`](crate::Wait::Calls) if calls were still running after the
    /// [`drain_timeout`](super::Server::drain_timeout). They go on, and are replied to if they end; those that wait in the queue are
    /// refused as [`Busy`](crate::rpc::CallError::Busy), and so is what comes until then. [`Error::Forked`].
    ///
    /// ```
    /// let running = zeroless::rpc::Server::bind(0)?.start()?;
    /// running.stop()?;
    /// assert!(!running.is_running());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn stop(&self) -> Result<()> {
        self.engine.stop.stop()?;
        let Engine { threads, open, .. } = &*self.engine;
        if IS_WORKER.get()
            || threads.wait(self.drain_timeout)
            || (open.are_none() && threads.wait(END_TIMEOUT))
        {
            return Ok(());
        }
        self.engine.refuse_queued();
        Err(Error::timeout(Wait::Calls))
    }

    /// Waits until it is stopped, from another thread or by an error.
    ///
    /// # Errors
    ///
    /// The error that has ended it, if it was not stopped; [`Error::Forked`].
    ///
    /// ```no_run
    /// zeroless::rpc::Server::bind(30000)?.start()?.wait()?; // for ever
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn wait(&self) -> Result<()> {
        self.engine.stop.wait()
    }

    /// Whether it was not stopped yet.
    ///
    /// ```
    /// let running = zeroless::rpc::Server::bind(0)?.start()?;
    /// assert!(running.is_running());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn is_running(&self) -> bool {
        self.engine.stop.is_running()
    }

    #[cfg(feature = "zre")]
    pub(super) fn server(&self) -> &crate::Server {
        &self.engine.server
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Err(error) = self.stop()
            && error != Error::Forked
        {
            warn!("rpc: the server is dropped, and {error}");
        }
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("endpoints", &self.endpoints())
            .field("is_running", &self.is_running())
            .finish_non_exhaustive()
    }
}

//! A receiver or a server that runs.

use std::fmt;
use std::sync::Arc;

use crate::background::Background;
use crate::endpoint::Endpoint;
use crate::error::Result;
use crate::rpc::stop::Stop;

/// A [`Receiver`](super::Receiver) or a [`Server`](super::Server) that runs, in threads of its own, until it is stopped or
/// this is dropped.
///
/// What is being handled then is finished, and replied to.
///
/// ```
/// use zeroless::rpc::zmqrpc::{Receiver, Reply};
///
/// let running = Receiver::bind(0)?.start(|_message| Reply::ok())?;
/// assert_ne!(running.port(), 0);
/// running.stop();
/// # Ok::<(), zeroless::Error>(())
/// ```
#[must_use = "it is stopped when this is dropped"]
pub struct Running {
    pub(super) stop: Arc<Stop>,
    pub(super) threads: Vec<Background>,
    /// Where it is bound.
    pub(super) server: Option<crate::Server>,
}

impl Running {
    /// Starts one of its threads.
    pub(super) fn start(&mut self, serve: impl FnOnce(&Stop) + Send + 'static) -> Result<()> {
        let (stop, own) = (self.stop.clone(), self.stop.clone());
        let run = move || serve(&own);
        let end = move || drop(stop.stop());
        let thread = Background::start("zeroless-zmqrpc", end, || Ok(run))?;
        self.threads.push(thread);
        Ok(())
    }

    /// The port that it is bound to; 0 if it only subscribes.
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::{Receiver, Reply};
    /// let running = Receiver::bind(0)?.start(|_message| Reply::ok())?;
    /// assert_ne!(running.port(), 0);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn port(&self) -> u16 {
        self.server.as_ref().map_or(0, crate::Server::port)
    }

    /// The endpoints that it is bound to, as they can be connected to from this machine.
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::{Receiver, Reply};
    /// let running = Receiver::bind([0, 0])?.start(|_message| Reply::ok())?;
    /// assert_eq!(running.endpoints().len(), 2);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn endpoints(&self) -> Vec<Endpoint> {
        let server = self.server.as_ref();
        server.map_or_else(Vec::new, crate::Server::endpoints)
    }

    /// Stops it, and waits until what is being handled is done.
    ///
    /// Called within a handler, it does not wait.
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::{Receiver, Reply};
    /// let running = Receiver::bind(0)?.start(|_message| Reply::ok())?;
    /// running.stop();
    /// running.wait()?; // returns at once
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn stop(&self) {
        if self.stop.stop().is_ok() && !self.threads.iter().any(Background::is_current) {
            self.threads.iter().for_each(Background::stop);
        }
    }

    /// Waits until it is stopped: from another thread, by a [shutdown](super::Server::allow_shutdown), or by an error.
    ///
    /// # Errors
    ///
    /// The error that has ended it, if it was not stopped; [`Error::Forked`](crate::Error::Forked).
    ///
    /// ```no_run
    /// use zeroless::rpc::zmqrpc::{Receiver, Reply};
    /// Receiver::bind(30000)?.start(|_message| Reply::ok())?.wait()?; // for ever
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn wait(&self) -> Result<()> {
        self.stop.wait()
    }

    /// Whether it was not stopped yet.
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::{Receiver, Reply};
    /// let running = Receiver::bind(0)?.start(|_message| Reply::ok())?;
    /// assert!(running.is_running());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn is_running(&self) -> bool {
        self.stop.is_running()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
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

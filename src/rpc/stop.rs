//! The stop of a server: of all its threads at once.

use std::fmt;

use log::error;
use parking_lot::Condvar;

use crate::error::{Error, Result};
use crate::fork::ForkMutex;

/// The state that the threads of a server share with its handle.
pub(super) struct Stop {
    /// What is stopped, for the log.
    what: &'static str,
    /// Each ends the waits at one of the sockets.
    sockets: Vec<Box<dyn Fn() + Send + Sync>>,
    state: ForkMutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    is_stopped: bool,
    failure: Option<Error>,
}

impl Stop {
    pub(super) fn new(what: &'static str, sockets: Vec<Box<dyn Fn() + Send + Sync>>) -> Stop {
        Stop {
            what,
            sockets,
            state: ForkMutex::default(),
            changed: Condvar::new(),
        }
    }

    /// Ends all threads; it does not wait until they have ended. A child of their process has none of them.
    pub(super) fn stop(&self) -> Result<()> {
        self.state.lock()?.is_stopped = true;
        self.changed.notify_all();
        self.sockets.iter().for_each(|stop| stop());
        Ok(())
    }

    /// Ends all threads for an error of one of them.
    pub(super) fn fail(&self, error: Error) {
        error!("{} has ended: {error}", self.what);
        if let Ok(mut state) = self.state.lock() {
            state.failure.get_or_insert(error);
        }
        let _ = self.stop();
    }

    /// Waits until it is stopped; the error that has stopped it.
    pub(super) fn wait(&self) -> Result<()> {
        let mut state = self.state.lock()?;
        self.changed
            .wait_while(&mut state, |state| !state.is_stopped);
        match &state.failure {
            Some(failure) => Err(failure.clone()),
            None => Ok(()),
        }
    }

    /// Whether it was not stopped yet; in a child of its process it does not run.
    pub(super) fn is_running(&self) -> bool {
        self.state.lock().is_ok_and(|state| !state.is_stopped)
    }
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stop").finish_non_exhaustive()
    }
}

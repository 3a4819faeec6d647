//! What all patterns share: the input and the output, the limits, and what ends them.

use std::time::{Duration, Instant};

use zeroless::Handle;

use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::limits::{Left, Limits};
use crate::notes::Notes;

/// How long a wait for peers goes on before it is told of.
const TOLD_AFTER: Duration = Duration::from_secs(2);

/// How long messages may take to be delivered in the end, if nothing else is said.
const DELIVERY: Duration = Duration::from_secs(30);

/// The same once a signal has come: nobody wants to wait.
const DELIVERY_AFTER_SIGNAL: Duration = Duration::from_millis(500);

/// One run of `server` or `client`.
pub(crate) struct Session<'a> {
    pub(crate) interrupt: &'a Interrupt,
    pub(crate) notes: Notes,
    pub(crate) limits: Limits,
}

impl Session<'_> {
    /// Waits until something is there, by this call, which waits no longer than it is told.
    ///
    /// Tells of a wait that is long.
    pub(crate) fn wait_for_peers(
        &self,
        mut wait: impl FnMut(Duration) -> zeroless::Result<()>,
    ) -> Result<(), Exit> {
        let mut has_told = false;
        loop {
            let left = self.left();
            let slice = match has_told {
                true => left.unwrap_or(Duration::MAX),
                false => left.map_or(TOLD_AFTER, |left| left.min(TOLD_AFTER)),
            };
            match wait(slice) {
                Err(error) if error.is_timeout() => {
                    if self.left().is_some_and(|left| left.is_zero()) {
                        return Err(self.limits.over_of(Left::Something, error));
                    }
                    if !has_told {
                        self.notes.tell(format_args!("waiting: {error}"));
                    }
                    has_told = true;
                }
                other => return other.map_err(Exit::from),
            }
        }
    }

    /// The time that a wait may take.
    fn left(&self) -> Option<Duration> {
        let deadline = self.limits.deadline();
        deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Delivers what was sent, after this end of the work; what cannot be is an error.
    pub(crate) fn close(&self, handle: impl Handle, outcome: Result<(), Exit>) -> Result<(), Exit> {
        let time = match self.interrupt.has_signal() {
            true => DELIVERY_AFTER_SIGNAL,
            false => self.limits.idle().unwrap_or(DELIVERY),
        };
        match (outcome, handle.close(time)) {
            (Ok(()), Err(error)) if self.limits.idle().is_some() => Err(error.into()),
            // No time was given, so it is not that which failed.
            (Ok(()), Err(error)) if error.is_timeout() => Err(Exit::failed(error)),
            (Ok(()), Err(error)) => Err(error.into()),
            (outcome, _) => outcome,
        }
    }
}

//! The signal for event loops: there may be something to receive.

use std::sync::Arc;

use super::Waker;
use crate::error::Result;

/// A signal that stays until nothing is left, for event loops that wait for its file descriptor.
///
/// Until a loop asks for one it does nothing. It belongs under the lock of the queue that it tells about: a thread
/// that brings something turns it on, and a thread that finds nothing turns it off.
#[derive(Debug, Default)]
pub(crate) struct ReadySignal {
    waker: Option<Arc<Waker>>,
    /// Another's wake-up, whose end that can always be read was given out.
    stand_in: Option<Arc<Waker>>,
    is_off: bool,
    is_over: bool,
}

impl ReadySignal {
    /// The waker whose file descriptor can be read while this is on, made when first needed. It is on
    /// at first: there may be something already.
    pub(crate) fn waker(&mut self) -> Result<&Arc<Waker>> {
        let waker = match self.waker.take() {
            Some(waker) => waker,
            None => {
                let waker = Arc::new(Waker::new()?);
                waker.wake();
                waker
            }
        };
        Ok(self.waker.insert(waker))
    }

    /// Another waker's end that can always be read is given out instead. Loops look in vain then, and
    /// miss nothing.
    pub(crate) fn stand_in(&mut self, other: &Arc<Waker>) {
        self.stand_in = Some(other.clone());
    }

    /// There is something: the waker, if it was off.
    pub(crate) fn turn_on(&mut self) -> Option<&Arc<Waker>> {
        if !std::mem::take(&mut self.is_off) {
            return None;
        }
        let waker = self.waker.as_ref()?;
        waker.wake();
        Some(waker)
    }

    /// There is nothing now: the waker, if it was on.
    pub(crate) fn turn_off(&mut self) -> Option<&Arc<Waker>> {
        self.renew_stand_in();
        let waker = self.waker.as_ref()?;
        if self.is_off || self.is_over {
            return None;
        }
        waker.clear();
        self.is_off = true;
        Some(waker)
    }

    /// Signals anew though it is on, for loops that wait for changes alone: a caller was told of nothing,
    /// and there may be something.
    pub(crate) fn renew(&mut self) {
        self.renew_stand_in();
        if let Some(waker) = &self.waker
            && !self.is_off
        {
            waker.clear();
            waker.wake();
        }
    }

    /// Nothing is to come any more: it is on for good.
    pub(crate) fn end(&mut self) {
        self.is_over = true;
        self.renew();
    }

    fn renew_stand_in(&self) {
        if let Some(stand_in) = &self.stand_in {
            stand_in.always_readable();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::{AsRawFd, BorrowedFd};

    use super::super::{Deadline, poll, readable};
    use super::*;

    fn is_readable(fd: BorrowedFd<'_>) -> bool {
        let mut fds = [readable(fd.as_raw_fd())];
        poll(&mut fds, Deadline::Now);
        fds[0].revents != 0
    }

    #[test]
    fn a_signal_is_on_from_something_to_nothing() {
        let mut signal = ReadySignal::default();
        assert!(signal.turn_on().is_none());
        assert!(signal.turn_off().is_none());
        let waker = signal.waker().unwrap().clone();
        assert!(waker.is_woken());
        assert!(signal.turn_off().is_some());
        assert!(!waker.is_woken());
        assert!(signal.turn_off().is_none());
        assert!(signal.turn_on().is_some());
        assert!(waker.is_woken());
        assert!(signal.turn_on().is_none());
        signal.renew();
        assert!(waker.is_woken());
        assert!(signal.turn_off().is_some());
        signal.end();
        assert!(signal.turn_on().is_some());
        assert!(signal.turn_off().is_none());
        assert!(waker.is_woken());
    }

    #[test]
    fn an_end_that_can_always_be_read_changes_nothing_for_its_waker() {
        let waker = Arc::new(Waker::new().unwrap());
        let mut signal = ReadySignal::default();
        signal.stand_in(&waker);
        assert!(is_readable(waker.always_readable()));
        assert!(signal.turn_off().is_none());
        assert!(is_readable(waker.always_readable()));
        assert!(!waker.is_woken());
        waker.wake();
        assert!(waker.is_woken());
        waker.clear();
        assert!(!waker.is_woken());
    }
}

//! The end of a socket: it goes on delivering its queue.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Linger, SharedSocket};
use crate::error::{Error, Result, Wait};
use crate::ffi::{self, system};
use crate::monitor::Closing;
use crate::wake::Deadline;

/// Where libzmq does not report losses: how much longer it may linger than it was asked to.
const CLOCK_SLACK: Duration = Duration::from_millis(100);

impl SharedSocket {
    /// Closes the socket for all handles, and waits until its queue is delivered.
    pub(crate) fn close(&self, timeout: Duration) -> Result<()> {
        self.stop();
        let Some(mut socket) = self.lock()?.socket.take() else {
            return Err(Error::Stopped);
        };
        let time = match ffi::reports_undelivered() {
            // With no linger time libzmq drops the queue and does not report it.
            true => timeout.max(Duration::from_millis(1)),
            // Such a libzmq has delivered all if it was done before the time was over.
            false => timeout.saturating_add(CLOCK_SLACK),
        };
        let linger = Linger::exactly(time);
        let set = linger.set(&mut socket);
        set.map_err(|errno| system("setting the linger time", errno))?;
        self.status.close(self.closing(linger, true));
        drop(socket);
        // libzmq takes a moment to clean up.
        let until = time.saturating_add(Duration::from_secs(1));
        match self.status.wait_delivered(Deadline::after(until)) {
            true => Ok(()),
            false => Err(self.status.timeout_error(Wait::Delivery)),
        }
    }

    /// Closes the socket for all handles, and does not wait: it delivers its queue as when its last handle is dropped.
    #[cfg(feature = "rpc")]
    pub(crate) fn end(&self) {
        self.stop();
        let Ok(mut inner) = self.lock() else {
            return;
        };
        let socket = inner.socket.take();
        drop(inner);
        if let Some(socket) = socket {
            self.linger_with(socket);
        }
    }

    /// Has libzmq drop the queue when the socket closes.
    pub(crate) fn discard_queue(&self) {
        let _ = self.with(|locked| Ok(locked.socket.set_linger(0).is_ok()));
    }
}

impl Drop for SharedSocket {
    fn drop(&mut self) {
        // In a child nothing of it is dropped: closing it would need threads that the child does not have.
        if self.check_process().is_ok() {
            self.begin_linger();
            self.status.end_waits();
        }
    }
}

impl SharedSocket {
    /// The last handle is gone: the socket closes, and delivers its queue.
    fn begin_linger(&mut self) {
        if let Some(socket) = self.inner.get_mut().socket.take() {
            self.linger_with(socket);
        }
    }

    /// Drops the socket, and has it told of whether all was delivered.
    fn linger_with(&self, mut socket: zmq::Socket) {
        if !self.spec.profile.is_monitored {
            return;
        }
        let mut linger = self.linger();
        if !ffi::reports_undelivered() && self.status.is_deserted() {
            linger = Linger::exactly(linger.alone);
            let _ = linger.set(&mut socket);
        }
        self.status.close(self.closing(linger, false));
    }

    fn closing(&self, linger: Linger, awaited: bool) -> Closing {
        Closing {
            most: linger.most,
            alone: linger.alone,
            sent: self.sent.load(Ordering::Relaxed),
            inproc: self.inproc.load(Ordering::Relaxed),
            awaited,
        }
    }
}

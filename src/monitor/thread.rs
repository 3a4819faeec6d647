//! The thread that reads the monitors of all sockets, and acts on their events. There is one for each
//! context, and the process has one context.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};

use super::monitor_loop::MonitorLoop;
use super::monitored::{Command, Monitored, MonitoredSocket};
use super::raw_event::events;
use super::{ConnectionStatus, closing};
use crate::background::Background;
use crate::error::{Error, Result};
use crate::ffi::{
    RawContext, numbers_connections, reports_connect_failures, reports_undelivered, system,
};
use crate::wake::Waker;

/// The handle of the thread; it ends when this is dropped.
pub(crate) struct MonitorThread {
    commands: Sender<Command>,
    /// Keeps added monitors open, even if the thread has ended: libzmq's threads block on a monitor whose
    /// other end is closed.
    _added: Receiver<Command>,
    waker: Arc<Waker>,
    thread: Background,
}

impl fmt::Debug for MonitorThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MonitorThread").finish_non_exhaustive()
    }
}

impl MonitorThread {
    pub(crate) fn start(context: &Arc<RawContext>) -> Result<MonitorThread> {
        let (commands, received) = crossbeam_channel::unbounded();
        let (added, context) = (received.clone(), context.clone());
        let prepare = |stop| Ok(move || MonitorLoop::new(received, stop, context).run());
        let (thread, stop) = Background::start_waiting("zeroless-monitor", prepare)?;
        Ok(MonitorThread {
            commands,
            _added: added,
            waker: stop.waker().clone(),
            thread,
        })
    }

    /// Begins to watch a socket, which must be in no other thread's hands meanwhile.
    pub(crate) fn add(
        &self,
        context: &RawContext,
        socket: &zmq::Socket,
        status: Arc<ConnectionStatus>,
        monitored: Weak<dyn MonitoredSocket>,
    ) -> Result<()> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let failed = |error| match error {
            zmq::Error::EMFILE => Error::OutOfFiles,
            error => Error::system("reading monitors", error),
        };
        let name = format!(
            "inproc://zeroless-monitor-{}",
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        // Our end first: a monitor without one would hold up libzmq's threads for good.
        let monitor = context.socket(zmq::PAIR);
        let monitor = monitor.map_err(|errno| system("reading monitors", errno))?;
        // Without a bound: libzmq's own threads would wait for us.
        monitor.set_rcvhwm(0).map_err(failed)?;
        monitor.set_linger(0).map_err(failed)?;
        monitor.connect(&name).map_err(failed)?;
        let entry = Monitored {
            fd: monitor.get_fd().map_err(failed)?,
            socket_fd: socket.get_fd().map_err(failed)?,
            status,
            monitored,
        };
        // Last: from here on the monitor must stay.
        let events = events(
            reports_undelivered(),
            reports_connect_failures(),
            numbers_connections(),
        );
        socket.monitor(&name, events.into()).map_err(failed)?;
        entry.status.begin_monitoring(&self.waker, monitor);
        let _ = self.commands.send(Command::Add(entry));
        self.waker.wake();
        Ok(())
    }
}

impl MonitorThread {
    /// Waits until libzmq is done with all sockets, now that the last handle of each is gone; false if
    /// that is not worth while any more.
    pub(crate) fn wait_all_released(&self) -> bool {
        if self.thread.is_current() {
            return false;
        }
        let (reply, statuses) = crossbeam_channel::bounded(1);
        let _ = self.commands.send(Command::List(reply));
        self.waker.wake();
        // A thread that has ended does not answer.
        let statuses = statuses.recv_timeout(Duration::from_secs(5));
        closing::wait_all_released(statuses.unwrap_or_default())
    }

    /// Has the thread watch the stop signal of a socket.
    pub(crate) fn watch_stop_signal(
        &self,
        status: &ConnectionStatus,
        stop_signal: &Arc<Waker>,
    ) -> Result<()> {
        if status.set_stop_signal(stop_signal) {
            self.waker.wake();
        }
        Ok(())
    }
}

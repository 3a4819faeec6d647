//! The monitor thread's loop; nothing that it calls can end it. If it ended, libzmq's threads would wait for
//! it, and every socket with them.

use std::sync::Arc;
use std::time::Instant;

use crossbeam_channel::Receiver;

use super::monitored::{Command, Monitored, RETRY_AFTER_PANIC};
use crate::background::{ThreadStop, WaitSet, guarded};
use crate::ffi::RawContext;
use crate::wake::Deadline;

/// The loop's own state.
pub(super) struct MonitorLoop {
    commands: Receiver<Command>,
    stop: Arc<ThreadStop>,
    sockets: Vec<Monitored>,
    /// Whether something may have been left undone.
    again: bool,
    /// Dropped last. If the monitor thread is dropped in its own thread, it cannot be joined, and the
    /// context ends here.
    _context: Arc<RawContext>,
}

impl MonitorLoop {
    pub(super) fn new(
        commands: Receiver<Command>,
        stop: Arc<ThreadStop>,
        context: Arc<RawContext>,
    ) -> MonitorLoop {
        MonitorLoop {
            commands,
            stop,
            sockets: Vec::new(),
            again: false,
            _context: context,
        }
    }

    pub(super) fn run(mut self) {
        while !self.stop.is_stopped() {
            self.turn();
        }
    }

    /// Waits, and handles all that is due.
    fn turn(&mut self) {
        // Waiting may log, and a user's logger may panic.
        let waited = guarded("reading monitors", || self.wait());
        self.again |= waited.is_none();
        while let Ok(command) = self.commands.try_recv() {
            match command {
                Command::Add(entry) => self.sockets.push(entry),
                Command::List(reply) => {
                    let statuses = self.sockets.iter().map(|entry| entry.status.clone());
                    let _ = reply.send(statuses.collect());
                }
            }
        }
        let now = Instant::now();
        let again = &mut self.again;
        self.sockets.retain(|entry| {
            let turn = guarded("reading monitors", || entry.turn(now));
            *again |= turn.is_none();
            turn.unwrap_or(true)
        });
    }

    /// Sleeps until a command or an event comes, or a retry is due.
    fn wait(&mut self) {
        let statuses = self.sockets.iter().map(|entry| &entry.status);
        let due = statuses.flat_map(|status| [status.next_due(), status.draining()]);
        let mut deadline = due.flatten().min().map_or(Deadline::Never, Deadline::At);
        if std::mem::take(&mut self.again) {
            deadline = deadline.within(RETRY_AFTER_PANIC);
        }
        // Each monitor was read until it had no more, so its descriptor will signal the next;
        // and so for the sockets that were pumped.
        let monitors = self.sockets.iter().map(|entry| entry.fd);
        let stop_signals = self
            .sockets
            .iter()
            .filter_map(|entry| entry.status.unheard_stop_signal());
        let draining = self
            .sockets
            .iter()
            .filter(|entry| entry.status.draining().is_some());
        let sockets = draining.map(|entry| entry.socket_fd);
        let mut set = WaitSet::new(self.stop.waker());
        for fd in monitors.chain(stop_signals).chain(sockets) {
            set.insert_fd((), fd);
        }
        set.wait(deadline);
    }
}

/// The context ends, and all sockets with it.
impl Drop for MonitorLoop {
    fn drop(&mut self) {
        drop(self.commands.try_iter().collect::<Vec<_>>());
    }
}

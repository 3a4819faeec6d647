//! What the monitor thread does, again and again: nothing that it calls can end it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use log::debug;

use super::thread::{Command, Monitored};
use crate::background::{ThreadStop, WaitSet, guarded};
use crate::ffi::RawContext;
use crate::wake::Deadline;

/// How soon there is another look after a panic, which may have left something undone.
const AGAIN: Duration = Duration::from_millis(10);

/// The thread's own side.
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

    /// Waits, and does what there is to do.
    fn turn(&mut self) {
        // What it waits with may be logged.
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
            deadline = deadline.within(AGAIN);
        }
        // Each monitor was read until it had no more, so its descriptor will signal the next;
        // and so for the sockets that were touched.
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

/// The socket or the context ends: waits for more events end, and the monitor is closed, or the context
/// would not end.
impl Drop for Monitored {
    fn drop(&mut self) {
        guarded("reading monitors", || self.status.gone());
    }
}

/// The context ends, and all sockets with it.
impl Drop for MonitorLoop {
    fn drop(&mut self) {
        drop(self.commands.try_iter().collect::<Vec<_>>());
    }
}

impl Monitored {
    /// Does what there is to do for one socket; false once it is gone.
    fn turn(&self, now: Instant) -> bool {
        self.status.check_stop_signal();
        if !self.read() {
            return false;
        }
        self.drain(now);
        self.retry(now);
        true
    }

    /// Takes in what the monitor has; false once the socket is gone.
    fn read(&self) -> bool {
        while let Some((event, at)) = self.status.next_event() {
            // Before the event is published: a user that gets it must be able to send to the peer.
            if event.brings_peer()
                && let Some(monitored) = self.monitored.upgrade()
            {
                monitored.pump();
            }
            let retried = event.is_retry().then(|| event.endpoint.clone());
            self.status.take(event, at);
            if let Some(endpoint) = retried
                && let Some(monitored) = self.monitored.upgrade()
            {
                monitored.retried(&endpoint);
            }
        }
        !self.status.is_ended()
    }

    /// Touches the socket while it has to be.
    fn drain(&self, now: Instant) {
        let Some(until) = self.status.draining() else {
            return;
        };
        let open = self
            .monitored
            .upgrade()
            .is_some_and(|monitored| monitored.pump());
        if now >= until || !open {
            self.status.drained();
        }
    }

    fn retry(&self, now: Instant) {
        for endpoint in self.status.due(now) {
            // Each of them, since none will be due again.
            let again = guarded("connecting anew", || {
                let again = self.monitored.upgrade()?.reconnect(&endpoint);
                debug!("{}: connecting to {endpoint} anew", self.status.name());
                again
            });
            if let Some(at) = again.unwrap_or(Some(now + AGAIN)) {
                self.status.schedule_reconnect(&endpoint, at);
            }
        }
    }
}

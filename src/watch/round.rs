//! What the watch's thread does, again and again: nothing that it calls can end it.

use std::iter::once;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use log::debug;

use super::{Command, Entry};
use crate::background::guarded;
use crate::raw::RawContext;
use crate::wake::{Deadline, Waker, poll, readable};

/// How soon there is another look after a panic, which may have left something undone.
const AGAIN: Duration = Duration::from_millis(10);

/// The thread's own side.
pub(super) struct Round {
    commands: Receiver<Command>,
    waker: Arc<Waker>,
    entries: Vec<Entry>,
    /// Whether something may have been left undone.
    again: bool,
    /// Dropped last. If the watch is dropped in its own thread, nobody can wait for that, and it is
    /// here that the context ends.
    _context: Arc<RawContext>,
}

impl Round {
    pub(super) fn new(
        commands: Receiver<Command>,
        waker: Arc<Waker>,
        context: Arc<RawContext>,
    ) -> Round {
        Round {
            commands,
            waker,
            entries: Vec::new(),
            again: false,
            _context: context,
        }
    }

    pub(super) fn run(mut self) {
        while self.turn() {}
    }

    /// Waits, and does what there is to do; false if it is to end.
    fn turn(&mut self) -> bool {
        self.wait();
        self.waker.clear();
        while let Ok(command) = self.commands.try_recv() {
            match command {
                Command::Add(entry) => self.entries.push(entry),
                Command::List(reply) => {
                    let sights = self.entries.iter().map(|entry| entry.sight.clone());
                    let _ = reply.send(sights.collect());
                }
                Command::Stop => return false,
            }
        }
        let now = Instant::now();
        let again = &mut self.again;
        self.entries.retain(|entry| {
            let turn = guarded("watching connections", || entry.turn(now));
            *again |= turn.is_none();
            turn.unwrap_or(true)
        });
        true
    }

    /// Sleeps until a command or an event comes, or a retry is due.
    fn wait(&mut self) {
        let sights = self.entries.iter().map(|entry| &entry.sight);
        let due = sights.flat_map(|sight| [sight.next_due(), sight.settling()]);
        let mut deadline = due.flatten().min().map_or(Deadline::Never, Deadline::At);
        if std::mem::take(&mut self.again) {
            deadline = deadline.within(AGAIN);
        }
        // Each monitor was read until it had no more, so its descriptor will signal the next;
        // and so for the sockets that were touched.
        let monitors = self.entries.iter().map(|entry| entry.fd);
        let bells = self.entries.iter().filter_map(|entry| entry.sight.unrung());
        let settling = self
            .entries
            .iter()
            .filter(|entry| entry.sight.settling().is_some());
        let sockets = settling.map(|entry| entry.socket_fd);
        let fds = once(self.waker.fd())
            .chain(monitors)
            .chain(bells)
            .chain(sockets);
        let mut items: Vec<_> = fds.map(readable).collect();
        poll(&mut items, deadline);
    }
}

/// The socket or the context ends: nobody need wait for more events, and the monitor is closed, without
/// which the context would not end.
impl Drop for Entry {
    fn drop(&mut self) {
        guarded("watching connections", || self.sight.gone());
    }
}

/// The context ends, and all sockets with it.
impl Drop for Round {
    fn drop(&mut self) {
        drop(self.commands.try_iter().collect::<Vec<_>>());
    }
}

impl Entry {
    /// Does what there is to do for one socket; false once it is gone.
    fn turn(&self, now: Instant) -> bool {
        self.sight.look_at_bell();
        if !self.read() {
            return false;
        }
        self.settle(now);
        self.retry(now);
        true
    }

    /// Takes in what the monitor has; false once the socket is gone.
    fn read(&self) -> bool {
        while let Some((event, at)) = self.sight.next_event() {
            if event.is_end() {
                return false;
            }
            // Attached before it is told: who hears of a peer must be able to send to it.
            if event.brings_peer()
                && let Some(watched) = self.watched.upgrade()
            {
                watched.pump();
            }
            let retried = event.is_retry().then(|| event.endpoint.clone());
            self.sight.take(event, at);
            if let Some(endpoint) = retried
                && let Some(watched) = self.watched.upgrade()
            {
                watched.retried(&endpoint);
            }
        }
        true
    }

    /// Touches the socket while it has to be.
    fn settle(&self, now: Instant) {
        let Some(until) = self.sight.settling() else {
            return;
        };
        let open = self.watched.upgrade().is_some_and(|watched| watched.pump());
        if now >= until || !open {
            self.sight.settled();
        }
    }

    fn retry(&self, now: Instant) {
        for endpoint in self.sight.due(now) {
            // Each of them, since none will be due again.
            let again = guarded("connecting anew", || {
                let again = self.watched.upgrade()?.reconnect(&endpoint);
                debug!("{}: connecting to {endpoint} anew", self.sight.name());
                again
            });
            if let Some(at) = again.unwrap_or(Some(now + AGAIN)) {
                self.sight.put_off(&endpoint, at);
            }
        }
    }
}

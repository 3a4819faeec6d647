//! The thread that reads the monitors of all sockets, and does what their events ask for.

mod sight;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender};
use log::{debug, error};
pub(crate) use sight::{Down, Sight};

use crate::background::Background;
use crate::error::{Error, Result};
use crate::monitor::{EVENTS, RawEvent};
use crate::raw::{RawContext, system};
use crate::wake::{Deadline, Waker, poll, readable};

/// What is watched: a socket that its watch may ask for something.
pub(crate) trait Watched: Send + Sync {
    /// Lets libzmq do what waits for the socket, though nobody may be using it; false if it is
    /// closed.
    fn pump(&self) -> bool;
    /// libzmq has given this endpoint up: connect it anew, if it is still wanted.
    fn reconnect(&self, endpoint: &str);
}

/// One socket in the watch's care.
struct Entry {
    monitor: zmq::Socket,
    fd: i32,
    /// The watched socket's own file descriptor.
    socket_fd: i32,
    sight: Arc<Sight>,
    watched: Weak<dyn Watched>,
}

enum Command {
    Add(Entry),
    Stop,
}

/// The handle of the thread; it ends when this is dropped.
pub(crate) struct Watch {
    commands: Sender<Command>,
    waker: Arc<Waker>,
    _thread: Background,
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}

impl Watch {
    pub(crate) fn start() -> Result<Watch> {
        let (commands, received) = crossbeam_channel::unbounded();
        let waker = Arc::new(Waker::new()?);
        let (stop, wake, awaited) = (commands.clone(), waker.clone(), waker.clone());
        let stop = move || {
            let _ = stop.send(Command::Stop);
            wake.wake();
        };
        let prepare = || Ok(move || Round::new(received, awaited).run());
        Ok(Watch {
            commands,
            waker,
            _thread: Background::start("zeroless-watch", stop, prepare)?,
        })
    }

    /// Begins to watch a socket, which must be in no other thread's hands meanwhile.
    pub(crate) fn add(
        &self,
        context: &RawContext,
        socket: &zmq::Socket,
        sight: Arc<Sight>,
        watched: Weak<dyn Watched>,
    ) -> Result<()> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let failed = |error| match error {
            zmq::Error::EMFILE => Error::OutOfFiles,
            error => Error::system("watching connections", error),
        };
        let name = format!(
            "inproc://zeroless-monitor-{}",
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        // Our end first: a monitor without one would hold up libzmq's threads for good.
        let monitor = context.socket(zmq::PAIR);
        let monitor = monitor.map_err(|errno| system("watching connections", errno))?;
        // Without a bound: libzmq's own threads would wait for us.
        monitor.set_rcvhwm(0).map_err(failed)?;
        monitor.set_linger(0).map_err(failed)?;
        monitor.connect(&name).map_err(failed)?;
        socket.monitor(&name, EVENTS.into()).map_err(failed)?;
        let entry = Entry {
            fd: monitor.get_fd().map_err(failed)?,
            socket_fd: socket.get_fd().map_err(failed)?,
            monitor,
            sight,
            watched,
        };
        entry.sight.set_watch(&self.waker);
        let _ = self.commands.send(Command::Add(entry));
        self.waker.wake();
        Ok(())
    }
}

impl Watch {
    /// Listens to a bell that stops what is seen here.
    pub(crate) fn listen(&self, sight: &Sight, bell: &Arc<Waker>) -> Result<()> {
        if sight.set_bell(bell) {
            self.waker.wake();
        }
        Ok(())
    }
}

/// The thread's own side.
struct Round {
    commands: Receiver<Command>,
    waker: Arc<Waker>,
    entries: Vec<Entry>,
}

impl Round {
    fn new(commands: Receiver<Command>, waker: Arc<Waker>) -> Round {
        Round {
            commands,
            waker,
            entries: Vec::new(),
        }
    }

    fn run(mut self) {
        loop {
            if let Err(error) = self.wait() {
                error!("connections are no longer watched: {error}");
                return;
            }
            self.waker.clear();
            while let Ok(command) = self.commands.try_recv() {
                match command {
                    Command::Add(entry) => self.entries.push(entry),
                    Command::Stop => return,
                }
            }
            for entry in &self.entries {
                entry.sight.look_at_bell();
            }
            let now = Instant::now();
            self.entries.retain(|entry| entry.read(now));
            for entry in &self.entries {
                entry.settle(now);
            }
            for entry in &self.entries {
                entry.retry(now);
            }
        }
    }

    /// Sleeps until a command or an event comes, or a retry is due.
    fn wait(&self) -> Result<()> {
        let sights = self.entries.iter().map(|entry| &entry.sight);
        let due = sights.flat_map(|sight| [sight.next_due(), sight.settling()]);
        let deadline = due.flatten().min().map_or(Deadline::Never, Deadline::At);
        // Each monitor was read until it had no more, so its descriptor will signal the next;
        // and so for the sockets that were touched.
        let monitors = self.entries.iter().map(|entry| entry.fd);
        let bells = self.entries.iter().filter_map(|entry| entry.sight.unrung());
        let settling = self
            .entries
            .iter()
            .filter(|entry| entry.sight.settling().is_some());
        let sockets = settling.map(|entry| entry.socket_fd);
        let fds = std::iter::once(self.waker.fd())
            .chain(monitors)
            .chain(bells)
            .chain(sockets);
        let mut items: Vec<_> = fds.map(readable).collect();
        poll(&mut items, deadline)
    }
}

/// The context ends, and all sockets with it: nobody need wait for their last event.
impl Drop for Round {
    fn drop(&mut self) {
        self.entries.iter().for_each(|entry| entry.sight.gone());
    }
}

impl Entry {
    /// Reads what the monitor has; false once the socket is gone.
    fn read(&self, now: Instant) -> bool {
        while let Some(event) = self.next() {
            if event.is_end() {
                self.sight.gone();
                return false;
            }
            // Attached before it is told: who hears of a peer must be able to send to it.
            if event.brings_peer()
                && let Some(watched) = self.watched.upgrade()
            {
                watched.pump();
            }
            self.sight.take(event, now);
        }
        true
    }

    fn next(&self) -> Option<RawEvent> {
        loop {
            let first = match self.monitor.recv_msg(zmq::DONTWAIT) {
                Ok(first) => first,
                Err(zmq::Error::EINTR) => continue,
                Err(_) => return None,
            };
            if !first.get_more() {
                continue;
            }
            let second = loop {
                match self.monitor.recv_msg(zmq::DONTWAIT) {
                    Err(zmq::Error::EINTR) => continue,
                    other => break other.ok()?,
                }
            };
            if let Some(event) = RawEvent::read(&first, &second) {
                return Some(event);
            }
        }
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
        let due = self.sight.due(now);
        for endpoint in due {
            if let Some(watched) = self.watched.upgrade() {
                debug!("{}: connecting to {endpoint} anew", self.sight.name());
                watched.reconnect(&endpoint);
            }
        }
    }
}

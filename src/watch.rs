//! The thread that reads the monitors of all sockets, and does what their events ask for.

mod closing;
mod intake;
mod round;
mod sight;
mod told;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

pub(crate) use closing::Closing;
use crossbeam_channel::{Receiver, Sender};
pub(crate) use intake::Look;
use round::Round;
pub(crate) use sight::{Down, Sight};

use crate::background::Background;
use crate::error::{Error, Result};
use crate::monitor::events;
use crate::raw::{RawContext, system, tells_undelivered};
use crate::wake::Waker;

/// What is watched: a socket that its watch may ask for something.
pub(crate) trait Watched: Send + Sync {
    /// Lets libzmq do what waits for the socket, though nobody may be using it; false if it is
    /// closed.
    fn pump(&self) -> bool;
    /// libzmq has given this endpoint up: connects it anew, if it is still wanted; or tells when that
    /// is to be tried again.
    fn reconnect(self: Arc<Self>, endpoint: &str) -> Option<Instant>;
    /// libzmq has tried to connect to this endpoint in vain, and tries again.
    fn retried(self: Arc<Self>, endpoint: &str);
}

/// One socket in the watch's care.
struct Entry {
    /// Its monitor's file descriptor.
    fd: i32,
    /// The watched socket's own file descriptor.
    socket_fd: i32,
    sight: Arc<Sight>,
    watched: Weak<dyn Watched>,
}

enum Command {
    Add(Entry),
    /// Tell which sockets are watched.
    List(Sender<Vec<Arc<Sight>>>),
    Stop,
}

/// The handle of the thread; it ends when this is dropped.
pub(crate) struct Watch {
    commands: Sender<Command>,
    /// Keeps what was added, whatever has become of the thread: a monitor that nobody holds stops
    /// libzmq's own threads.
    _added: Receiver<Command>,
    waker: Arc<Waker>,
    thread: Background,
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}

impl Watch {
    pub(crate) fn start(context: &Arc<RawContext>) -> Result<Watch> {
        let (commands, received) = crossbeam_channel::unbounded();
        let waker = Arc::new(Waker::new()?);
        let (stop, wake, awaited) = (commands.clone(), waker.clone(), waker.clone());
        let stop = move || {
            let _ = stop.send(Command::Stop);
            wake.wake();
        };
        let (added, context) = (received.clone(), context.clone());
        let prepare = || Ok(move || Round::new(received, awaited, context).run());
        Ok(Watch {
            commands,
            _added: added,
            waker,
            thread: Background::start("zeroless-watch", stop, prepare)?,
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
        let entry = Entry {
            fd: monitor.get_fd().map_err(failed)?,
            socket_fd: socket.get_fd().map_err(failed)?,
            sight,
            watched,
        };
        // Last: from here on the monitor must stay.
        let events = events(tells_undelivered());
        socket.monitor(&name, events.into()).map_err(failed)?;
        entry.sight.set_watch(&self.waker, monitor);
        let _ = self.commands.send(Command::Add(entry));
        self.waker.wake();
        Ok(())
    }
}

impl Watch {
    /// Waits until all sockets have delivered what was sent, now that the last handle of each is
    /// gone; false if that is not worth while any more.
    pub(crate) fn wait_for_end(&self) -> bool {
        if self.thread.is_current() {
            return false;
        }
        let (reply, sights) = crossbeam_channel::bounded(1);
        let _ = self.commands.send(Command::List(reply));
        self.waker.wake();
        // A thread that is no more will not answer.
        let sights = sights.recv_timeout(Duration::from_secs(5));
        closing::wait_for_end(sights.unwrap_or_default())
    }

    /// Listens to a bell that stops what is seen here.
    pub(crate) fn listen(&self, sight: &Sight, bell: &Arc<Waker>) -> Result<()> {
        if sight.set_bell(bell) {
            self.waker.wake();
        }
        Ok(())
    }
}

//! Nodes that come and go.

use std::fmt;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, TryRecvError};

use super::Node;
use crate::error::{Error, Result, Wait};
use crate::fork::ForkGuard;
use crate::station::net::SharedNode;
use crate::station::presence::Presence;
use crate::wake::{Deadline, Waker};

/// The addresses with a prefix, as they come and go; see [`Node::watch`].
pub struct PresenceEvents {
    watcher: u64,
    events: Receiver<Presence>,
    shared: ForkGuard<Arc<SharedNode>>,
    prefix: String,
    /// What event loops wait for, once one has asked.
    readiness: OnceLock<Option<Arc<Waker>>>,
    /// That of the node's thread, which stands in where there is no file for another.
    waker: Arc<Waker>,
}

impl Node {
    /// Tells of the ids that begin with this: at first of those that are there, and then of each that comes or goes. `""` is
    /// all.
    ///
    /// # Errors
    ///
    /// [`Error::Stopped`]; the error that has ended the node; [`Error::Forked`].
    ///
    /// ```
    /// use zeroless::station::{Node, Presence};
    ///
    /// let site = Node::builder("site").bind("tcp://127.0.0.1:0").start()?;
    /// let presence = site.watch("rig1.")?;
    /// let camera = Node::builder("rig1.camera").upstream(site.endpoints()).start()?;
    /// assert_eq!(presence.recv()?, Presence::Appeared("rig1.camera".to_owned()));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn watch(&self, prefix: impl Into<String>) -> Result<PresenceEvents> {
        let prefix = prefix.into();
        let (watcher, events) = self.shared().watch(&prefix)?;
        Ok(PresenceEvents {
            watcher,
            events,
            shared: ForkGuard::by(self.running.origin, self.shared().clone()),
            prefix,
            readiness: OnceLock::new(),
            waker: self.shared().waker().clone(),
        })
    }

    /// The ids that begin with this and can be reached, as far as the node knows.
    ///
    /// The first call for a prefix begins to watch it: what only the stations above know comes a moment later.
    ///
    /// ```
    /// let rig = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// assert!(rig.addresses("rig1.").is_empty());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn addresses(&self, prefix: &str) -> Vec<String> {
        self.shared().addresses(prefix).unwrap_or_default()
    }

    /// Waits until this id can be reached.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`] if it cannot by then; otherwise as [`watch`](Self::watch).
    ///
    /// ```
    /// use std::time::Duration;
    /// use zeroless::station::Node;
    ///
    /// let site = Node::builder("site").bind("tcp://127.0.0.1:0").start()?;
    /// let camera = Node::builder("rig1.camera").upstream(site.endpoints()).start()?;
    /// site.wait_for("rig1.camera", Duration::from_secs(20))?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn wait_for(&self, id: &str, timeout: Duration) -> Result<()> {
        let deadline = Deadline::after(timeout);
        let _watch = self.watch(id)?;
        let is_there = self
            .shared()
            .wait_until(deadline, |core| core.is_there(id))?;
        match is_there {
            true => Ok(()),
            false => Err(Error::timeout(Wait::Services {
                name: id.to_owned(),
                wanted: 1,
                found: 0,
            })),
        }
    }
}

impl PresenceEvents {
    /// The next event, waiting for it.
    ///
    /// # Errors
    ///
    /// [`Error::Stopped`] once the node has ended; [`Error::Forked`].
    ///
    /// ```no_run
    /// # let node = zeroless::station::Node::builder("rig1").bind(0).start()?;
    /// println!("{:?}", node.watch("")?.recv()?);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn recv(&self) -> Result<Presence> {
        self.shared.get()?;
        self.events.recv().map_err(|_| Error::Stopped)
    }

    /// The next event, if there is one.
    ///
    /// # Errors
    ///
    /// [`Error::WouldBlock`]; otherwise as [`recv`](Self::recv).
    ///
    /// ```
    /// # let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// let there = node.watch("rig1.")?.try_recv();
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn try_recv(&self) -> Result<Presence> {
        let shared = self.shared.get()?;
        loop {
            match self.events.try_recv() {
                Ok(event) => return Ok(event),
                Err(TryRecvError::Disconnected) => return Err(Error::Stopped),
                Err(TryRecvError::Empty) => {
                    if shared.found_no_event(self.watcher, &self.events)? {
                        return Err(Error::WouldBlock);
                    }
                }
            }
        }
    }

    /// The next event, waiting no longer than this.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`]; otherwise as [`recv`](Self::recv).
    ///
    /// ```no_run
    /// # let node = zeroless::station::Node::builder("rig1").bind(0).start()?;
    /// let event = node.watch("")?.recv_timeout(std::time::Duration::from_secs(5))?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn recv_timeout(&self, timeout: Duration) -> Result<Presence> {
        self.shared.get()?;
        self.events
            .recv_timeout(timeout)
            .map_err(|error| match error {
                RecvTimeoutError::Timeout => Error::timeout(Wait::Event),
                RecvTimeoutError::Disconnected => Error::Stopped,
            })
    }
}

impl Iterator for PresenceEvents {
    type Item = Presence;

    fn next(&mut self) -> Option<Presence> {
        self.recv().ok()
    }
}

/// A file descriptor for event loops: it can be read while [`try_recv`](PresenceEvents::try_recv) would give an event, and once
/// the node has ended. It is level-triggered; it may be readable in vain, and never fails to be with an event waiting.
impl AsFd for PresenceEvents {
    fn as_fd(&self) -> BorrowedFd<'_> {
        // In a child a lock may be held for ever.
        let Ok(shared) = self.shared.get() else {
            return self.waker.always_readable();
        };
        let made = self
            .readiness
            .get_or_init(|| shared.watcher_waker(self.watcher));
        match made {
            Some(waker) => waker.as_fd(),
            None => self.waker.always_readable(),
        }
    }
}

impl Drop for PresenceEvents {
    fn drop(&mut self) {
        if let Ok(shared) = self.shared.get() {
            shared.unwatch(self.watcher);
        }
    }
}

impl fmt::Debug for PresenceEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PresenceEvents")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

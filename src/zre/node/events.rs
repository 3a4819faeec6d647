//! Taking a node's events.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, TryRecvError};

use super::Node;
use crate::error::{Error, Result, Wait};
use crate::fork::ForkGuard;
use crate::zre::event::Event;
use crate::zre::net::SharedNode;

impl Node {
    /// The next event, waiting for it.
    ///
    /// # Errors
    ///
    /// [`Error::Stopped`] if the node was stopped and there is none left; [`Error::System`] if its
    /// thread has panicked, as a logger may in it; [`Error::Forked`].
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// println!("{:?}", node.recv()?);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn recv(&self) -> Result<Event> {
        self.handle.check_process()?;
        self.channel().recv().map_err(|_| self.shared().ended())
    }

    /// The next event, if there is one.
    ///
    /// # Errors
    ///
    /// [`Error::WouldBlock`]; [`Error::Stopped`].
    ///
    /// # In an event loop
    ///
    /// The node's file descriptor ([`AsFd`](std::os::fd::AsFd)) can be read while this would give an event.
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// while let Ok(event) = node.try_recv() {
    ///     println!("{event:?}");
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn try_recv(&self) -> Result<Event> {
        self.handle.check_process()?;
        loop {
            match self.channel().try_recv() {
                Ok(event) => return Ok(event),
                Err(TryRecvError::Disconnected) => return Err(self.shared().ended()),
                Err(TryRecvError::Empty) => {
                    if self.shared().events.found_nothing() {
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
    /// [`Error::Timeout`]; [`Error::Stopped`].
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// let event = node.recv_timeout(std::time::Duration::from_secs(1))?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn recv_timeout(&self, timeout: Duration) -> Result<Event> {
        self.handle.check_process()?;
        let received = self.channel().recv_timeout(timeout);
        received.map_err(|error| self.no_event(error))
    }

    /// The next event, waiting no longer than until then.
    ///
    /// # Errors
    ///
    /// As [`recv_timeout`](Self::recv_timeout).
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// use std::time::{Duration, Instant};
    ///
    /// let soon = Instant::now() + Duration::from_secs(5);
    /// while let Ok(event) = node.recv_deadline(soon) {
    ///     println!("{event:?}"); // all that happens in five seconds
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn recv_deadline(&self, deadline: Instant) -> Result<Event> {
        self.handle.check_process()?;
        let received = self.channel().recv_deadline(deadline);
        received.map_err(|error| self.no_event(error))
    }

    fn no_event(&self, error: RecvTimeoutError) -> Error {
        match error {
            RecvTimeoutError::Timeout => {
                self.shared().events.found_nothing();
                Error::timeout(Wait::Event)
            }
            RecvTimeoutError::Disconnected => self.shared().ended(),
        }
    }

    /// An iterator over events, each waited for; it ends when the node is stopped, or the last
    /// handle of it is dropped.
    ///
    /// Each event goes to one of the threads that take them. An iterator does not keep the node alive: a
    /// thread may do so to the end of the program, and the node still says goodbye when `main`
    /// returns.
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// for event in node.events() {
    ///     println!("{event:?}");
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn events(&self) -> Events {
        Events {
            shared: ForkGuard::by(self.handle.origin, self.shared().clone()),
        }
    }

    /// An iterator over the events that are there already.
    ///
    /// ```
    /// let node = zeroless::zre::Node::builder("alice").start()?;
    /// for event in node.try_iter() {
    ///     println!("{event:?}");
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn try_iter(&self) -> TryIter<'_> {
        TryIter { node: self }
    }

    /// The events as a channel, for crossbeam's `select!`. It does not keep the node alive, nor do
    /// its clones: once the node has ended, it is disconnected.
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// let event = node.channel().recv();
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn channel(&self) -> &Receiver<Event> {
        match self.handle.check_process() {
            Ok(()) => self.shared().events.receiver(),
            Err(_) => &self.handle.ended,
        }
    }
}

/// An iterator over a node's events; see [`Node::events`].
#[derive(Debug)]
pub struct Events {
    shared: ForkGuard<Arc<SharedNode>>,
}

impl Iterator for Events {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        self.shared.get().ok()?.events.receiver().recv().ok()
    }
}

/// An iterator over the events that are there; see [`Node::try_iter`].
#[derive(Debug)]
pub struct TryIter<'a> {
    node: &'a Node,
}

impl Iterator for TryIter<'_> {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        self.node.try_recv().ok()
    }
}

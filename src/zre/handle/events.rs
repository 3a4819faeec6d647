//! Taking a node's events.

use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, TryRecvError};

use super::Node;
use crate::error::{Error, Result, Wait};
use crate::zre::Event;

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
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// while let Ok(event) = node.try_recv() {
    ///     println!("{event:?}");
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn try_recv(&self) -> Result<Event> {
        self.handle.check_process()?;
        self.channel().try_recv().map_err(|error| match error {
            TryRecvError::Empty => Error::WouldBlock,
            TryRecvError::Disconnected => self.shared().ended(),
        })
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
        self.channel()
            .recv_timeout(timeout)
            .map_err(|error| match error {
                RecvTimeoutError::Timeout => Error::timeout(Wait::Event),
                RecvTimeoutError::Disconnected => self.shared().ended(),
            })
    }

    /// An iterator over events, each waited for; it ends when the node is stopped.
    ///
    /// Each event goes to one of those who take them.
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// for event in node.events() {
    ///     println!("{event:?}");
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn events(&self) -> Events {
        Events { node: self.clone() }
    }

    /// The events as a channel, for crossbeam's `select!`.
    ///
    /// ```no_run
    /// # let node = zeroless::zre::Node::builder("alice").start()?;
    /// let event = node.channel().recv();
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn channel(&self) -> &Receiver<Event> {
        self.shared().events.receiver()
    }
}

/// An iterator over a node's events; see [`Node::events`].
#[derive(Debug)]
pub struct Events {
    node: Node,
}

impl Iterator for Events {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        self.node.recv().ok()
    }
}

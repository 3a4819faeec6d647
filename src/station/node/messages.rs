//! Taking messages in a loop.

use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, TryRecvError};

use super::Node;
use crate::error::{Error, Result, Wait};
use crate::fork::ForkGuard;
use crate::station::message::Message;
use crate::station::net::SharedNode;
use crate::wake::Waker;

/// The messages of a node that have no handler, as an iterator; see [`Node::messages`].
pub struct Messages {
    shared: ForkGuard<Arc<SharedNode>>,
    /// That of the node's thread, which stands in where there is no file for another.
    waker: Arc<Waker>,
}

impl Node {
    /// Takes the messages whose key has no handler, in a loop. A message is handled when it is dropped, and the next of the
    /// same sender comes then.
    ///
    /// From the first call on messages without a handler wait for the loop. Each goes to one of the threads that take them. The
    /// iterator ends when the node has ended, and does not keep it alive.
    ///
    /// # Errors
    ///
    /// It is empty once the node has ended.
    ///
    /// ```
    /// use zeroless::station::Node;
    ///
    /// let node = Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// let ticket = node.send("rig1", "START", &17)?;
    /// for message in node.messages() {
    ///     println!("{} {}", message.key(), message.value::<i32>()?);
    ///     break;
    /// }
    /// ticket.wait()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn messages(&self) -> Messages {
        let shared = self.shared();
        if shared.check_process().is_ok() {
            shared.handlers.begin_loop();
        }
        let waker = shared.waker().clone();
        Messages {
            shared: ForkGuard::by(self.running.origin, shared.clone()),
            waker,
        }
    }
}

impl Messages {
    /// The next message, waiting for it.
    ///
    /// # Errors
    ///
    /// [`Error::Stopped`] once the node has ended, or the error that has ended it; [`Error::Forked`].
    ///
    /// ```no_run
    /// # let node = zeroless::station::Node::builder("rig1").bind(0).start()?;
    /// let message = node.messages().recv()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn recv(&self) -> Result<Message> {
        let shared = self.shared.get()?;
        shared.handlers.loops().recv().map_err(|_| ended(shared))
    }

    /// The next message, if there is one.
    ///
    /// # Errors
    ///
    /// [`Error::WouldBlock`]; otherwise as [`recv`](Self::recv).
    ///
    /// ```
    /// # let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// while let Ok(message) = node.messages().try_recv() {
    ///     println!("{}", message.key());
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn try_recv(&self) -> Result<Message> {
        let shared = self.shared.get()?;
        loop {
            match shared.handlers.loops().try_recv() {
                Ok(message) => return Ok(message),
                Err(TryRecvError::Disconnected) => return Err(ended(shared)),
                Err(TryRecvError::Empty) => {
                    if shared.handlers.found_nothing() {
                        return Err(Error::WouldBlock);
                    }
                }
            }
        }
    }

    /// The next message, waiting no longer than this.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`]; otherwise as [`recv`](Self::recv).
    ///
    /// ```no_run
    /// # let node = zeroless::station::Node::builder("rig1").bind(0).start()?;
    /// let message = node.messages().recv_timeout(std::time::Duration::from_secs(1))?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn recv_timeout(&self, timeout: Duration) -> Result<Message> {
        let shared = self.shared.get()?;
        let received = shared.handlers.loops().recv_timeout(timeout);
        received.map_err(|error| match error {
            RecvTimeoutError::Timeout => Error::timeout(Wait::Message),
            RecvTimeoutError::Disconnected => ended(shared),
        })
    }
}

fn ended(shared: &SharedNode) -> Error {
    shared.check().err().unwrap_or(Error::Stopped)
}

impl Iterator for Messages {
    type Item = Message;

    fn next(&mut self) -> Option<Message> {
        self.recv().ok()
    }
}

/// A file descriptor for event loops: it can be read while [`try_recv`](Messages::try_recv) would give a message, and once the
/// node has ended. It is level-triggered; it may be readable in vain, and never fails to be with a message waiting.
impl AsFd for Messages {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self.shared.get() {
            Ok(shared) => shared.handlers.readiness(&self.waker),
            // In a child a lock may be held for ever.
            Err(_) => self.waker.always_readable(),
        }
    }
}

impl std::fmt::Debug for Messages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Messages").finish_non_exhaustive()
    }
}

//! The file descriptor of a node that event loops wait for.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

use super::Node;

/// A file descriptor for event loops: for `poll`, and all that is built on it.
///
/// It can be read while [`try_recv`](Node::try_recv) would give an event, and once the node has ended.
/// It is level-triggered, and suits edge-triggered loops as well. Wait until it can be read, and then
/// take events until there are no more ([`Error::WouldBlock`](crate::Error::WouldBlock)). It may be
/// readable in vain, and never fails to be with an event waiting.
///
/// It is made when first asked for, of two files, and stays the same as long as the node lives; clones
/// have the same one. It is for waiting alone: do not read from it. If the process had no files left
/// for it, which the log tells, it is one that can always be read, and so it is in a forked child.
///
/// ```
/// use std::os::fd::AsFd;
///
/// let node = zeroless::zre::Node::builder("alice").start()?;
/// let descriptor = node.as_fd(); // for poll, GLib, Qt, calloop, mio …
/// while let Ok(event) = node.try_recv() {
///     println!("{event:?}");
/// }
/// # Ok::<(), zeroless::Error>(())
/// ```
impl AsFd for Node {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self.check_process() {
            Ok(()) => self.shared().readiness(),
            // In a child a lock may be held for ever.
            Err(_) => self.shared().tasks().waker().always_readable(),
        }
    }
}

/// As [`AsFd`], for tokio's `AsyncFd` and others that do not take a borrowed one.
impl AsRawFd for Node {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

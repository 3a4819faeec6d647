//! Waiting for file descriptors, as event loops do.

#![allow(dead_code, reason = "each test uses its own part of this")]

use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, epoll, poll};
use rustix::io::Errno;

/// Waits until something can be read, and no longer than this; whether it can.
pub(crate) fn wait_readable(source: &impl AsFd, timeout: Duration) -> bool {
    let timeout = Timespec::try_from(timeout).unwrap();
    let mut fds = [PollFd::new(source, PollFlags::IN)];
    loop {
        match poll(&mut fds, Some(&timeout)) {
            Ok(_) => return fds[0].revents().contains(PollFlags::IN),
            Err(Errno::INTR) => {}
            Err(error) => panic!("poll: {error}"),
        }
    }
}

/// Whether something can be read now.
pub(crate) fn is_readable(source: &impl AsFd) -> bool {
    wait_readable(source, Duration::ZERO)
}

/// A loop that is told of changes alone, as tokio's is.
pub(crate) struct Edges(OwnedFd);

impl Edges {
    pub(crate) fn new() -> Edges {
        Edges(epoll::create(epoll::CreateFlags::CLOEXEC).unwrap())
    }

    pub(crate) fn add(&self, source: &impl AsFd) {
        let (data, flags) = (
            epoll::EventData::new_u64(0),
            epoll::EventFlags::IN | epoll::EventFlags::ET,
        );
        epoll::add(&self.0, source, data, flags).unwrap();
    }

    /// Waits for the next change, and no longer than this; whether there was one.
    pub(crate) fn wait(&self, timeout: Duration) -> bool {
        let timeout = Timespec::try_from(timeout).unwrap();
        let mut events = Vec::with_capacity(1);
        loop {
            let events = rustix::buffer::spare_capacity(&mut events);
            match epoll::wait(&self.0, events, Some(&timeout)) {
                Ok(count) => return count > 0,
                Err(Errno::INTR) => {}
                Err(error) => panic!("epoll: {error}"),
            }
        }
    }
}

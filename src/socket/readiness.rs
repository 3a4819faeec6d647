//! The file descriptor of a socket that event loops wait for.
//!
//! It is one that can be read while any of these can: libzmq's own, which signals once; a waker, which
//! stays woken until a receive finds nothing; and the stop signal. While the waker is not woken it is
//! among the [waiters](super::Waiters), so a thread that takes libzmq's signal and leaves a message wakes
//! it: rule 1. No thread is needed for that, and nothing is done until somebody asks.

use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, OnceLock};

use log::warn;

use super::{Inner, SharedSocket};
use crate::error::Result;
use crate::ffi::{PollSet, system};
use crate::wake::Waker;

/// The file descriptor, made when first asked for. From then on it stays the same.
#[derive(Debug, Default)]
pub(super) struct Readiness(OnceLock<Descriptor>);

#[derive(Debug)]
enum Descriptor {
    Own(PollSet),
    /// There was no file for one: a waker's end that can always be read.
    StandIn(Arc<Waker>),
}

impl Readiness {
    /// Has it be readable when this is woken, too.
    pub(super) fn add(&self, waker: &Waker) -> Result<()> {
        match self.0.get() {
            Some(Descriptor::Own(set)) => add(set, waker.fd()),
            Some(Descriptor::StandIn(_)) | None => Ok(()),
        }
    }
}

fn add(set: &PollSet, fd: i32) -> Result<()> {
    set.add(fd)
        .map_err(|errno| system("making a file descriptor to wait for", errno))
}

impl SharedSocket {
    /// A file descriptor that can be read while there may be something to receive, and once the socket
    /// is stopped.
    ///
    /// If none can be made, it is one that can always be read; so it is in a child of the process that
    /// made the socket.
    pub(crate) fn readiness(&self) -> BorrowedFd<'_> {
        if self.check_process().is_err() {
            return self.monitor_waker().always_readable();
        }
        let made = self.readiness.0.get();
        match made.unwrap_or_else(|| self.make_readiness()) {
            Descriptor::Own(set) => set.as_fd(),
            Descriptor::StandIn(waker) => waker.always_readable(),
        }
    }

    #[cold]
    fn make_readiness(&self) -> &Descriptor {
        let mut refused = None;
        let mut inner = self.inner.relock();
        let made = self.readiness.0.get_or_init(|| {
            self.poll_set(&mut inner).map_or_else(
                |error| {
                    refused = Some(error);
                    let waker = self.monitor_waker();
                    inner.waiters.stand_in(waker);
                    Descriptor::StandIn(waker.clone())
                },
                Descriptor::Own,
            )
        });
        drop(inner);
        if let Some(error) = refused {
            let name = self.name();
            warn!("{name}: its event loops look for messages without a pause: {error}");
        }
        made
    }

    fn poll_set(&self, inner: &mut Inner) -> Result<PollSet> {
        let set = PollSet::new();
        let set = set.map_err(|errno| system("making a file descriptor to wait for", errno))?;
        add(&set, inner.waiters.for_loops()?.fd())?;
        if inner.socket.is_some() {
            add(&set, self.fd)?;
        }
        if let Some(stop_signal) = self.stop_signal.get() {
            add(&set, stop_signal.fd())?;
        }
        if self.is_stopped() {
            inner.waiters.end_loops();
        }
        Ok(set)
    }

    /// The wake-up of the thread that monitors this socket.
    fn monitor_waker(&self) -> &Arc<Waker> {
        let waker = self.status.monitor_waker();
        waker.expect("a socket that event loops receive from is monitored")
    }
}

//! Whether there are file descriptors to spare, found out without taking any.

use std::os::fd::RawFd;

use crate::error::{Error, Result};
use crate::ffi;

/// How many libzmq may take at once, for a context or a socket with its monitor.
const NEEDED: usize = 12;

/// How many are looked at in one system call, where the highest are taken.
const CHUNK: usize = 1024;

/// libzmq ends the process when it has no file descriptor for a thing that it cannot do without, so
/// we look first whether there are a few.
///
/// To open some and close them again would take them from other threads meanwhile. `poll` says of
/// each number whether it is open; and since the lowest free one is always taken, the highest are
/// nearly always free.
pub(super) fn check_files() -> Result<()> {
    let Some(limit) = ffi::file_limit() else {
        return Ok(());
    };
    let mut end = RawFd::try_from(limit).unwrap_or(RawFd::MAX);
    let mut found = 0;
    let mut look = NEEDED;
    while end > 0 {
        // No more than the limit, or the system refuses.
        let start = end.saturating_sub(look as RawFd).max(0);
        let item = |fd| libc::pollfd {
            fd,
            events: 0,
            revents: 0,
        };
        let mut items: Vec<_> = (start..end).map(item).collect();
        match ffi::poll(&mut items, 0) {
            Ok(()) => {}
            Err(libc::EINTR) => continue,
            Err(_) => return Ok(()),
        }
        let is_free = |item: &&libc::pollfd| item.revents & libc::POLLNVAL != 0;
        found += items.iter().filter(is_free).count();
        if found >= NEEDED {
            return Ok(());
        }
        (end, look) = (start, CHUNK);
    }
    Err(Error::OutOfFiles)
}

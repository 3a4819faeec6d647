//! A file descriptor that can be read while any of several can.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use super::Errno;

/// Several file descriptors as one to wait for. It says no more than that one of them can be read: an
/// epoll on Linux, a kqueue elsewhere.
///
/// One that is closed leaves the set by itself.
#[derive(Debug)]
pub(crate) struct PollSet(OwnedFd);

impl AsFd for PollSet {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
impl PollSet {
    pub(crate) fn new() -> Result<PollSet, Errno> {
        // SAFETY: it takes nothing but a flag.
        owned(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })
    }

    /// Adds one that may be there already.
    pub(crate) fn add(&self, fd: RawFd) -> Result<(), Errno> {
        let mut event = libc::epoll_event {
            events: libc::EPOLLIN as u32,
            u64: 0,
        };
        let own = self.0.as_raw_fd();
        // SAFETY: the event outlives the call. A file descriptor that is another's by now does no harm:
        // epoll only looks.
        match check(unsafe { libc::epoll_ctl(own, libc::EPOLL_CTL_ADD, fd, &raw mut event) }) {
            Err(libc::EEXIST) => Ok(()),
            added => added,
        }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
impl PollSet {
    pub(crate) fn new() -> Result<PollSet, Errno> {
        // SAFETY: it takes nothing.
        let set = owned(unsafe { libc::kqueue() })?;
        // SAFETY: the file descriptor is our own, and open.
        check(unsafe { libc::fcntl(set.0.as_raw_fd(), libc::F_SETFD, libc::FD_CLOEXEC) })?;
        Ok(set)
    }

    /// Adds one that may be there already.
    pub(crate) fn add(&self, fd: RawFd) -> Result<(), Errno> {
        // SAFETY: zeros are an event.
        let mut event: libc::kevent = unsafe { std::mem::zeroed() };
        event.ident = fd as _;
        event.filter = libc::EVFILT_READ;
        event.flags = libc::EV_ADD;
        let own = self.0.as_raw_fd();
        let (none, at_once) = (std::ptr::null_mut(), std::ptr::null());
        // SAFETY: the event outlives the call, which is told that there is one, and room for none. A
        // file descriptor that is another's by now does no harm: kqueue only looks.
        check(unsafe { libc::kevent(own, &raw const event, 1, none, 0, at_once) })
    }
}

fn owned(fd: i32) -> Result<PollSet, Errno> {
    check(fd)?;
    // SAFETY: the system has just made it, for us alone.
    Ok(PollSet(unsafe { OwnedFd::from_raw_fd(fd) }))
}

fn check(code: i32) -> Result<(), Errno> {
    match code {
        -1 => Err(io::Error::last_os_error().raw_os_error().unwrap_or(0)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    use super::super::poll;
    use super::*;

    fn is_readable(set: &PollSet) -> bool {
        let mut fds = [libc::pollfd {
            fd: set.as_fd().as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        }];
        poll(&mut fds, 0).unwrap();
        fds[0].revents != 0
    }

    #[test]
    fn it_can_be_read_while_any_of_its_descriptors_can() {
        let pairs = [(); 2].map(|()| UnixStream::pair().unwrap());
        let set = PollSet::new().unwrap();
        for (_, end) in &pairs {
            set.add(end.as_raw_fd()).unwrap();
            set.add(end.as_raw_fd()).unwrap();
        }
        assert!(!is_readable(&set));
        for (mut other, mut end) in pairs {
            other.write_all(b"x").unwrap();
            assert!(is_readable(&set));
            assert!(is_readable(&set));
            end.read_exact(&mut [0]).unwrap();
            assert!(!is_readable(&set));
        }
    }

    #[test]
    fn a_file_that_cannot_be_waited_for_is_refused() {
        assert_eq!(PollSet::new().unwrap().add(-1), Err(libc::EBADF));
    }
}

//! Waiting for file descriptors.

use super::Errno;

/// Waits until one of these file descriptors can be read, for so many milliseconds at most
/// (-1: for ever). `zmq::poll` asks twice, first without waiting.
pub(crate) fn poll(fds: &mut [libc::pollfd], timeout: i32) -> Result<(), Errno> {
    let count = libc::nfds_t::try_from(fds.len()).map_err(|_| libc::EINVAL)?;
    // SAFETY: the pointer is to `count` pollfds that nobody else uses. A file descriptor that
    // is closed or another's by now does no harm: poll only looks.
    match unsafe { libc::poll(fds.as_mut_ptr(), count, timeout) } {
        -1 => Err(std::io::Error::last_os_error().raw_os_error().unwrap_or(0)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn a_readable_descriptor_is_told() {
        let (mut one, two) = UnixStream::pair().unwrap();
        let mut fds = [libc::pollfd {
            fd: two.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        }];
        poll(&mut fds, 0).unwrap();
        assert_eq!(fds[0].revents, 0);
        one.write_all(b"x").unwrap();
        poll(&mut fds, -1).unwrap();
        assert_eq!(fds[0].revents, libc::POLLIN);
    }
}

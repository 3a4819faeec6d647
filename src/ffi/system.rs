//! Calls of the system that std does not have.

use std::mem::zeroed;
use std::time::Duration;

/// How many file descriptors this process may have, if the system tells: 32 bits on some machines.
pub(crate) fn file_limit() -> Option<libc::rlim_t> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the pointer is to a limit that nobody else uses.
    let code = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    (code == 0).then_some(limit.rlim_cur)
}

/// The monotonic clock of the whole machine, which is the same for all its processes.
pub(crate) fn monotonic_time() -> Option<Duration> {
    // SAFETY: zeros are a time.
    let mut time: libc::timespec = unsafe { zeroed() };
    // SAFETY: the pointer is to a time that nobody else uses.
    let code = unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    let (seconds, nanoseconds) = (time.tv_sec.try_into().ok()?, time.tv_nsec.try_into().ok()?);
    (code == 0).then(|| Duration::new(seconds, nanoseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_limit_of_files() {
        assert!(file_limit().is_some_and(|limit| limit > 2));
    }

    #[test]
    fn the_clock_goes_on() {
        let before = monotonic_time().unwrap();
        assert!(monotonic_time().unwrap() >= before);
    }
}

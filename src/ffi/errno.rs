//! Error numbers, as libzmq and the system give them.

use std::ffi::c_int;

use crate::error::Error;

/// An error number.
pub(crate) type Errno = i32;

/// The error number of a call to libzmq that failed.
#[inline]
pub(super) fn check(code: c_int) -> Result<(), Errno> {
    match code {
        // SAFETY: reads the calling thread's error number.
        -1 => Err(unsafe { zmq_sys::zmq_errno() }),
        _ => Ok(()),
    }
}

/// The error that an error number stands for.
pub(crate) fn system(operation: &'static str, errno: Errno) -> Error {
    match errno {
        libc::EMFILE | libc::ENFILE => Error::OutOfFiles,
        _ => Error::system(operation, std::io::Error::from_raw_os_error(errno)),
    }
}

/// Calls this, and leaves the calling thread's error number as it was: a signal handler interrupts
/// code that may be about to read it.
pub(crate) fn keep_errno(call: impl FnOnce()) {
    let errno = std::io::Error::last_os_error().raw_os_error();
    call();
    if let Some(errno) = errno {
        set_errno(errno);
    }
}

fn set_errno(errno: Errno) {
    #[cfg(any(target_os = "android", target_os = "netbsd", target_os = "openbsd"))]
    use libc::__errno as location;
    #[cfg(any(target_os = "linux", target_os = "dragonfly"))]
    use libc::__errno_location as location;
    #[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
    use libc::__error as location;

    // SAFETY: the pointer is to the calling thread's own error number, an int, which is there for as
    // long as the thread lives.
    unsafe { location().write(errno) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_number_is_kept() {
        set_errno(libc::EXDEV);
        keep_errno(|| set_errno(libc::EAGAIN));
        let errno = std::io::Error::last_os_error().raw_os_error();
        assert_eq!(errno, Some(libc::EXDEV));
    }

    #[test]
    fn too_many_files_are_an_error_of_their_own() {
        assert!(matches!(system("x", libc::EMFILE), Error::OutOfFiles));
        assert!(!matches!(system("x", libc::EINVAL), Error::OutOfFiles));
    }
}

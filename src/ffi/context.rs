//! libzmq's context, with as many sockets as are asked for.

use std::ffi::{c_int, c_void};
use std::ptr::NonNull;

use super::errno::{Errno, check};
use super::forks;

/// A libzmq context: `zmq::Context` cannot be told how many sockets it may have.
pub(crate) struct RawContext {
    context: NonNull<c_void>,
    forks: u32,
}

// SAFETY: a context is thread-safe (zmq.h), and so is each function that is called with it here.
unsafe impl Send for RawContext {}
// SAFETY: as above.
unsafe impl Sync for RawContext {}

impl RawContext {
    /// A context with so many threads of its own, for so many sockets.
    pub(crate) fn new(io_threads: i32, sockets: i32) -> Result<RawContext, Errno> {
        // SAFETY: makes a context, or gives NULL.
        let context = NonNull::new(unsafe { zmq_sys::zmq_ctx_new() });
        let context = RawContext {
            context: context.ok_or(libc::ENOMEM)?,
            forks: forks(),
        };
        for (option, value) in [
            (zmq_sys::ZMQ_IO_THREADS, io_threads),
            (zmq_sys::ZMQ_MAX_SOCKETS, sockets),
        ] {
            // SAFETY: the context is alive.
            check(unsafe {
                zmq_sys::zmq_ctx_set(context.context.as_ptr(), option as c_int, value)
            })?;
        }
        Ok(context)
    }

    /// A new socket. The context may be dropped before it: that waits for it to be closed.
    pub(crate) fn socket(&self, kind: zmq::SocketType) -> Result<zmq::Socket, Errno> {
        // SAFETY: the context is alive; a pointer that is not NULL is to a new socket, which
        // nobody else has, and zmq::Socket closes it when it is dropped.
        unsafe {
            let socket = zmq_sys::zmq_socket(self.context.as_ptr(), kind as c_int);
            match socket.is_null() {
                true => Err(zmq_sys::zmq_errno()),
                false => Ok(zmq::Socket::from_raw(socket)),
            }
        }
    }
}

impl Drop for RawContext {
    fn drop(&mut self) {
        if self.forks != forks() {
            // Its threads are the parent's: waiting for them here would never end.
            return;
        }
        // SAFETY: the context is alive until this has succeeded, for which libzmq waits until
        // all its sockets are closed; nobody uses the pointer after that.
        while check(unsafe { zmq_sys::zmq_ctx_term(self.context.as_ptr()) }) == Err(libc::EINTR) {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_has_no_more_sockets_than_it_was_told() {
        let context = RawContext::new(1, 2).unwrap();
        let _sockets = [(); 2].map(|()| context.socket(zmq::PAIR).unwrap());
        assert_eq!(context.socket(zmq::PAIR).err(), Some(libc::EMFILE));
    }

    #[test]
    fn a_context_without_sockets_is_refused() {
        assert_eq!(RawContext::new(1, -1).err(), Some(libc::EINVAL));
    }
}

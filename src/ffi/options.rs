//! The integer options that the zmq crate has no setter for.

use std::ffi::{c_int, c_void};

use super::errno::{Errno, check};

/// An option, by its number in zmq.h (libzmq 4.3).
#[derive(Debug, Clone, Copy)]
#[repr(i32)]
pub(crate) enum IntOption {
    Linger = 17,
    RouterMandatory = 33,
    RouterHandover = 56,
    XpubNoDrop = 69,
    XpubVerboser = 78,
    TcpMaxRt = 80,
    UseFd = 89,
    ZapEnforceDomain = 93,
    InBatchSize = 101,
    OutBatchSize = 102,
}

/// Sets an option; an error for one that the linked libzmq does not know.
pub(crate) fn set_int(
    socket: &mut zmq::Socket,
    option: IntOption,
    value: i32,
) -> Result<(), Errno> {
    // SAFETY: the socket is alive while it is borrowed, and borrowed by nobody else, so no
    // other thread is inside libzmq with it. libzmq reads size_of::<c_int>() bytes from a
    // pointer to a c_int that outlives the call, and keeps no reference to it.
    let code = unsafe {
        zmq_sys::zmq_setsockopt(
            socket.as_mut_ptr(),
            option as c_int,
            (&raw const value).cast::<c_void>(),
            size_of::<c_int>(),
        )
    };
    check(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_set() {
        let mut socket = zmq::Context::new().socket(zmq::PAIR).unwrap();
        set_int(&mut socket, IntOption::Linger, 1234).unwrap();
        assert_eq!(socket.get_linger(), Ok(1234));
    }

    #[test]
    fn an_unknown_option_is_an_error() {
        let mut pair = zmq::Context::new().socket(zmq::PAIR).unwrap();
        assert_eq!(
            set_int(&mut pair, IntOption::XpubVerboser, 1),
            Err(libc::EINVAL),
            "PAIR has no XPUB option"
        );
    }
}

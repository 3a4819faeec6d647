//! The function that our libzmq has to receive a frame, beside libzmq's own.

use std::ffi::{c_int, c_void};

/// What [`RECEIVE`] tells of a frame.
#[repr(C)]
#[derive(Debug)]
pub struct ReceivedFrame {
    /// Where its bytes are, as `zmq_msg_data` tells.
    pub data: *const c_void,
    /// How many they are, as `zmq_msg_size` tells.
    pub size: usize,
    /// Whether more frames of its message follow, as `zmq_msg_more` tells: not 0 if they do.
    pub more: c_int,
}

/// `RECEIVE(socket, message, flags, following, frame)`: as `zmq_msg_recv(message, socket, flags)`, but
/// that it returns 0 and writes to `frame` what three calls more would tell. Where `following` is not
/// 0, and the frame received before was not the last of its message, this is faster for the next.
pub type Receive = unsafe extern "C" fn(
    *mut c_void,
    *mut zmq_sys::zmq_msg_t,
    c_int,
    c_int,
    *mut ReceivedFrame,
) -> c_int;

/// The function, if this crate compiled a libzmq.
///
/// Its sockets are those of this libzmq alone: call it only if `zmq_has("zeroless:receive")` tells that
/// this is the one which was linked.
pub const RECEIVE: Option<Receive> = {
    #[cfg(receives)]
    {
        #[expect(unsafe_code, reason = "the function is C++")]
        unsafe extern "C" {
            fn zeroless_recv(
                socket: *mut c_void,
                message: *mut zmq_sys::zmq_msg_t,
                flags: c_int,
                following: c_int,
                frame: *mut ReceivedFrame,
            ) -> c_int;
        }
        Some(zeroless_recv)
    }
    #[cfg(not(receives))]
    None
};

//! The function of our libzmq that tells the connection of a message, beside libzmq's own.

/// `CONNECTION(message)`: the number of the connection that a message came by, as its property
/// `__connection` tells it, or 0. It takes a few instructions, and the property some hundreds.
///
/// No two connections of a process have the same number.
pub type Connection = unsafe extern "C" fn(*const zmq_sys::zmq_msg_t) -> u64;

/// The function, if this crate compiled a libzmq.
///
/// Its messages are those of this libzmq alone: call it only if `zmq_has("zeroless:connection")` tells
/// that this is the one which was linked.
pub const CONNECTION: Option<Connection> = {
    #[cfg(numbers)]
    {
        #[expect(unsafe_code, reason = "the function is C++")]
        unsafe extern "C" {
            fn zeroless_connection(message: *const zmq_sys::zmq_msg_t) -> u64;
        }
        Some(zeroless_connection)
    }
    #[cfg(not(numbers))]
    None
};

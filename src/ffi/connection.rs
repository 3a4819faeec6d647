//! The connection that a message came by.

use zmq_sys::zmq_msg_t;

use super::RawMessage;
use super::capability::Answer;

/// Our libzmq's function that tells the number of a message's connection, if that was compiled.
const CONNECTION: Option<unsafe extern "C" fn(*const zmq_msg_t) -> u64> = {
    #[cfg(feature = "libzmq")]
    {
        zeroless_libzmq::CONNECTION
    }
    #[cfg(not(feature = "libzmq"))]
    None
};

/// Tells the numbers of the connections that messages came by, which only our libzmq does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConnectionNumbers(unsafe extern "C" fn(*const zmq_msg_t) -> u64);

impl ConnectionNumbers {
    /// `None` if the linked libzmq is not ours.
    pub(crate) fn new() -> Option<ConnectionNumbers> {
        static ANSWER: Answer = Answer::unknown();
        let ours = CONNECTION.filter(|_| ANSWER.get(c"zeroless:connection"));
        ours.map(ConnectionNumbers)
    }

    /// The number of the connection that a message came by, which no other of the process has. 0 if it
    /// came by none, or by one of a peer that speaks ZMTP 2.0.
    #[inline]
    pub(crate) fn of(self, message: &RawMessage) -> u64 {
        // SAFETY: the message is initialised, and of the libzmq that the function is of, as `new` has
        // seen. The function only reads it.
        unsafe { (self.0)(message.raw_ptr()) }
    }
}

/// Whether the linked libzmq numbers connections: a message tells the number of its own, and a monitor
/// that of each which begins. Ours does.
pub(crate) fn numbers_connections() -> bool {
    ConnectionNumbers::new().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_was_made_here_came_by_no_connection() {
        if let Some(numbers) = ConnectionNumbers::new() {
            assert_eq!(numbers.of(&RawMessage::copy(b"a")), 0);
        }
    }
}

//! The capabilities that the linked libzmq tells of.

use std::ffi::CStr;
use std::sync::atomic::{AtomicU8, Ordering};

/// The capability of a libzmq in which heartbeats end no process.
pub(crate) const SAFE_HEARTBEATS: &CStr = c"zeroless:heartbeat";

/// Whether the linked libzmq says that it has this. `zmq::has` allocates.
pub(crate) fn has(capability: &CStr) -> bool {
    // SAFETY: the text ends in NUL, and libzmq only reads it.
    unsafe { zmq_sys::zmq_has(capability.as_ptr()) == 1 }
}

/// Whether the linked libzmq reports, by a monitor's event, the messages that it could not deliver before
/// a socket's time was over. Ours does.
pub(crate) fn reports_undelivered() -> bool {
    static ANSWER: Answer = Answer::unknown();
    ANSWER.get(c"zeroless:linger")
}

/// Whether the linked libzmq reports, by a monitor's event, why an attempt to connect has failed. Ours
/// does.
pub(crate) fn reports_connect_failures() -> bool {
    static ANSWER: Answer = Answer::unknown();
    ANSWER.get(c"zeroless:connect-failure")
}

/// Whether the linked libzmq sends nothing more to an endpoint from which it was disconnected, also if
/// connections are immediate. So it is with ours.
pub(crate) fn disconnects_at_once() -> bool {
    static ANSWER: Answer = Answer::unknown();
    ANSWER.get(c"zeroless:disconnect")
}

/// Whether the linked libzmq retries each connection that ends, also one that was refused, and keeps what is
/// queued for it. Ours does; any other abandons one that was refused.
pub(crate) fn keeps_refused() -> bool {
    static ANSWER: Answer = Answer::unknown();
    ANSWER.get(c"zeroless:refused")
}

/// Whether the linked libzmq tells of a frame while it receives it. Ours does.
#[cfg(feature = "libzmq")]
#[inline]
pub(super) fn tells_frames() -> bool {
    static ANSWER: Answer = Answer::unknown();
    ANSWER.get(c"zeroless:receive")
}

/// An answer of libzmq's. Not under a lock: a child would wait for ever for a thread that locked
/// it at the fork.
pub(super) struct Answer(AtomicU8);

impl Answer {
    const NONE: u8 = 2;

    pub(super) const fn unknown() -> Answer {
        Answer(AtomicU8::new(Answer::NONE))
    }

    /// Whether it has a capability: always the same one.
    #[inline]
    pub(super) fn get(&self, capability: &CStr) -> bool {
        match self.0.load(Ordering::Relaxed) {
            Answer::NONE => self.ask(capability),
            answer => answer == 1,
        }
    }

    #[cold]
    fn ask(&self, capability: &CStr) -> bool {
        let answer = has(capability);
        self.0.store(answer.into(), Ordering::Relaxed);
        answer
    }
}

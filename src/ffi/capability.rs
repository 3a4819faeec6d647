//! What the linked libzmq says that it can do.

use std::sync::atomic::{AtomicU8, Ordering};

/// What a libzmq answers for in which heartbeats end no process.
pub(crate) const SAFE_HEARTBEATS: &str = "zeroless:heartbeat";

/// Whether the linked libzmq says that it has this.
pub(crate) fn has(capability: &str) -> bool {
    // None: a libzmq that cannot be asked.
    zmq::has(capability).unwrap_or(false)
}

/// Whether the linked libzmq tells, by a monitor's event, what it could not deliver before a
/// socket's time was over. Ours does.
pub(crate) fn tells_undelivered() -> bool {
    // No lock: a child would wait for ever for a thread that locked it at the fork.
    static ANSWER: AtomicU8 = AtomicU8::new(UNKNOWN);
    const UNKNOWN: u8 = 2;
    match ANSWER.load(Ordering::Relaxed) {
        UNKNOWN => {
            let tells = has("zeroless:linger");
            ANSWER.store(tells.into(), Ordering::Relaxed);
            tells
        }
        answer => answer == 1,
    }
}

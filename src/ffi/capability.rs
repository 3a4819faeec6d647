//! What the linked libzmq says that it can do.

use std::sync::OnceLock;

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
    static TELLS: OnceLock<bool> = OnceLock::new();
    *TELLS.get_or_init(|| has("zeroless:linger"))
}

//! A message that was set aside, and the peers: kept together, for a receive to look for both at once.

use std::sync::Arc;

use super::partial::PartialMessage;
use super::peers::Peers;
use crate::origin::Origin;

/// The state that a receive heeds beyond the next message that libzmq has. There is none as a rule, so a receive that
/// finds none has nothing else to ask for.
#[derive(Debug, Default)]
pub(super) struct ReceiveState {
    /// A message that was set aside, as far as it was received.
    pub(super) partial: Option<PartialMessage>,
    /// Kept if messages are to tell where they came from.
    pub(super) peers: Option<Peers>,
    /// The origin of a message of which not all is received.
    pub(super) origin: Option<Arc<Origin>>,
}

impl ReceiveState {
    pub(super) fn is_set_aside(&self) -> bool {
        self.partial.is_some()
    }

    /// Whether an attempt is to go on at once, once others have had the lock: in the middle of a long message,
    /// or after a line for the log.
    pub(super) fn is_to_go_on(&self) -> bool {
        self.is_set_aside() || self.peers.as_ref().is_some_and(Peers::has_line)
    }

    /// A line for the log, to be written when the socket is unlocked.
    pub(super) fn take_line(&mut self) -> Option<String> {
        self.peers.as_mut()?.take_line()
    }

    /// The state of a new socket.
    pub(super) fn new(peers: Option<Peers>) -> Option<Box<ReceiveState>> {
        peers.is_some().then(|| {
            Box::new(ReceiveState {
                peers,
                ..ReceiveState::default()
            })
        })
    }
}

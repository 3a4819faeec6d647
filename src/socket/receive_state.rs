//! A message that was set aside, and the peers: kept together, for a receive to look for both at once.

use super::partial::PartialMessage;
use super::peers::Peers;

/// The state that a receive heeds beyond the next message that libzmq has. There is none as a rule, so a receive that
/// finds none has nothing else to ask for.
#[derive(Debug, Default)]
pub(super) struct ReceiveState {
    /// A message that was set aside, as far as it was received.
    pub(super) partial: Option<PartialMessage>,
    /// Kept if messages are to tell where they came from.
    pub(super) peers: Option<Peers>,
}

impl ReceiveState {
    pub(super) fn is_set_aside(&self) -> bool {
        self.partial.is_some()
    }

    /// The state of a new socket.
    pub(super) fn new(tells_peers: bool) -> Option<Box<ReceiveState>> {
        tells_peers.then(|| {
            Box::new(ReceiveState {
                partial: None,
                peers: Some(Peers::default()),
            })
        })
    }
}

//! What is to be done, and where a frame goes.

use std::time::Duration;

use super::link::LinkId;
use crate::station::wire::{LinkMessage, Refusal, Routed};

/// An action for the driver, to be performed in the order given.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum RoutesAction {
    /// Tell the other end of a link. If it cannot be queued, the link is to be closed, and
    /// [`link_lost`](super::Routes::link_lost) to be called.
    Send { link: LinkId, message: LinkMessage },
    /// Send a PROBE or an ALIVE; if that is not possible now, it is lost.
    SendRouted { link: LinkId, routed: Routed },
    /// Close a link, which is lost already for the machine; connect to that parent again after this time at the soonest.
    Close { link: LinkId, pause: Duration },
    /// Our own name is another's. It is tried again by and by.
    Duplicate(String),
    /// Our own name is confirmed; or it is again, after `Duplicate`.
    Registered,
    /// A name that we watch is reached.
    Appeared(String),
    /// A name that we watch is not reached any more.
    Gone(String),
}

/// What to do with a routed frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forward {
    /// It is for this node.
    Here,
    /// It is to be sent on.
    To {
        link: LinkId,
        /// How many of the first hops have been passed, and are to be taken off.
        hops_passed: usize,
        /// How often it may still be sent on after that.
        ttl: u8,
    },
    Refuse(Refusal),
}

//! Connections, and what is going to happen.

use std::time::Instant;

use super::super::link::LinkId;
use crate::station::wire::{LinkMessage, Routed};

/// What is sent over a connection.
#[derive(Debug, Clone)]
pub(super) enum Frame {
    Link(LinkMessage),
    Routed(Routed),
}

/// A connection from a child to its parent. Each end has a number of its own for it.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) child: usize,
    pub(super) parent: usize,
    pub(super) child_link: LinkId,
    pub(super) parent_link: LinkId,
    /// Whether the parent has got a frame of it.
    pub(super) is_known: bool,
    /// How often it was connected again without a word.
    pub(super) epoch: u64,
    /// Nothing arrives any more, and nobody knows it.
    pub(super) is_dead: bool,
    /// When the last frame arrives, at the parent and at the child.
    pub(super) last_arrival: [Instant; 2],
}

/// What happens at a time.
#[derive(Debug)]
pub(super) enum Happening {
    Arrive {
        connection: u64,
        to_parent: bool,
        epoch: u64,
        frame: Box<Frame>,
    },
    /// An end learns that its connection was lost, if it is still the same process.
    Lose {
        process: usize,
        life: u64,
        link: LinkId,
    },
    /// A process connects to its parent, if it has not done so.
    Connect {
        process: usize,
    },
    Start {
        process: usize,
    },
    Misfortune,
    /// A frame goes from somebody to somebody.
    Message,
    Heal,
    /// All is well from now on.
    Quiet,
    /// Calm for long enough: from now on nothing is done that is not needed.
    Calm,
    End,
}

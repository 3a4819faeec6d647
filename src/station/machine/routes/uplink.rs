//! The link to the parent: what it knows of us, and who is above it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::link::LinkId;
use super::table::Row;
use crate::station::Life;

/// How often the parent is asked whether it is there.
pub(super) const PING: Duration = Duration::from_secs(1);

/// What the parent was told of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) life: Life,
    pub(super) moves: Vec<u32>,
    pub(super) is_confirmed: bool,
}

/// What was told before a registration, and not since, is not believed any more from a time on: the names may be gone, and
/// the parent did not know that we had been told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Doubt {
    /// The number of that registration.
    pub(super) registration: u64,
    pub(super) at: Instant,
}

impl Told {
    pub(super) fn of(row: &Row) -> Told {
        Told {
            life: row.life,
            moves: row.moves.clone(),
            is_confirmed: row.is_confirmed,
        }
    }
}

/// The link to the parent.
#[derive(Debug)]
pub(super) struct Uplink {
    pub(super) link: LinkId,
    pub(super) heard: Instant,
    pub(super) next_ping: Instant,
    /// When we have registered last.
    pub(super) registered: Instant,
    /// Whether it has answered that we are its child.
    pub(super) is_joined: bool,
    /// Our ancestors, it first.
    pub(super) ancestors: Vec<Life>,
    /// Since when we are among them.
    pub(super) loop_since: Option<Instant>,
    pub(super) told: BTreeMap<Arc<str>, Told>,
    /// What is not believed any more, after a while.
    pub(super) doubt: Option<Doubt>,
}

impl Uplink {
    pub(super) fn new(link: LinkId, now: Instant) -> Uplink {
        Uplink {
            link,
            heard: now,
            next_ping: now + PING,
            registered: now,
            is_joined: false,
            ancestors: Vec::new(),
            loop_since: None,
            told: BTreeMap::new(),
            doubt: None,
        }
    }
}

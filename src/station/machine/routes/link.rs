//! Links: one connection each.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::watcher::Watcher;
use crate::station::Life;

/// A connection; never used again.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct LinkId(pub(crate) u64);

/// Who has made a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LinkKind {
    /// We have connected to it.
    Parent,
    /// It has connected to us.
    Child,
}

/// After how long without a frame a link is lost.
pub(super) const SILENCE: Duration = Duration::from_secs(3);

/// The link to a child.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) heard: Instant,
    /// The life and the name that the child has registered, if it has.
    pub(super) peer: Option<(Life, Arc<str>)>,
    /// The names that it reaches or claims.
    pub(super) names: BTreeSet<Arc<str>>,
    /// What it watches.
    pub(super) watcher: Watcher,
    pub(super) is_lost: bool,
}

impl Link {
    pub(super) fn new(now: Instant) -> Link {
        Link {
            heard: now,
            peer: None,
            names: BTreeSet::new(),
            watcher: Watcher::default(),
            is_lost: false,
        }
    }
}

//! A node's own name.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::name;
use crate::station::Life;

/// After how long a name is tried again that was another's.
pub(super) const RETRY: Duration = Duration::from_secs(5);

/// How it is with our own name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It was not given yet.
    New,
    Held,
    /// It is another's; it is tried again then.
    Duplicate {
        retry: Instant,
    },
}

/// Our own name.
#[derive(Debug)]
pub(super) struct Own {
    pub(super) name: Arc<str>,
    pub(super) life: Life,
    /// What answers to our PROBEs are sent to: our life, which nobody else can have, as `name` may be another's.
    pub(super) address: String,
    pub(super) standing: Standing,
    /// How often we have moved: to another parent, or to a new connection to one.
    pub(super) moves: u32,
    /// How often we have registered.
    pub(super) registrations: u64,
}

impl Own {
    pub(super) fn is_held(&self) -> bool {
        self.standing == Standing::Held
    }

    /// When it is to be tried again.
    pub(super) fn retry(&self) -> Option<Instant> {
        match self.standing {
            Standing::Duplicate { retry } => Some(retry),
            Standing::New | Standing::Held => None,
        }
    }

    /// Whether this name is ours or below it.
    pub(super) fn has(&self, name: &str) -> bool {
        self.retry().is_none() && name::is_below(name, &self.name)
    }
}

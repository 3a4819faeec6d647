//! Somebody who watches names.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::station::Life;

/// What somebody watches, and what it was told.
#[derive(Debug, Default)]
pub(super) struct Watcher {
    pub(super) prefixes: BTreeSet<String>,
    /// The names that it was told are reached, and whose they are.
    pub(super) told: BTreeMap<Arc<str>, Life>,
}

impl Watcher {
    pub(super) fn watches(&self, name: &str) -> bool {
        let mut prefixes = self.prefixes.iter();
        prefixes.any(|prefix| name.starts_with(prefix.as_str()))
    }

    /// What it has to be told of a name that is reached in this life, or not: the life and whether it is reached.
    pub(super) fn news(&mut self, name: &Arc<str>, life: Option<Life>) -> Option<(Life, bool)> {
        match life.filter(|_| self.watches(name)) {
            Some(life) => {
                let before = self.told.insert(name.clone(), life);
                (before != Some(life)).then_some((life, true))
            }
            None => self.told.remove(name).map(|life| (life, false)),
        }
    }

    /// It watches this no longer, so it knows itself what that means for what it was told.
    pub(super) fn unwatch(&mut self, prefix: &str) -> bool {
        let was_there = self.prefixes.remove(prefix);
        let mut told = std::mem::take(&mut self.told);
        told.retain(|name, _| self.watches(name));
        self.told = told;
        was_there
    }
}

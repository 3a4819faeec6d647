//! Who is told which names are reached.

use std::collections::BTreeSet;
use std::ops::Bound::{Included, Unbounded};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::action::RoutesAction;
use super::link::LinkId;
use super::rules::Rules;
use super::state::{Heard, Routes};
use crate::station::Life;
use crate::station::wire::{Claim, LinkMessage, MAX_HEADER, Row, RowState};

/// How many bytes of rows are sent in one frame, at most.
const MAX_ROWS: usize = MAX_HEADER / 2;

impl<R: Rules> Routes<R> {
    /// Begins or ends watching the names with this prefix: what is reached already has appeared.
    pub(crate) fn watch(&mut self, prefix: &str, is_on: bool, now: Instant) {
        match is_on {
            true if self.watcher.prefixes.insert(prefix.to_owned()) => {
                self.want(prefix);
                let names = self.known_names(prefix);
                self.tell_user(&names);
            }
            false if self.watcher.unwatch(prefix) => self.unwant(prefix),
            _ => {}
        }
        self.doubt_earlier(now);
        self.tell_changes();
    }

    /// The names with this prefix that are reached, as far as they are watched.
    pub(crate) fn addresses<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        let told = self.watcher.told.keys().map(|name| &**name);
        told.filter(move |name| name.starts_with(prefix))
    }

    /// A child begins or ends watching.
    pub(super) fn watched(&mut self, link: LinkId, prefix: String, is_on: bool, now: Instant) {
        let max = self.limits.watches;
        let Some(child) = self.links.get_mut(&link) else {
            return;
        };
        let prefixes = &mut child.watcher.prefixes;
        if !is_on {
            if child.watcher.unwatch(&prefix) {
                self.unwant(&prefix);
            }
            return;
        }
        if prefixes.len() >= max && !prefixes.contains(&prefix) {
            self.close_link(link, Duration::ZERO, now);
            return;
        }
        let is_new = prefixes.insert(prefix.clone());
        if !is_new {
            // It watches anew, as it does when it has lost what it knew.
            child
                .watcher
                .told
                .retain(|name, _| !name.starts_with(&prefix));
        }
        if is_new {
            self.want(&prefix);
        }
        let names = self.known_names(&prefix);
        self.tell_child(link, &names);
    }

    fn want(&mut self, prefix: &str) {
        let count = self.wanted.entry(prefix.to_owned()).or_default();
        *count += 1;
        if *count == 1 {
            self.watch_at_parent(prefix, true);
        }
    }

    pub(super) fn unwant(&mut self, prefix: &str) {
        let Some(count) = self.wanted.get_mut(prefix) else {
            return;
        };
        *count -= 1;
        if *count == 0 {
            self.wanted.remove(prefix);
            self.watch_at_parent(prefix, false);
            let heard = std::mem::take(&mut self.heard);
            let kept = heard.into_iter().filter(|(name, _)| self.is_wanted(name));
            self.heard = kept.collect();
        }
    }

    fn watch_at_parent(&mut self, prefix: &str, is_on: bool) {
        if let Some(uplink) = &self.uplink {
            let prefix = prefix.to_owned();
            self.send(uplink.link, LinkMessage::Watch { prefix, is_on });
        }
    }

    fn is_wanted(&self, name: &str) -> bool {
        let mut wanted = self.wanted.keys();
        wanted.any(|prefix| name.starts_with(prefix.as_str()))
    }

    /// The parent tells what is watched there.
    pub(super) fn told_by_parent(&mut self, rows: Vec<Row>, now: Instant) {
        let Some(link) = self.uplink.as_ref().map(|it| it.link) else {
            return;
        };
        for Row { claim, state } in rows {
            let name = self.table.intern(&claim.name);
            if !self.is_wanted(&name) {
                continue;
            }
            if state == RowState::Gone {
                self.heard.remove(&name);
            } else {
                let (life, registration) = (claim.life, self.own.registrations);
                self.heard
                    .insert(name.clone(), Heard { life, registration });
            }
            self.changed.insert(name);
            if self.heard.len() > self.limits.rows {
                self.heard.clear();
                self.close_link(link, Duration::ZERO, now);
                return;
            }
        }
    }

    /// What was told before we registered, and not since, is not believed for ever.
    pub(super) fn doubt_earlier(&mut self, now: Instant) {
        let uplink = self.uplink.as_mut();
        let doubt = uplink.and_then(|it| it.doubt.take_if(|it| it.at <= now));
        if let Some(doubt) = doubt {
            self.disbelieve(doubt.registration);
        }
    }

    /// Forgets what was told before this registration.
    pub(super) fn disbelieve(&mut self, registration: u64) {
        let old = self
            .heard
            .iter()
            .filter(|(_, it)| it.registration < registration);
        let old: Vec<_> = old.map(|(name, _)| name.clone()).collect();
        for name in old {
            self.heard.remove(&name);
            self.changed.insert(name);
        }
    }

    /// Whose a name is, as far as is known here.
    fn known(&self, name: &str) -> Option<Life> {
        if self.own.is_held() && *self.own.name == *name {
            return Some(self.own.life);
        }
        let row = self.table.row(name).filter(|row| row.is_confirmed);
        let heard = || self.heard.get(name).map(|it| it.life);
        row.map(|row| row.life).or_else(heard)
    }

    /// The names with this prefix of which something is known.
    fn known_names(&self, prefix: &str) -> Vec<Arc<str>> {
        let mut names = BTreeSet::new();
        names.extend(self.table.below_prefix(prefix).cloned());
        let heard = self
            .heard
            .range::<str, _>((Included(prefix), Unbounded))
            .map(|(name, _)| name);
        names.extend(heard.take_while(|it| it.starts_with(prefix)).cloned());
        names.extend(
            Some(&self.own.name)
                .filter(|it| it.starts_with(prefix))
                .cloned(),
        );
        names.into_iter().collect()
    }

    /// Tells all what has changed meanwhile: a frame for each link at most.
    pub(super) fn tell_changes(&mut self) {
        if self.changed.is_empty() {
            return;
        }
        let changed: Vec<_> = std::mem::take(&mut self.changed).into_iter().collect();
        self.tell_parent(&changed);
        let watching = self.links.iter();
        let watching = watching.filter(|(_, child)| !child.watcher.prefixes.is_empty());
        let watching: Vec<_> = watching.map(|(link, _)| *link).collect();
        for link in watching {
            self.tell_child(link, &changed);
        }
        self.tell_user(&changed);
    }

    fn tell_child(&mut self, link: LinkId, names: &[Arc<str>]) {
        let mut rows = Vec::new();
        for name in names {
            let life = self.known(name);
            let watcher = self.links.get_mut(&link).map(|it| &mut it.watcher);
            let Some((life, is_reached)) = watcher.and_then(|it| it.news(name, life)) else {
                continue;
            };
            let state = match is_reached {
                true => RowState::Confirmed,
                false => RowState::Gone,
            };
            let (name, moves) = (name.to_string(), Vec::new());
            let claim = Claim { name, life, moves };
            rows.push(Row { claim, state });
        }
        self.send_rows(link, rows);
    }

    fn tell_user(&mut self, names: &[Arc<str>]) {
        for name in names {
            let was_reached = self.watcher.told.contains_key(name);
            let life = self.known(name);
            let action = match self.watcher.news(name, life) {
                Some((_, true)) if !was_reached => RoutesAction::Appeared(name.to_string()),
                Some((_, false)) => RoutesAction::Gone(name.to_string()),
                _ => continue,
            };
            self.actions.push_back(action);
        }
    }

    /// Sends rows, in as few frames as have room for them.
    pub(super) fn send_rows(&mut self, link: LinkId, rows: Vec<Row>) {
        let (mut frame, mut bytes) = (Vec::new(), 0);
        for row in rows {
            let size = 19 + row.claim.name.len() + 4 * row.claim.moves.len();
            if bytes + size > MAX_ROWS {
                bytes = 0;
                self.send(link, LinkMessage::Advert(std::mem::take(&mut frame)));
            }
            bytes += size;
            frame.push(row);
        }
        if !frame.is_empty() {
            self.send(link, LinkMessage::Advert(frame));
        }
    }
}

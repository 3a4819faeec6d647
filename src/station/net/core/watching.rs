//! Who is told of addresses that come and go.

use std::collections::BTreeSet;
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender};

use super::Core;
use crate::station::presence::Presence;

/// One that watches, with its number.
#[derive(Debug)]
struct Watcher {
    number: u64,
    prefix: String,
    events: Sender<Presence>,
}

/// Those that watch.
#[derive(Debug, Default)]
pub(super) struct Watchers {
    watchers: Vec<Watcher>,
    next: u64,
    /// The prefixes that were asked for without watching.
    listed: BTreeSet<String>,
}

impl Watchers {
    pub(super) fn tell(&mut self, name: &str, what: fn(String) -> Presence) {
        for watcher in &self.watchers {
            if name.starts_with(watcher.prefix.as_str()) {
                let _ = watcher.events.send(what(name.to_owned()));
            }
        }
    }
}

impl Core {
    /// Tells of all addresses with this prefix, and each change, from now on. Gives the number of who watches.
    pub(in crate::station::net) fn watch(
        &mut self,
        prefix: &str,
        now: Instant,
    ) -> (u64, Receiver<Presence>) {
        let (events, receiver) = crossbeam_channel::unbounded();
        // Those that no watcher knows of yet are told to all.
        for name in self.routes.addresses(prefix) {
            let _ = events.send(Presence::Appeared(name.to_owned()));
        }
        self.watchers.next += 1;
        let number = self.watchers.next;
        let prefix = prefix.to_owned();
        self.routes.watch(&prefix, true, now);
        self.watchers.watchers.push(Watcher {
            number,
            prefix,
            events,
        });
        (number, receiver)
    }

    /// Ends it; the prefix is watched no longer, if nobody else does.
    pub(in crate::station::net) fn unwatch(&mut self, number: u64, now: Instant) {
        let watchers = &mut self.watchers.watchers;
        let Some(place) = watchers.iter().position(|it| it.number == number) else {
            return;
        };
        let prefix = watchers.swap_remove(place).prefix;
        let is_watched = watchers.iter().any(|it| it.prefix == prefix);
        if !is_watched && !self.watchers.listed.contains(&prefix) {
            self.routes.watch(&prefix, false, now);
        }
    }

    /// The addresses with this prefix that are known. Whoever asks will ask again: they are watched from now on.
    pub(in crate::station::net) fn list(&mut self, prefix: &str, now: Instant) -> Vec<String> {
        if self.watchers.listed.insert(prefix.to_owned()) {
            self.routes.watch(prefix, true, now);
        }
        self.routes.addresses(prefix).map(str::to_owned).collect()
    }

    /// Whether an address that is watched is there.
    pub(in crate::station) fn is_there(&self, name: &str) -> bool {
        self.routes.addresses(name).any(|other| other == name)
    }
}

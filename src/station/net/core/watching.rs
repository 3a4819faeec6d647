//! Who is told of addresses that come and go.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender};

use super::Core;
use crate::error::Result;
use crate::station::presence::Presence;
use crate::wake::{ReadySignal, Waker};

/// One that watches, with its number.
#[derive(Debug)]
struct Watcher {
    number: u64,
    prefix: String,
    events: Sender<Presence>,
    /// For event loops.
    ready: ReadySignal,
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
        for watcher in &mut self.watchers {
            if name.starts_with(watcher.prefix.as_str()) {
                let _ = watcher.events.send(what(name.to_owned()));
                watcher.ready.turn_on();
            }
        }
    }

    /// Nothing is told any more.
    pub(super) fn end(&mut self) {
        for mut watcher in self.watchers.drain(..) {
            watcher.ready.turn_on();
            watcher.ready.end();
        }
    }

    fn get(&mut self, number: u64) -> Option<&mut Watcher> {
        self.watchers.iter_mut().find(|it| it.number == number)
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
            ready: ReadySignal::default(),
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

    /// The waker whose file can be read while there is something for who watches; `None` once nothing is told any more.
    pub(in crate::station::net) fn watcher_waker(
        &mut self,
        number: u64,
    ) -> Option<Result<Arc<Waker>>> {
        let ready = &mut self.watchers.get(number)?.ready;
        Some(ready.waker().cloned())
    }

    /// Another's is taken instead, which can always be read.
    pub(in crate::station::net) fn watcher_stand_in(&mut self, number: u64, other: &Arc<Waker>) {
        if let Some(watcher) = self.watchers.get(number) {
            watcher.ready.stand_in(other);
        }
    }

    /// Whoever watches has found nothing in this queue; false if there is something by now.
    pub(in crate::station::net) fn found_no_event(
        &mut self,
        number: u64,
        queue: &Receiver<Presence>,
    ) -> bool {
        let is_empty = queue.is_empty();
        if is_empty && let Some(watcher) = self.watchers.get(number) {
            watcher.ready.turn_off();
        }
        is_empty
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

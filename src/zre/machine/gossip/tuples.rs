//! The tuples that peers tell, and the nodes that it is time to try.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use log::debug;

use super::Gossip;
use super::neighbour::{GossipPeer, MOST};
use super::tuple::{PAUSES, Tuple};
use crate::zre::uuid::Uuid;
use crate::zre::wire::{GossipMessage, LONGEST_VALUE, Location};

/// After how many tries in vain a node that was never reached is forgotten: half a minute.
pub(super) const MAX_TRIES: u32 = 5;

/// The same for a node that was here, and may only be cut off: a quarter of an hour.
pub(super) const MAX_TRIES_IF_IT_WAS_HERE: u32 = 18;

/// A tuple that no peer has told for this long is out of date.
const OUT_OF_DATE: Duration = Duration::from_secs(30);

/// How many nodes are tried at a time. A hub tells of many that are not there any more. Live nodes hear
/// of us as well, and connect to us.
pub(super) const AT_A_TIME: usize = 8;

/// How long the others wait while so many are being tried.
const CROWDED_PAUSE: Duration = Duration::from_millis(20);

/// Takes a forgotten tuple's endpoint out of the count of its host.
fn uncount(hosts: &mut HashMap<String, usize>, value: &str) {
    if let Some(count) = hosts.get_mut(Location::host_in(value)) {
        *count -= 1;
        if *count == 0 {
            hosts.remove(Location::host_in(value));
        }
    }
}

impl Gossip {
    /// Stores a tuple, and passes it on if it is new or changed.
    pub(super) fn accept(
        &mut self,
        key: String,
        value: String,
        from: Option<&GossipPeer>,
        now: Instant,
    ) {
        let is_own = self.own.as_ref().is_some_and(|(own, _)| *own == key);
        let known = self.tuples.get_mut(&key);
        if is_own || value.len() > LONGEST_VALUE {
            return;
        }
        let is_new = match known {
            Some(known) if known.value == value => {
                known.told_at = now;
                return;
            }
            known => known.is_none(),
        };
        if is_new && self.tuples.len() >= MOST && !self.make_room(Location::host_in(&value)) {
            return debug!("no room for the endpoint of {key}");
        }
        let tuple = Tuple {
            value: value.clone(),
            due: now,
            tries: 0,
            was_here: false,
            told_at: now,
        };
        *self
            .hosts
            .entry(Location::host_in(&value).to_owned())
            .or_default() += 1;
        if let Some(before) = self.tuples.insert(key.clone(), tuple) {
            uncount(&mut self.hosts, &before.value);
        }
        self.broadcast(&GossipMessage::Publish { key, value }, from);
    }

    /// Makes room for a tuple of another host: drops the most-tried tuple of the most crowded host;
    /// without such a host, any that was tried at least twice in vain.
    fn make_room(&mut self, newcomer: &str) -> bool {
        let here = self.hosts.get(newcomer).copied().unwrap_or(0);
        let most = self.hosts.iter().max_by_key(|(_, count)| **count);
        let most = most.filter(|(_, count)| **count > here + 1);
        let is_in_most = |tuple: &Tuple| {
            most.is_some_and(|(most, _)| {
                !tuple.was_here && Location::host_in(&tuple.value) == *most
            })
        };
        let worst = self
            .tuples
            .iter()
            .map(|(key, tuple)| (is_in_most(tuple), tuple.tries, key))
            .filter(|(is_in_most, tries, _)| *is_in_most || *tries > 1)
            .max()
            .map(|(.., key)| key.clone());
        if let Some(tuple) = worst.and_then(|worst| self.tuples.remove(&worst)) {
            uncount(&mut self.hosts, &tuple.value);
            return true;
        }
        false
    }

    /// A node has said goodbye: tuples about it are out of date.
    pub(crate) fn forget_node(&mut self, node: Uuid) {
        if let Some(tuple) = self.tuples.remove(&node.to_string()) {
            uncount(&mut self.hosts, &tuple.value);
        }
    }

    /// The nodes that are to be tried now: the least tried first, and of them those at the least crowded
    /// hosts. A peer can tell of thousands.
    pub(super) fn due_nodes(
        &mut self,
        now: Instant,
        is_here: impl Fn(Uuid) -> bool,
        trying: impl Fn() -> usize,
    ) -> Vec<(Uuid, Location)> {
        if self.paused_until.is_some_and(|until| now < until) {
            return Vec::new();
        }
        self.paused_until = None;
        if self.tuples.values().all(|tuple| now < tuple.due) {
            return Vec::new();
        }
        let room = AT_A_TIME.saturating_sub(trying());
        if room == 0 {
            self.paused_until = Some(now + CROWDED_PAUSE);
            return Vec::new();
        }
        let mut due = Vec::new();
        self.tuples.retain(|key, tuple| {
            if now < tuple.due {
                return true;
            }
            let node: Option<Uuid> = key.parse().ok();
            if node.is_some_and(&is_here) {
                (tuple.tries, tuple.was_here) = (0, true);
                tuple.due = now + PAUSES.0;
                return true;
            }
            // A key that is not an identity is never tried; it stays until room is made.
            let most = if tuple.was_here {
                MAX_TRIES_IF_IT_WAS_HERE
            } else {
                MAX_TRIES
            };
            if node.is_some()
                && tuple.tries >= most
                && now.saturating_duration_since(tuple.told_at) >= OUT_OF_DATE
            {
                uncount(&mut self.hosts, &tuple.value);
                return false;
            }
            if let Some(node) = node
                && let Some(location) = Location::decode(&tuple.value)
            {
                let host = Location::host_in(&tuple.value);
                let crowd = self.hosts.get(host).copied().unwrap_or(0);
                due.push((tuple.tries, crowd, node, key.clone(), location));
            } else {
                tuple.schedule_next_try(now);
            }
            true
        });
        self.paused_until = (due.len() > room).then_some(now + CROWDED_PAUSE);
        due.sort();
        let tried = due.into_iter().take(room);
        let tried = tried.filter_map(|(_, _, node, key, location)| {
            self.tuples.get_mut(&key)?.schedule_next_try(now);
            Some((node, location))
        });
        tried.collect()
    }
}

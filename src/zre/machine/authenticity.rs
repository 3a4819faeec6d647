//! The keys of nodes, with CURVE: who has proved to be the node that a beacon tells of.
//!
//! A beacon can be anybody's. A message cannot: its sender has proved to have the key that it comes with. So a node is
//! taken for the one with the key that it was heard of with, at both ends: our socket connects to the owner of that key
//! alone, and only messages of that key are the node's.

use std::time::{Duration, Instant};

use log::{Level, log, warn};

use super::Machine;
use crate::endpoint::Endpoint;
use crate::security::PublicKey;
use crate::zre::uuid::Uuid;
use crate::zre::wire::Hello;

/// The pause between two warnings of wrong keys.
const WARNING: Duration = Duration::from_secs(60);

impl Machine {
    /// The nodes that are known by a key, where they are, and their keys.
    pub(crate) fn keys(&self) -> Vec<(Uuid, Endpoint, PublicKey)> {
        let known = self.known.iter();
        let keys = known
            .filter_map(|(uuid, known)| Some((*uuid, Endpoint::at(known.address), known.key?)));
        keys.collect()
    }

    /// Whether a node with this key, or without one, is for us: both ends have CURVE, or neither. That there are others
    /// is told once.
    pub(super) fn is_as_secured(&mut self, uuid: Uuid, key: Option<PublicKey>) -> bool {
        let reason = match (self.key, key) {
            (Some(_), None) => "it has no key, and this node speaks CURVE alone",
            (None, Some(_)) => "it speaks CURVE alone, and this node has no security",
            _ => return true,
        };
        if !std::mem::replace(&mut self.told_of_others, true) {
            let name = &self.name;
            warn!("{name}: {uuid} is left alone: {reason}; others like it are not told of");
        }
        false
    }

    /// Whether a message in the name of a node comes from the owner of its key.
    ///
    /// A node that is known by a beacon alone is forgotten if not: anybody can send a beacon, so the key that was proved
    /// counts, and a HELLO makes the node known by it. Otherwise forged beacons would keep it out.
    pub(super) fn is_authentic(
        &mut self,
        from: Uuid,
        proven: Option<PublicKey>,
        greets: bool,
        now: Instant,
    ) -> bool {
        if proven.is_some() != self.key.is_some() {
            return false;
        }
        let Some(known) = self.known.get(&from) else {
            return true;
        };
        if known.key == proven {
            return true;
        }
        let has_proved = known.verified || known.greeted_as.is_some();
        self.warn_of_wrong_key(from, now);
        if has_proved || !greets {
            return false;
        }
        self.drop_peer(from);
        true
    }

    /// Whether a HELLO tells the key that its sender has proved to have, or none where there is no security.
    pub(super) fn tells_its_key(
        &mut self,
        from: Uuid,
        hello: &Hello,
        proven: Option<PublicKey>,
        now: Instant,
    ) -> bool {
        if proven.is_none() || hello.public_key() == proven {
            return true;
        }
        self.warn_of_wrong_key(from, now);
        false
    }

    /// Logs that a node is told of with two keys. Anybody can do so as often as they like, so only the first in a while
    /// is a warning.
    fn warn_of_wrong_key(&mut self, from: Uuid, now: Instant) {
        let is_recent = |at: Instant| now.saturating_duration_since(at) < WARNING;
        let level = match self.wrong_key_at.is_some_and(is_recent) {
            true => Level::Debug,
            false => {
                self.wrong_key_at = Some(now);
                Level::Warn
            }
        };
        log!(
            level,
            "{}: somebody tells a key for {from} that is not the one that was proved",
            self.name
        );
    }
}

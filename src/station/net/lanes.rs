//! The lanes of streams: each has a flow of its own to the node that it is for.

use std::collections::{BTreeSet, HashMap};

/// The lanes that are taken, by whom they lead to.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    taken: HashMap<String, BTreeSet<u8>>,
    /// The last that was taken, of any. The next is another: what it may still hold would delay it.
    last: u8,
}

impl Lanes {
    /// A lane to this node that nobody has; `None` if all are taken. Lane 0 is that of messages.
    pub(super) fn take(&mut self, to: &str) -> Option<u8> {
        let taken = self.taken.entry(to.to_owned()).or_default();
        let (later, earlier) = (self.last.saturating_add(1)..=u8::MAX, 1..=self.last);
        let lane = later.chain(earlier).find(|lane| !taken.contains(lane))?;
        taken.insert(lane);
        self.last = lane;
        Some(lane)
    }

    pub(super) fn give_back(&mut self, to: &str, lane: u8) {
        let Some(taken) = self.taken.get_mut(to) else {
            return;
        };
        taken.remove(&lane);
        if taken.is_empty() {
            self.taken.remove(to);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_lane_is_taken_once_until_it_is_given_back() {
        let mut lanes = Lanes::default();
        let all: BTreeSet<u8> = (0..255).filter_map(|_| lanes.take("disk")).collect();
        assert_eq!(all, (1..=255).collect());
        assert_eq!(lanes.take("disk"), None);
        assert!(lanes.take("display").is_some());
        lanes.give_back("disk", 7);
        assert_eq!(lanes.take("disk"), Some(7));
    }
}

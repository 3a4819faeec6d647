//! Messages that came before: a Station's `push` sends a message that was not confirmed twice more, within 20 s, with the
//! bytes unchanged.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::BuildHasher;

use super::PeerMessage;

/// How many messages of a sender are remembered, and how many senders.
const MAX_MESSAGES: usize = 4096;
const MAX_SENDERS: usize = 256;

/// What was received lately. Of a sender the newest messages are remembered, and of senders those heard last.
#[derive(Debug, Default)]
pub(crate) struct Repeats {
    senders: HashMap<String, Remembered>,
    /// How many messages were seen.
    clock: u64,
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct Remembered {
    order: VecDeque<u64>,
    known: HashSet<u64>,
    last: u64,
}

impl Repeats {
    /// Whether this message was received before, and so is to be confirmed once more, but not handled. It is remembered.
    ///
    /// Nobody repeats a message that is not to be confirmed. A message is the same if its id and its time are: a node that
    /// begins anew counts from 0 again.
    pub(crate) fn is_repeat(&mut self, message: &PeerMessage) -> bool {
        if !message.is_to_be_confirmed() || message.timestamp.is_null() {
            return false;
        }
        let one = (&message.id, message.timestamp.as_str());
        let one = self.hasher.hash_one(one);
        self.clock += 1;
        let sender = message.sender.name();
        if !self.senders.contains_key(sender) {
            self.make_room();
        }
        let remembered = self.senders.entry(sender.to_owned()).or_default();
        remembered.last = self.clock;
        remembered.is_known(one)
    }

    fn make_room(&mut self) {
        if self.senders.len() < MAX_SENDERS {
            return;
        }
        let oldest = self.senders.iter().min_by_key(|(_, it)| it.last);
        if let Some(oldest) = oldest.map(|(sender, _)| sender.clone()) {
            self.senders.remove(&oldest);
        }
    }
}

impl Remembered {
    fn is_known(&mut self, one: u64) -> bool {
        if !self.known.insert(one) {
            return true;
        }
        if self.order.len() == MAX_MESSAGES
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        self.order.push_back(one);
        false
    }
}

//! Messages that come before it is known where their sender is: it tells a name, and its beacon has
//! not come yet, or what gossip tells of it is still being looked up.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::Uuid;
use crate::message::Message;

/// From how many senders something is kept, how many messages of each, and how many bytes of them.
const MOST: (usize, usize, usize) = (64, 64, 64 << 10);

/// A message: its first frame, and what follows.
pub(crate) type Frames = (Vec<u8>, Option<Message>);

/// What came early, in order.
#[derive(Debug, Default)]
pub(crate) struct Early(HashMap<Uuid, Kept>);

#[derive(Debug)]
struct Kept {
    since: Instant,
    bytes: usize,
    messages: Vec<Frames>,
}

impl Early {
    pub(crate) fn contains(&self, sender: Uuid) -> bool {
        self.0.contains_key(&sender)
    }

    /// Keeps a message; where there is no room for it, nothing of its sender is kept.
    pub(crate) fn keep(&mut self, sender: Uuid, message: Frames, now: Instant) {
        if self.0.len() >= MOST.0 && !self.contains(sender) {
            return;
        }
        let kept = self.0.entry(sender).or_insert(Kept {
            since: now,
            bytes: 0,
            messages: Vec::new(),
        });
        let rest = message.1.iter().flatten().map(|frame| frame.len());
        kept.bytes += message.0.len() + rest.sum::<usize>();
        kept.messages.push(message);
        if kept.messages.len() > MOST.1 || kept.bytes > MOST.2 {
            self.0.remove(&sender);
        }
    }

    /// What was kept of a sender, who is known now.
    pub(crate) fn take(&mut self, sender: Uuid) -> Vec<Frames> {
        let kept = self.0.remove(&sender);
        kept.map_or_else(Vec::new, |kept| kept.messages)
    }

    /// Forgets what is older than this.
    pub(crate) fn forget(&mut self, age: Duration, now: Instant) {
        self.0
            .retain(|_, kept| now.saturating_duration_since(kept.since) < age);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded() {
        let (mut early, now) = (Early::default(), Instant::now());
        let uuid = |n: usize| Uuid::from((n as u128).to_be_bytes());
        let message = |len| (vec![0; len], Some(Message::from("x")));
        (0..2 * MOST.0).for_each(|n| early.keep(uuid(n), message(1), now));
        assert_eq!(early.0.len(), MOST.0);
        early.keep(uuid(0), message(MOST.2), now);
        assert!(!early.contains(uuid(0)));
        (0..MOST.1).for_each(|_| early.keep(uuid(1), message(1), now));
        assert!(early.take(uuid(1)).is_empty());
        early.forget(Duration::from_secs(1), now + Duration::from_secs(1));
        assert!(early.0.is_empty());
    }
}

//! Messages of nodes that are not known, or not verified, yet: kept in order, and bounded, until they are.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::message::{Frame, Message};
use crate::security::PublicKey;
use crate::zre::uuid::Uuid;
use crate::zre::wire::Packet;

/// A message: the key that its sender has proved to have, its first frame, and the frames that follow.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct KeptMessage {
    pub(crate) key: Option<PublicKey>,
    pub(crate) first: Vec<u8>,
    pub(crate) rest: Option<Message>,
}

/// Something that takes memory.
pub(crate) trait Size {
    /// About how many bytes.
    fn size(&self) -> usize;
}

impl Size for KeptMessage {
    fn size(&self) -> usize {
        self.first.len() + self.rest.size()
    }
}

impl Size for Option<Message> {
    fn size(&self) -> usize {
        let (frames, bytes) = self.as_ref().map_or((0, 0), Message::size);
        frames
            .saturating_mul(size_of::<Frame>())
            .saturating_add(bytes)
    }
}

/// A message whose number was checked and counted: its packet, and the frames that follow.
#[derive(Debug)]
pub(crate) struct CheckedPacket(pub(super) Packet, pub(super) Option<Message>);

impl Size for CheckedPacket {
    fn size(&self) -> usize {
        let group = match &self.0 {
            Packet::Shout { group }
            | Packet::Join { group, .. }
            | Packet::Leave { group, .. }
            | Packet::Elect { group, .. }
            | Packet::Leader { group, .. } => group.len(),
            _ => 0,
        };
        group + self.1.size()
    }
}

/// How much is kept.
pub(crate) struct Limits {
    senders: usize,
    /// Of each sender.
    messages: usize,
    pub(crate) bytes: usize,
    /// Of all senders.
    bytes_in_all: usize,
}

/// A HELLO of any length finds room, with some messages that follow it.
pub(crate) const LIMITS: Limits = Limits {
    senders: 256,
    messages: 256,
    bytes: (1 << 20) + (64 << 10),
    bytes_in_all: 8 << 20,
};

/// The bytes that a message costs beside its own.
const OVERHEAD: usize = 128;

/// The messages of each sender.
#[derive(Debug)]
pub(crate) struct Quarantine<T> {
    senders: HashMap<Uuid, Quarantined<T>>,
    bytes: usize,
}

/// The messages of one sender.
#[derive(Debug)]
pub(crate) struct Quarantined<T> {
    pub(crate) since: Instant,
    pub(crate) messages: Vec<T>,
    bytes: usize,
}

impl<T> Default for Quarantine<T> {
    fn default() -> Quarantine<T> {
        Quarantine {
            senders: HashMap::new(),
            bytes: 0,
        }
    }
}

impl<T: Size> Quarantine<T> {
    pub(crate) fn len(&self) -> usize {
        self.senders.len()
    }

    pub(crate) fn contains(&self, sender: Uuid) -> bool {
        self.senders.contains_key(&sender)
    }

    /// Keeps a message; where there is no room for it, nothing of its sender is kept. The sender
    /// with most bytes makes room for others. Gives the senders of which nothing is kept any more.
    pub(crate) fn keep(&mut self, sender: Uuid, message: T, now: Instant) -> Vec<Uuid> {
        let known = self.senders.get(&sender);
        let (count, before) = known.map_or((0, 0), |kept| (kept.messages.len(), kept.bytes));
        let bytes = message.size().saturating_add(OVERHEAD);
        let of_sender = before.saturating_add(bytes);
        let mut lost = Vec::new();
        let fits = count < LIMITS.messages
            && of_sender <= LIMITS.bytes
            && (known.is_some() || self.senders.len() < LIMITS.senders)
            && self.make_room(sender, bytes, of_sender, &mut lost);
        if !fits {
            self.forget(sender);
            lost.push(sender);
            return lost;
        }
        let kept = self.senders.entry(sender).or_insert_with(|| Quarantined {
            since: now,
            messages: Vec::new(),
            bytes: 0,
        });
        kept.messages.push(message);
        kept.bytes = of_sender;
        self.bytes += bytes;
        lost
    }

    fn make_room(
        &mut self,
        sender: Uuid,
        bytes: usize,
        of_sender: usize,
        lost: &mut Vec<Uuid>,
    ) -> bool {
        while self.bytes + bytes > LIMITS.bytes_in_all {
            let others = self.senders.iter().filter(|(uuid, _)| **uuid != sender);
            match others.max_by_key(|(_, kept)| kept.bytes) {
                Some((&most, kept)) if kept.bytes > of_sender => {
                    self.forget(most);
                    lost.push(most);
                }
                _ => return false,
            }
        }
        true
    }

    /// Gives the messages of a sender, whose waiting is over.
    pub(crate) fn take(&mut self, sender: Uuid) -> Option<Quarantined<T>> {
        let kept = self.senders.remove(&sender)?;
        self.bytes -= kept.bytes;
        Some(kept)
    }

    pub(crate) fn forget(&mut self, sender: Uuid) {
        self.take(sender);
    }

    /// Forgets senders whose first message is as old as this.
    pub(crate) fn forget_old(&mut self, age: Duration, now: Instant) {
        let bytes = &mut self.bytes;
        self.senders.retain(|_, kept| {
            let stays = now.saturating_duration_since(kept.since) < age;
            *bytes -= if stays { 0 } else { kept.bytes };
            stays
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Size for usize {
        fn size(&self) -> usize {
            *self
        }
    }

    fn uuid(n: usize) -> Uuid {
        Uuid::from((n as u128).to_be_bytes())
    }

    #[test]
    fn the_messages_kept_are_bounded() {
        let (mut quarantine, now) = (Quarantine::default(), Instant::now());
        for n in 0..LIMITS.senders {
            assert!(quarantine.keep(uuid(n), 1, now).is_empty());
        }
        let stranger = uuid(LIMITS.senders);
        assert_eq!(quarantine.keep(stranger, 1, now), [stranger]);
        assert_eq!(quarantine.keep(uuid(0), LIMITS.bytes, now), [uuid(0)]);
        assert!(!quarantine.contains(uuid(0)));
        for _ in 1..LIMITS.messages {
            assert!(quarantine.keep(uuid(1), 1, now).is_empty());
        }
        assert_eq!(quarantine.keep(uuid(1), 1, now), [uuid(1)]);
        assert!(quarantine.take(uuid(1)).is_none());
        assert_eq!(quarantine.take(uuid(2)).unwrap().messages, [1]);
        quarantine.forget_old(Duration::from_secs(1), now + Duration::from_secs(1));
        assert!(quarantine.senders.is_empty());
        assert_eq!(quarantine.bytes, 0);
    }

    #[test]
    fn the_sender_with_most_makes_room() {
        let (mut quarantine, now) = (Quarantine::default(), Instant::now());
        let most = LIMITS.bytes_in_all / LIMITS.bytes;
        for n in 0..2 * most {
            quarantine.keep(uuid(n), LIMITS.bytes - OVERHEAD, now);
        }
        assert_eq!(quarantine.senders.len(), most);
        let half = LIMITS.bytes / 2;
        assert!(quarantine.keep(uuid(1000), half, now).is_empty());
        let lost = quarantine.keep(uuid(1001), half, now);
        assert_eq!(lost.len(), 1);
        assert!(!quarantine.contains(lost[0]) && quarantine.contains(uuid(1001)));
        assert!(quarantine.bytes <= LIMITS.bytes_in_all);
        assert!(quarantine.contains(uuid(1000)));
    }
}

//! The peers of a socket, for its messages to tell where they came from.

use std::collections::HashMap;
use std::ffi::CString;
use std::hash::BuildHasherDefault;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::dropped::DroppedMessages;
use crate::ffi::{ConnectionNumbers, RawMessage};
use crate::id_hasher::IdHasher;
use crate::origin::Origin;
use crate::peer::Peer;
use crate::security::{ADMISSION, Access, PublicKey};

/// Peers that messages have come from, by the number of the connection: read once, and shared by its
/// messages. No two connections of the process have the same number.
#[derive(Debug)]
pub(super) struct Peers {
    /// `None` if the linked libzmq does not number connections.
    numbers: Option<ConnectionNumbers>,
    /// Who may enter, on a secured server: all peers were authenticated, and messages tell as which user.
    access: Option<Access>,
    /// That of the access, up to which its revocations were heeded.
    revision: u64,
    /// The connection of the message before that was not dropped, and its origin. The next one is of the same,
    /// as a rule.
    last: (u64, Option<Arc<Origin>>),
    kept: HashMap<u64, Sender, BuildHasherDefault<IdHasher>>,
    dropped: DroppedMessages,
}

/// The sender of a message.
#[derive(Debug, Clone)]
struct Sender {
    origin: Option<Arc<Origin>>,
    /// Whether its messages are received; otherwise they are dropped.
    is_admitted: bool,
}

/// The number of no connection.
const NO_NUMBER: u64 = u64::MAX;

/// How many are kept. One that was dropped is read again for its next message.
const KEPT: usize = 1024;

/// libzmq's property of a message that names the user. The handler of ZAP sets it, and a property that the peer
/// sends does not replace it.
const USER: &str = "User-Id";

impl Peers {
    /// The peers of a new socket, if its messages are to tell their peers or their users, and the linked
    /// libzmq can.
    pub(super) fn new(
        tells_peers: bool,
        access: Option<Access>,
        skipped: &Arc<AtomicU64>,
    ) -> Option<Peers> {
        let numbers = ConnectionNumbers::new();
        (access.is_some() || tells_peers && numbers.is_some()).then(|| Peers {
            numbers,
            access,
            revision: 0,
            last: (NO_NUMBER, None),
            kept: HashMap::default(),
            dropped: DroppedMessages::new(skipped.clone()),
        })
    }

    /// Whether the first frame of a message tells the sender. With libzmq 4.3.4 a router's may not: that frame, the
    /// peer's identity, has lost the properties if it was made when the events were read. The second one never does.
    #[inline(always)]
    pub(super) fn first_frame_tells(&self) -> bool {
        self.numbers.is_some()
    }

    /// The origin of a message, of which this is the [frame that tells](Self::first_frame_tells) the sender; `None` if the
    /// message is to be dropped. It is counted then.
    #[inline(always)]
    pub(super) fn admit(&mut self, frame: &RawMessage) -> Option<Option<Arc<Origin>>> {
        let Some(numbers) = self.numbers else {
            return self.admit_user(frame);
        };
        let number = numbers.of(frame);
        match number == self.last.0 && self.revision == self.current_revision() {
            true => Some(self.last.1.clone()),
            false => self.find(number, frame),
        }
    }

    #[inline(always)]
    fn current_revision(&self) -> u64 {
        self.access.as_ref().map_or(0, Access::revision)
    }

    pub(super) fn has_line(&self) -> bool {
        self.dropped.has_line()
    }

    /// A line for the log, on messages that were dropped.
    pub(super) fn take_line(&mut self) -> Option<String> {
        self.dropped.take_line()
    }

    /// Finds the sender by the number of its connection. After a revocation all are judged anew.
    #[inline(never)]
    fn find(&mut self, number: u64, frame: &RawMessage) -> Option<Option<Arc<Origin>>> {
        let revision = self.current_revision();
        if self.revision != revision {
            self.revision = revision;
            self.last = (NO_NUMBER, None);
            self.kept.clear();
        }
        let sender = match self.kept.get(&number) {
            Some(sender) => sender.clone(),
            None => {
                let sender = self.read(number, frame);
                self.keep(number, sender.clone());
                sender
            }
        };
        let admitted = self.heed(sender)?;
        self.last = (number, admitted.clone());
        Some(admitted)
    }

    #[cold]
    fn read(&self, number: u64, frame: &RawMessage) -> Sender {
        let text = (number != 0).then(|| frame.connection()).flatten();
        let peer = text.and_then(Peer::read);
        let Some(access) = &self.access else {
            return Sender {
                origin: peer.map(Origin::Peer).map(Arc::new),
                is_admitted: true,
            };
        };
        let entry = Entry::of(frame);
        let (user, key) = entry.as_ref().map(|it| (it.user, it.key)).unzip();
        let origin = peer.map(|peer| Origin::Peer(peer.with_user(user, key.flatten())));
        Sender {
            origin: origin.map(Arc::new),
            is_admitted: is_admitted(entry.as_ref(), access),
        }
    }

    /// Reads the user of each message. Several of one user, one after the other, share the origin.
    #[cold]
    fn admit_user(&mut self, frame: &RawMessage) -> Option<Option<Arc<Origin>>> {
        let access = self.access.as_ref()?;
        let entry = Entry::of(frame);
        let last = self.last.1.as_ref();
        let same = |last: &&Arc<Origin>| {
            let of_last = (last.user(), last.key());
            entry
                .as_ref()
                .is_some_and(|it| of_last == (Some(it.user), it.key))
        };
        let origin = match last.filter(same) {
            Some(last) => Some(last.clone()),
            None => entry.as_ref().map(|it| {
                Arc::new(Origin::User {
                    user: it.user.into(),
                    key: it.key,
                })
            }),
        };
        let admitted = self.heed(Sender {
            is_admitted: is_admitted(entry.as_ref(), access),
            origin,
        })?;
        self.last.1 = admitted.clone();
        Some(admitted)
    }

    /// The origin of a message of this sender. One that is to be dropped is counted.
    fn heed(&mut self, sender: Sender) -> Option<Option<Arc<Origin>>> {
        match sender.is_admitted {
            true => Some(sender.origin),
            false => {
                self.dropped.add(sender.origin.as_deref());
                None
            }
        }
    }

    fn keep(&mut self, number: u64, sender: Sender) {
        if self.kept.len() >= KEPT {
            self.kept.clear();
        }
        self.kept.insert(number, sender);
    }
}

/// How the sender of a message was let in.
struct Entry<'a> {
    user: &'a str,
    /// The revision of the access.
    admission: u64,
    /// With CURVE.
    key: Option<PublicKey>,
}

impl Entry<'_> {
    /// `None` if our handler of ZAP has not let it in.
    fn of(frame: &RawMessage) -> Option<Entry<'_>> {
        let admission = property(frame, ADMISSION)?;
        let (admission, key) = match admission.split_once(' ') {
            Some((admission, key)) => (admission, Some(key.parse().ok()?)),
            None => (admission, None),
        };
        Some(Entry {
            user: property(frame, USER)?,
            admission: admission.parse().ok()?,
            key,
        })
    }
}

fn is_admitted(entry: Option<&Entry<'_>>, access: &Access) -> bool {
    entry.is_some_and(|entry| !access.is_revoked(entry.user, entry.admission))
}

/// A property that our handler of ZAP has set. All of them are text.
fn property<'a>(frame: &'a RawMessage, name: &str) -> Option<&'a str> {
    let name = CString::new(name).ok()?;
    str::from_utf8(frame.property(&name)?).ok()
}

#[cfg(test)]
mod tests;

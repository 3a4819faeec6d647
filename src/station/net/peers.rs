//! The programs of autopilot that a node is connected to, and the messages to them that they have not confirmed.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::station::autopilot::{Link, MessageId, PeerMessage, Repeats, Side};
use crate::station::machine::{LinkId, Timers};
use crate::station::message::Incoming;

/// How many names may be reached by way of one of them.
const MAX_NAMES: usize = 1024;

/// After how long a name is tried again that was another's.
const RETRY: Duration = Duration::from_secs(5);

/// How many that never confirm are remembered, and how many names that were registered.
const MAX_SILENT: usize = 1024;
const MAX_HELD: usize = 65_536;

/// One that a node is connected to.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) name: Arc<str>,
    side: Side,
    /// Those that are reached by it, itself too.
    names: HashSet<Arc<str>>,
    /// Those that are others', and when they are tried again.
    refused: HashMap<Arc<str>, Instant>,
}

/// Whom to tell that a message has arrived.
#[derive(Debug)]
pub(super) struct PeerReceipt {
    pub(super) link: LinkId,
    /// `None` if it wants none.
    pub(super) confirmation: Option<PeerMessage>,
    /// The stations that its sender is behind, as far as that tells.
    pub(super) path: Vec<String>,
    /// By which a repeat of it is known.
    pub(super) id: MessageId,
}

/// A message for one of them: it has it once it says so.
#[derive(Debug)]
pub(super) struct Awaited {
    pub(super) token: u64,
    pub(super) seq: u64,
    pub(super) message: Arc<Incoming>,
    /// When nobody waits any longer.
    pub(super) expires: Instant,
    /// The link that it was sent over; `None` while there is none.
    pub(super) sent: Option<LinkId>,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Peers {
    /// The id of the station above, if that is one of autopilot's.
    pub(super) above: Option<Arc<str>>,
    peers: HashMap<LinkId, Peer>,
    /// The link to each name.
    links: HashMap<Arc<str>, LinkId>,
    /// The names that were registered, ever.
    held: HashSet<Arc<str>>,
    pub(super) repeats: Repeats,
    /// The messages of theirs that have not ended.
    pub(super) under_way: HashSet<MessageId>,
    pub(super) awaited: HashMap<u64, Awaited>,
    pub(super) timers: Timers,
    /// Those of whom no confirmation came in time.
    silent: HashSet<String>,
    next_id: u64,
    registrations: u32,
}

impl Peers {
    /// The random number is where ids begin: those of an earlier life are not known then.
    pub(super) fn new(above: Option<Arc<str>>, seed: u64) -> Peers {
        Peers {
            above,
            peers: HashMap::new(),
            links: HashMap::new(),
            held: HashSet::new(),
            repeats: Repeats::default(),
            under_way: HashSet::new(),
            awaited: HashMap::new(),
            timers: Timers::default(),
            silent: HashSet::new(),
            next_id: seed >> 16,
            registrations: 0,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.peers.is_empty()
    }

    pub(super) fn has(&self, link: LinkId) -> bool {
        self.peers.contains_key(&link)
    }

    pub(super) fn get(&self, link: LinkId) -> Option<&Peer> {
        self.peers.get(&link)
    }

    pub(super) fn link_of(&self, name: &str) -> Option<LinkId> {
        self.links.get(name).copied()
    }

    /// The links to those below.
    pub(super) fn below(&self) -> impl Iterator<Item = LinkId> {
        let below = self.peers.iter().filter(|it| it.1.side == Side::Below);
        below.map(|(link, _)| *link)
    }

    pub(super) fn insert(&mut self, link: LinkId, name: &str, side: Side) {
        self.peers.entry(link).or_insert_with(|| Peer {
            name: name.into(),
            side,
            names: HashSet::new(),
            refused: HashMap::new(),
        });
    }

    /// It is not there any more.
    pub(super) fn remove(&mut self, link: LinkId) {
        if let Some(peer) = self.peers.remove(&link) {
            for name in &peer.names {
                if self.links.get(name) == Some(&link) {
                    self.links.remove(name);
                }
            }
        }
    }

    /// Whether this name is to be registered for this link: how often one was by then, and whether this one was before.
    ///
    /// The error says why the name cannot be.
    pub(super) fn meet(
        &mut self,
        link: LinkId,
        name: &str,
        now: Instant,
    ) -> Result<Option<(u32, bool)>, String> {
        let Some(peer) = self.peers.get_mut(&link) else {
            return Ok(None);
        };
        if peer.names.contains(name) {
            return Ok(None);
        }
        if peer.refused.get(name).is_some_and(|retry| *retry > now) {
            return Err(format!("another node has the id {name}"));
        }
        if peer.names.len() == MAX_NAMES {
            return Err(format!(
                "{} tells more than {MAX_NAMES} names of nodes behind it",
                peer.name
            ));
        }
        let name: Arc<str> = name.into();
        peer.refused.remove(&name);
        peer.names.insert(name.clone());
        self.links.insert(name.clone(), link);
        self.registrations += 1;
        let is_held = self.held.contains(&name);
        if self.held.len() < MAX_HELD {
            self.held.insert(name);
        }
        Ok(Some((self.registrations, is_held)))
    }

    /// The name is another's.
    pub(super) fn refuse(&mut self, link: LinkId, name: &str, now: Instant) {
        let Some(peer) = self.peers.get_mut(&link) else {
            return;
        };
        if let Some(name) = peer.names.take(name) {
            if self.links.get(&name) == Some(&link) {
                self.links.remove(&name);
            }
            self.held.remove(&name);
            peer.refused.insert(name, now + RETRY);
        }
    }

    /// The number of a new message of ours, and its id.
    pub(super) fn new_id(&mut self, us: &str) -> (u64, MessageId) {
        self.next_id += 1;
        (self.next_id, MessageId::new(us, self.next_id))
    }

    /// The number of the message of ours that has this id, if it is awaited.
    pub(super) fn number(&self, us: &str, id: &MessageId) -> Option<u64> {
        let MessageId::Text(id) = id else {
            return None;
        };
        let number = id.strip_prefix(us)?.strip_prefix('_')?.parse().ok()?;
        self.awaited.contains_key(&number).then_some(number)
    }

    /// Whether it is worth waiting for its confirmation.
    pub(super) fn confirms(&self, name: &str) -> bool {
        !self.silent.contains(name)
    }

    pub(super) fn is_silent(&mut self, name: &str, is_silent: bool) {
        if !is_silent {
            self.silent.remove(name);
        } else if self.silent.len() < MAX_SILENT {
            self.silent.insert(name.to_owned());
        }
    }
}

impl Peer {
    /// The frames of a message by way of it.
    pub(super) fn frames(&self, path: &[&str], recipient: &str, json: Vec<u8>) -> Vec<Vec<u8>> {
        let link = match self.side {
            Side::Below => Link::Station(&self.name),
            Side::Above => Link::Above(&self.name),
        };
        link.frames(path, recipient, json)
    }

    pub(super) fn side(&self) -> Side {
        self.side
    }
}

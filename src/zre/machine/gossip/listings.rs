//! Those who are connected to us, and who is told of everything.

use std::time::{Duration, Instant};

use super::Gossip;
use super::client::{Client, Listing};
use super::neighbour::{GossipPeer, MOST, PING};
use crate::zre::wire::GossipMessage;

/// How often one is told everything at most: who asks says four bytes, and may hear of thousands.
pub(super) const LISTING: Duration = Duration::from_secs(1);

/// How many words are taken at once.
const WORDS: usize = 256;

/// How much one is told before the next is.
const SLICE: usize = 32;

impl Gossip {
    /// What is to be said next, in this order; nothing if there is no more.
    pub(crate) fn take_words(&mut self) -> Vec<(GossipPeer, GossipMessage)> {
        let some = self.words.len().min(WORDS);
        let mut words: Vec<_> = self.words.drain(..some).collect();
        while words.len() < WORDS
            && let Some(mut telling) = self.tellings.pop_front()
        {
            let mut rest = self.tuples.range(telling.next.clone()..);
            for (key, tuple) in rest.by_ref().take(SLICE) {
                let (key, value) = (key.clone(), tuple.value.clone());
                words.push((telling.peer.clone(), GossipMessage::Publish { key, value }));
            }
            if let Some((next, _)) = rest.next() {
                telling.next = next.clone();
                self.tellings.push_back(telling);
            }
        }
        words
    }

    /// Something could not be said to a client, whose queue is full. It is told of the tuples again,
    /// from there on, once it may have read some.
    pub(crate) fn unheard(&mut self, client: &[u8], message: GossipMessage, now: Instant) {
        let Some(known) = self.clients.get_mut(client) else {
            return;
        };
        let GossipMessage::Publish { key, .. } = message else {
            return;
        };
        let before = known.owed.take().map(|(_, next)| next);
        let next = before.map_or(key.clone(), |before| before.min(key));
        known.owed = Some((now + PING, next));
        self.tellings
            .retain(|it| !matches!(&it.peer, GossipPeer::Client(it) if it == client));
    }

    /// One that is connected to us is no longer.
    pub(crate) fn forget_client(&mut self, client: &[u8]) {
        self.clients.remove(client);
        let is_it = |peer: &GossipPeer| matches!(peer, GossipPeer::Client(it) if it == client);
        self.tellings.retain(|telling| !is_it(&telling.peer));
        self.words.retain(|(peer, _)| !is_it(peer));
    }

    /// A client asks for everything.
    pub(super) fn asks(&mut self, client: &[u8], now: Instant) {
        let Some(known) = self.clients.get_mut(client) else {
            return;
        };
        let next = known.told.map(|told| told + LISTING);
        match next.filter(|next| now < *next) {
            Some(next) => known.owed = Some((next, String::new())),
            None => {
                (known.told, known.owed) = (Some(now), None);
                self.tell_everything(GossipPeer::Client(client.to_vec()), String::new());
            }
        }
    }

    pub(super) fn tell_those_owed(&mut self, now: Instant) {
        let mut owed = Vec::new();
        for (client, known) in &mut self.clients {
            if let Some((_, next)) = known.owed.take_if(|(due, _)| now >= *due) {
                known.told = Some(now);
                owed.push((GossipPeer::Client(client.clone()), next));
            }
        }
        for (peer, next) in owed {
            self.tell_everything(peer, next);
        }
    }

    /// Tells one where we are, and of all tuples from this one on.
    pub(super) fn tell_everything(&mut self, peer: GossipPeer, next: String) {
        self.tellings.retain(|telling| telling.peer != peer);
        let own = self.own.clone();
        let own = own.map(|(key, value)| (peer.clone(), GossipMessage::Publish { key, value }));
        self.words.extend(own);
        self.tellings.push_back(Listing { peer, next });
    }

    pub(super) fn admit(&mut self, client: Vec<u8>, now: Instant) {
        if self.clients.len() >= MOST && !self.clients.contains_key(&client) {
            let quiet = self.clients.iter().min_by_key(|(_, known)| known.heard);
            if let Some(quiet) = quiet.map(|(client, _)| client.clone()) {
                self.forget_client(&quiet);
            }
        }
        let known = self.clients.entry(client).or_insert(Client {
            heard: now,
            told: None,
            owed: None,
        });
        known.heard = now;
    }
}

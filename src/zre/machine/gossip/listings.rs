//! Listings: a peer is sent all tuples, in slices, when it asks for them.

use std::time::{Duration, Instant};

use super::Gossip;
use super::client::{Client, Listing};
use super::neighbour::{GossipPeer, MOST, PING};
use crate::zre::wire::GossipMessage;

/// The shortest pause between two listings for one client: its HELLO has four bytes, and the answer may have
/// thousands of tuples.
pub(super) const LISTING_PAUSE: Duration = Duration::from_secs(1);

/// How many messages are taken together.
const BATCH: usize = 256;

/// How many tuples one peer is sent before the next has its turn.
const SLICE: usize = 32;

impl Gossip {
    /// The messages to be sent next, in this order; none if there are no more.
    pub(crate) fn take_outgoing(&mut self) -> Vec<(GossipPeer, GossipMessage)> {
        let some = self.outgoing.len().min(BATCH);
        let mut outgoing: Vec<_> = self.outgoing.drain(..some).collect();
        while outgoing.len() < BATCH
            && let Some(mut listing) = self.listings.pop_front()
        {
            let mut rest = self.tuples.range(listing.next.clone()..);
            for (key, tuple) in rest.by_ref().take(SLICE) {
                let (key, value) = (key.clone(), tuple.value.clone());
                outgoing.push((listing.peer.clone(), GossipMessage::Publish { key, value }));
            }
            if let Some((next, _)) = rest.next() {
                listing.next = next.clone();
                self.listings.push_back(listing);
            }
        }
        outgoing
    }

    /// The queue of a client was full: the tuples are listed to it again later, from the one that was
    /// not sent.
    pub(crate) fn resend_later(&mut self, client: &[u8], message: GossipMessage, now: Instant) {
        let Some(known) = self.clients.get_mut(client) else {
            return;
        };
        let GossipMessage::Publish { key, .. } = message else {
            return;
        };
        let before = known.next_listing.take().map(|(_, next)| next);
        let next = before.map_or(key.clone(), |before| before.min(key));
        known.next_listing = Some((now + PING, next));
        self.listings
            .retain(|it| !matches!(&it.peer, GossipPeer::Client(it) if it == client));
    }

    /// A client has gone.
    pub(crate) fn forget_client(&mut self, client: &[u8]) {
        self.clients.remove(client);
        let is_it = |peer: &GossipPeer| matches!(peer, GossipPeer::Client(it) if it == client);
        self.listings.retain(|listing| !is_it(&listing.peer));
        self.outgoing.retain(|(peer, _)| !is_it(peer));
    }

    /// A client asks for all tuples.
    pub(super) fn request_listing(&mut self, client: &[u8], now: Instant) {
        let Some(known) = self.clients.get_mut(client) else {
            return;
        };
        let next = known.listed_at.map(|told| told + LISTING_PAUSE);
        match next.filter(|next| now < *next) {
            Some(next) => known.next_listing = Some((next, String::new())),
            None => {
                (known.listed_at, known.next_listing) = (Some(now), None);
                self.list_all(GossipPeer::Client(client.to_vec()), String::new());
            }
        }
    }

    pub(super) fn list_due(&mut self, now: Instant) {
        let mut owed = Vec::new();
        for (client, known) in &mut self.clients {
            if let Some((_, next)) = known.next_listing.take_if(|(due, _)| now >= *due) {
                known.listed_at = Some(now);
                owed.push((GossipPeer::Client(client.clone()), next));
            }
        }
        for (peer, next) in owed {
            self.list_all(peer, next);
        }
    }

    /// Begins to send a peer our own tuple, and all others from this one on.
    pub(super) fn list_all(&mut self, peer: GossipPeer, next: String) {
        self.listings.retain(|listing| listing.peer != peer);
        let own = self.own.clone();
        let own = own.map(|(key, value)| (peer.clone(), GossipMessage::Publish { key, value }));
        self.outgoing.extend(own);
        self.listings.push_back(Listing { peer, next });
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
            listed_at: None,
            next_listing: None,
        });
        known.heard = now;
    }
}

//! Discovery where there is no broadcast: nodes tell each other the endpoints of all nodes.
//!
//! The wire is that of czmq's zgossip, which zyre uses. One node binds, others connect to it, in stars
//! and chains; a tuple (an identity and an endpoint) that is new to a node is passed on to its other
//! neighbours. This is the state machine: messages and the time in, messages out. Its sockets are in net.

mod client;
mod listings;
mod neighbour;
#[cfg(test)]
mod tests;
mod tuple;
mod tuples;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Instant;

use log::debug;

use crate::endpoint::Endpoint;
use crate::security::PublicKey;
use crate::zre::uuid::Uuid;
use crate::zre::wire::{GossipMessage, Location};
use client::{Client, Listing};
pub(crate) use neighbour::{GossipPeer, MOST, PING};
use tuple::Tuple;

/// On this tick without an answer, after five PINGs and some ten seconds, a connection is made anew:
/// libzmq abandons a peer that does not speak ZMTP.
const MAX_UNANSWERED: u32 = 6;

#[derive(Debug)]
pub(crate) struct Gossip {
    own: Option<(String, String)>,
    tuples: BTreeMap<String, Tuple>,
    /// How many of them tell of each host.
    hosts: HashMap<String, usize>,
    servers: Vec<Server>,
    clients: HashMap<Vec<u8>, Client>,
    outgoing: VecDeque<(GossipPeer, GossipMessage)>,
    /// The peers that are being sent all tuples.
    listings: VecDeque<Listing>,
    unresponsive: Vec<usize>,
    /// Until when no more nodes are tried, because enough are being tried.
    paused_until: Option<Instant>,
}

#[derive(Debug)]
struct Server {
    next: Instant,
    /// How many PINGs it has not answered.
    unanswered: u32,
    greeted: Instant,
}

impl Gossip {
    /// One that is connected to this many servers.
    pub(crate) fn new(servers: usize, now: Instant) -> Gossip {
        let server = |_| Server {
            next: now + PING,
            unanswered: 0,
            greeted: now,
        };
        let mut gossip = Gossip {
            own: None,
            tuples: BTreeMap::new(),
            hosts: HashMap::new(),
            servers: (0..servers).map(server).collect(),
            clients: HashMap::new(),
            outgoing: VecDeque::new(),
            listings: VecDeque::new(),
            unresponsive: Vec::new(),
            paused_until: None,
        };
        (0..servers).for_each(|at| gossip.greet(at));
        gossip
    }

    /// The servers that are to be connected to anew, before anything else is sent.
    pub(crate) fn take_unresponsive(&mut self) -> Vec<usize> {
        std::mem::take(&mut self.unresponsive)
    }

    /// When `tick` is to be called next.
    pub(crate) fn next_tick(&self) -> Option<Instant> {
        let asks = self.servers.iter().map(|server| server.next);
        let tries = self.tuples.values().map(|tuple| tuple.due).min();
        let tries = tries.max(tries.and(self.paused_until));
        let owed = self
            .clients
            .values()
            .filter_map(|it| it.next_listing.as_ref());
        asks.chain(tries).chain(owed.map(|(due, _)| *due)).min()
    }

    /// Tells where we are, and with CURVE our key.
    pub(crate) fn publish(
        &mut self,
        uuid: Uuid,
        endpoint: &Endpoint,
        public_key: Option<PublicKey>,
    ) {
        let own = Location {
            endpoint: endpoint.to_string(),
            key: public_key,
        };
        let (key, value) = (uuid.to_string(), own.encode());
        self.own = Some((key.clone(), value.clone()));
        self.broadcast(&GossipMessage::Publish { key, value }, None);
    }

    /// A message came.
    pub(crate) fn receive(&mut self, from: GossipPeer, frame: &[u8], now: Instant) {
        let message = match GossipMessage::decode(frame) {
            Ok(message) => message,
            Err(malformed) => return debug!("malformed gossip: {malformed}"),
        };
        match (&from, message) {
            (GossipPeer::Client(client), GossipMessage::Hello) => {
                self.admit(client.clone(), now);
                self.request_listing(client, now);
            }
            (GossipPeer::Client(client), message) => {
                let known = self.clients.get_mut(client).map(|it| it.heard = now);
                if let GossipMessage::Publish { key, value } = message.clone() {
                    self.accept(key, value, Some(&from), now);
                }
                match (known, message) {
                    (None, GossipMessage::Publish { .. } | GossipMessage::Ping) => {
                        self.outgoing.push_back((from, GossipMessage::Invalid));
                    }
                    (Some(()), GossipMessage::Ping) => {
                        self.outgoing.push_back((from, GossipMessage::Pong))
                    }
                    _ => {}
                }
            }
            (GossipPeer::Server(at), message) => {
                let Some(server) = self.servers.get_mut(*at) else {
                    return;
                };
                match message {
                    GossipMessage::Publish { key, value } => {
                        self.accept(key, value, Some(&from), now)
                    }
                    GossipMessage::Pong => server.unanswered = 0,
                    GossipMessage::Invalid => {
                        server.unanswered = 0;
                        // It may answer INVALID each time: it is not greeted in a loop.
                        if now.saturating_duration_since(server.greeted) >= PING / 2 {
                            server.greeted = now;
                            let at = *at;
                            self.greet(at);
                        }
                    }
                    GossipMessage::Hello | GossipMessage::Ping => {}
                }
            }
        }
    }

    /// Time has passed; gives the nodes that it is time to try, and where they are said to be.
    ///
    /// `trying` gives the number of nodes that are being tried and have not greeted us so far.
    pub(crate) fn tick(
        &mut self,
        now: Instant,
        is_here: impl Fn(Uuid) -> bool,
        trying: impl Fn() -> usize,
    ) -> Vec<(Uuid, Location)> {
        self.list_due(now);
        for at in 0..self.servers.len() {
            let server = &mut self.servers[at];
            if now < server.next {
                continue;
            }
            // Asked more and more rarely: unanswered messages only queue up, or are lost.
            server.next = now + PING * (1 << server.unanswered.min(5));
            server.unanswered += 1;
            match server.unanswered < MAX_UNANSWERED {
                // zgossip answers a PING from anybody: only to a PUBLISH does it say that it
                // has forgotten us, or was started anew. A PUBLISH of a tuple that it knows costs nothing.
                true => {
                    let own = self.own.clone();
                    let publish = own.map(|(key, value)| GossipMessage::Publish { key, value });
                    let outgoing = publish.into_iter().chain([GossipMessage::Ping]);
                    self.outgoing
                        .extend(outgoing.map(|message| (GossipPeer::Server(at), message)));
                }
                false => {
                    server.unanswered = MAX_UNANSWERED - 1;
                    self.unresponsive.push(at);
                    self.greet(at);
                }
            }
        }
        self.due_nodes(now, is_here, trying)
    }

    fn greet(&mut self, server: usize) {
        self.outgoing
            .push_back((GossipPeer::Server(server), GossipMessage::Hello));
        self.list_all(GossipPeer::Server(server), String::new());
    }

    fn broadcast(&mut self, message: &GossipMessage, but: Option<&GossipPeer>) {
        let clients = self.clients.keys().cloned().map(GossipPeer::Client);
        let all = clients.chain((0..self.servers.len()).map(GossipPeer::Server));
        let others = all.filter(|peer| Some(peer) != but);
        self.outgoing
            .extend(others.map(|peer| (peer, message.clone())));
    }
}

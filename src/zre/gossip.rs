//! The second discovery, where there is no broadcast: nodes tell each other who is where.
//!
//! The wire is that of czmq's zgossip, which zyre uses. One binds, others connect to it, in stars
//! and chains; whatever tuple (an identity and an endpoint) is new to one is told to all others.
//! This is the state machine: words and the time in, words out; hub.rs has the sockets.

mod clients;
pub(crate) mod hub;
pub(crate) mod talk;
#[cfg(test)]
mod tests;
mod tuples;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::{Duration, Instant};

use log::debug;

use super::Uuid;
use clients::{Client, Telling};
use talk::Talk;
use tuples::Tuple;

/// After how many questions without an answer, some ten seconds, a connection is made anew: libzmq
/// gives up for good one whose other end is not what it should be.
const MUTE: u32 = 6;

/// How often we ask who we are connected to whether they still know us: zgossip forgets who has
/// said nothing for a second.
const PING: Duration = Duration::from_millis(300);

/// How many tuples are kept, and how many who connected to us.
const MOST: usize = 4096;

/// Whom a word is for, or from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Whom {
    /// One that we are connected to.
    Server(usize),
    /// One that is connected to us, as the socket calls it.
    Client(Vec<u8>),
}

#[derive(Debug)]
pub(crate) struct Gossip {
    own: Option<(String, String)>,
    tuples: BTreeMap<String, Tuple>,
    servers: Vec<Server>,
    clients: HashMap<Vec<u8>, Client>,
    words: VecDeque<(Whom, Talk)>,
    /// Who is being told of all tuples.
    tellings: VecDeque<Telling>,
    mute: Vec<usize>,
    /// Until when no more nodes are tried, because so many are.
    trying: Option<Instant>,
}

#[derive(Debug)]
struct Server {
    next: Instant,
    /// How many questions it has not answered.
    unanswered: u32,
    greeted: Instant,
}

impl Gossip {
    /// One that is connected to so many others.
    pub(crate) fn new(servers: usize, now: Instant) -> Gossip {
        let server = |_| Server {
            next: now + PING,
            unanswered: 0,
            greeted: now,
        };
        let mut gossip = Gossip {
            own: None,
            tuples: BTreeMap::new(),
            servers: (0..servers).map(server).collect(),
            clients: HashMap::new(),
            words: VecDeque::new(),
            tellings: VecDeque::new(),
            mute: Vec::new(),
            trying: None,
        };
        (0..servers).for_each(|at| gossip.greet(at));
        gossip
    }

    /// Those that are to be connected to anew, before anything else is said.
    pub(crate) fn take_mute(&mut self) -> Vec<usize> {
        std::mem::take(&mut self.mute)
    }

    /// When time comes for something next.
    pub(crate) fn next(&self) -> Option<Instant> {
        let asks = self.servers.iter().map(|server| server.next);
        let tries = self.tuples.values().map(|tuple| tuple.due).min();
        let tries = tries.max(tries.and(self.trying));
        let owed = self.clients.values().filter_map(|it| it.owed.as_ref());
        asks.chain(tries).chain(owed.map(|(due, _)| *due)).min()
    }

    /// Tells where we are.
    pub(crate) fn publish(&mut self, uuid: Uuid, endpoint: &str) {
        let (key, value) = (uuid.to_string(), endpoint.to_owned());
        self.own = Some((key.clone(), value.clone()));
        self.tell_all(&Talk::Publish { key, value }, None);
    }

    /// A word came.
    pub(crate) fn hear(&mut self, from: Whom, frame: &[u8], now: Instant) {
        let talk = match Talk::decode(frame) {
            Ok(talk) => talk,
            Err(malformed) => return debug!("gossip that is none: {malformed}"),
        };
        match (&from, talk) {
            (Whom::Client(client), Talk::Hello) => {
                self.admit(client.clone(), now);
                self.asks(client, now);
            }
            (Whom::Client(client), talk) => {
                let known = self.clients.get_mut(client).map(|it| it.heard = now);
                if let Talk::Publish { key, value } = talk.clone() {
                    self.accept(key, value, Some(&from), now);
                }
                match (known, talk) {
                    (None, Talk::Publish { .. } | Talk::Ping) => {
                        self.words.push_back((from, Talk::Invalid));
                    }
                    (Some(()), Talk::Ping) => self.words.push_back((from, Talk::Pong)),
                    _ => {}
                }
            }
            (Whom::Server(at), talk) => {
                let Some(server) = self.servers.get_mut(*at) else {
                    return;
                };
                match talk {
                    Talk::Publish { key, value } => self.accept(key, value, Some(&from), now),
                    Talk::Pong => server.unanswered = 0,
                    Talk::Invalid => {
                        server.unanswered = 0;
                        // Whatever it answers to that, it is not asked to answer in a loop.
                        if now.saturating_duration_since(server.greeted) >= PING / 2 {
                            server.greeted = now;
                            let at = *at;
                            self.greet(at);
                        }
                    }
                    Talk::Hello | Talk::Ping => {}
                }
            }
        }
    }

    /// Time has passed; gives the nodes that it is time to reach, and where they are said to be.
    ///
    /// `trying` tells how many are being tried that have not said anything so far.
    pub(crate) fn tick(
        &mut self,
        now: Instant,
        is_here: impl Fn(Uuid) -> bool,
        trying: impl Fn() -> usize,
    ) -> Vec<(Uuid, String)> {
        self.tell_those_owed(now);
        for at in 0..self.servers.len() {
            let server = &mut self.servers[at];
            if now < server.next {
                continue;
            }
            // What it has not answered waits for it, or is lost with a connection.
            server.next = now + PING * (1 << server.unanswered.min(5));
            server.unanswered += 1;
            match server.unanswered < MUTE {
                // zgossip answers a PING whomever it is from: only to a PUBLISH does it say that it
                // has forgotten us, or was started anew. One that it knows costs nothing.
                true => {
                    let own = self.own.clone();
                    let publish = own.map(|(key, value)| Talk::Publish { key, value });
                    let words = publish.into_iter().chain([Talk::Ping]);
                    self.words
                        .extend(words.map(|talk| (Whom::Server(at), talk)));
                }
                false => {
                    server.unanswered = MUTE - 1;
                    self.mute.push(at);
                    self.greet(at);
                }
            }
        }
        self.tries(now, is_here, trying)
    }

    fn greet(&mut self, server: usize) {
        self.words.push_back((Whom::Server(server), Talk::Hello));
        self.tell_everything(Whom::Server(server), String::new());
    }

    fn tell_all(&mut self, talk: &Talk, but: Option<&Whom>) {
        let clients = self.clients.keys().cloned().map(Whom::Client);
        let all = clients.chain((0..self.servers.len()).map(Whom::Server));
        let others = all.filter(|whom| Some(whom) != but);
        self.words.extend(others.map(|whom| (whom, talk.clone())));
    }
}

//! The second discovery, where there is no broadcast: nodes tell each other who is where.
//!
//! The wire is that of czmq's zgossip, which zyre uses. One binds, others connect to it, in stars
//! and chains; whatever tuple (an identity and an endpoint) is new to one is told to all others.
//! This is the state machine: words and the time in, words out; hub.rs has the sockets.

pub(crate) mod hub;
pub(crate) mod talk;

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use log::debug;

use super::Uuid;
use talk::{LONGEST_VALUE, Talk};

/// After how many questions without an answer, some ten seconds, a connection is made anew: libzmq
/// gives up for good one whose other end is not what it should be.
const MUTE: u32 = 6;

/// How often we ask who we are connected to whether they still know us: zgossip forgets who has
/// said nothing for a second.
const PING: Duration = Duration::from_millis(300);

/// How many tuples are kept, and how many who connected to us.
const MOST: usize = 4096;

/// The first and the longest pause before it is tried again to reach a node that is told of.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(64));

/// After how many tries in vain a tuple is forgotten: a quarter of an hour.
const MOST_TRIES: u32 = 18;

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
    clients: HashMap<Vec<u8>, Instant>,
    words: Vec<(Whom, Talk)>,
    mute: Vec<usize>,
}

#[derive(Debug)]
struct Tuple {
    value: String,
    /// When it is tried next to reach the node.
    due: Instant,
    tries: u32,
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
            words: Vec::new(),
            mute: Vec::new(),
        };
        (0..servers).for_each(|at| gossip.greet(Whom::Server(at)));
        gossip
    }

    /// What is to be said, in this order.
    pub(crate) fn take_words(&mut self) -> Vec<(Whom, Talk)> {
        std::mem::take(&mut self.words)
    }

    /// Those that are to be connected to anew, before anything else is said.
    pub(crate) fn take_mute(&mut self) -> Vec<usize> {
        std::mem::take(&mut self.mute)
    }

    /// When time comes for something next.
    pub(crate) fn next(&self) -> Option<Instant> {
        let asks = self.servers.iter().map(|server| server.next);
        let tries = self.tuples.values().map(|tuple| tuple.due);
        asks.chain(tries).min()
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
                self.tell_everything(from);
            }
            (Whom::Client(client), talk) => {
                let known = self.clients.get_mut(client).map(|heard| *heard = now);
                if let Talk::Publish { key, value } = talk.clone() {
                    self.accept(key, value, Some(&from), now);
                }
                match (known, talk) {
                    (None, Talk::Publish { .. } | Talk::Ping) => {
                        self.words.push((from, Talk::Invalid));
                    }
                    (Some(()), Talk::Ping) => self.words.push((from, Talk::Pong)),
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
                            self.greet(from);
                        }
                    }
                    Talk::Hello | Talk::Ping => {}
                }
            }
        }
    }

    /// One that is connected to us is no longer.
    pub(crate) fn forget_client(&mut self, client: &[u8]) {
        self.clients.remove(client);
    }

    /// A node has said goodbye: what others say of it is out of date.
    pub(crate) fn forget_node(&mut self, node: Uuid) {
        self.tuples.retain(|key, _| key.parse() != Ok(node));
    }

    /// Time has passed; gives the nodes that it is time to reach, and where they are said to be.
    pub(crate) fn tick(
        &mut self,
        now: Instant,
        is_here: impl Fn(Uuid) -> bool,
    ) -> Vec<(Uuid, String)> {
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
                    self.greet(Whom::Server(at));
                }
            }
        }
        let mut nodes = Vec::new();
        self.tuples.retain(|key, tuple| {
            if now < tuple.due {
                return true;
            }
            let node = key.parse().ok();
            if node.is_none_or(&is_here) {
                tuple.tries = 0;
                tuple.due = now + PAUSES.0;
                return true;
            }
            let pause = PAUSES.0 * (1 << tuple.tries.min(6));
            tuple.due = now + pause.min(PAUSES.1);
            tuple.tries += 1;
            // A node with a key speaks CURVE alone.
            if let Some(node) = node
                && !tuple.value.contains('|')
            {
                nodes.push((node, tuple.value.clone()));
            }
            tuple.tries <= MOST_TRIES
        });
        nodes
    }

    fn greet(&mut self, whom: Whom) {
        self.words.push((whom.clone(), Talk::Hello));
        self.tell_everything(whom);
    }

    fn tell_everything(&mut self, whom: Whom) {
        let others = self.tuples.iter().map(|(key, tuple)| (key, &tuple.value));
        let own = self.own.iter().map(|(key, value)| (key, value));
        let words = own.chain(others).map(|(key, value)| {
            let (key, value) = (key.clone(), value.clone());
            (whom.clone(), Talk::Publish { key, value })
        });
        self.words.extend(words);
    }

    fn tell_all(&mut self, talk: &Talk, but: Option<&Whom>) {
        let clients = self.clients.keys().cloned().map(Whom::Client);
        let all = clients.chain((0..self.servers.len()).map(Whom::Server));
        let others = all.filter(|whom| Some(whom) != but);
        self.words.extend(others.map(|whom| (whom, talk.clone())));
    }

    fn admit(&mut self, client: Vec<u8>, now: Instant) {
        if self.clients.len() >= MOST && !self.clients.contains_key(&client) {
            let quiet = self.clients.iter().min_by_key(|(_, heard)| **heard);
            if let Some(quiet) = quiet.map(|(client, _)| client.clone()) {
                self.clients.remove(&quiet);
            }
        }
        self.clients.insert(client, now);
    }

    /// Takes a tuple, and hands it on if it is new.
    fn accept(&mut self, key: String, value: String, from: Option<&Whom>, now: Instant) {
        let is_own = self.own.as_ref().is_some_and(|(own, _)| *own == key);
        let known = self.tuples.get(&key).map(|tuple| &tuple.value);
        if is_own || value.len() > LONGEST_VALUE || known == Some(&value) {
            return;
        }
        if known.is_none() && self.tuples.len() >= MOST {
            // Whoever was tried most often in vain makes room.
            let worst = self.tuples.iter().max_by_key(|(_, tuple)| tuple.tries);
            match worst.filter(|(_, tuple)| tuple.tries > 1) {
                Some((worst, _)) => drop(self.tuples.remove(&worst.clone())),
                None => return debug!("no room for what is told of {key}"),
            }
        }
        let tuple = Tuple {
            value: value.clone(),
            due: now,
            tries: 0,
        };
        self.tuples.insert(key.clone(), tuple);
        self.tell_all(&Talk::Publish { key, value }, from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Those who gossip, each connected to some of the others, as clients of them.
    struct Circle {
        all: Vec<Gossip>,
        connected: Vec<Vec<usize>>,
        now: Instant,
    }

    impl Circle {
        fn new(connected: &[&[usize]]) -> Circle {
            let now = Instant::now();
            let all = connected.iter().map(|to| Gossip::new(to.len(), now));
            let mut all: Vec<_> = all.collect();
            for (at, gossip) in all.iter_mut().enumerate() {
                gossip.publish(uuid(at), &format!("tcp://10.0.0.{at}:1"));
            }
            let connected = connected.iter().map(|to| to.to_vec()).collect();
            Circle {
                all,
                connected,
                now,
            }
        }

        /// Delivers what is said until nobody says anything; how many words that were.
        fn talk(&mut self) -> usize {
            let mut count = 0;
            loop {
                let before = count;
                for from in 0..self.all.len() {
                    for (whom, talk) in self.all[from].take_words() {
                        count += 1;
                        let (to, as_whom) = match whom {
                            Whom::Server(at) => {
                                (self.connected[from][at], Whom::Client(vec![from as u8]))
                            }
                            Whom::Client(client) => {
                                let to = usize::from(client[0]);
                                let at = self.connected[to].iter().position(|it| *it == from);
                                (to, Whom::Server(at.unwrap()))
                            }
                        };
                        self.all[to].hear(as_whom, &talk.encode(), self.now);
                    }
                }
                if count == before {
                    return count;
                }
            }
        }

        fn tick(&mut self, at: usize) -> Vec<(Uuid, String)> {
            self.all[at].tick(self.now, |_| false)
        }

        fn assert_all_know_all(&self) {
            for gossip in &self.all {
                assert_eq!(gossip.tuples.len(), self.all.len() - 1);
            }
        }
    }

    fn uuid(at: usize) -> Uuid {
        Uuid::from([at as u8; 16])
    }

    #[test]
    fn stars_and_chains_and_circles_come_to_know_all() {
        let star: &[&[usize]] = &[&[], &[0], &[0], &[0], &[0]];
        let chain: &[&[usize]] = &[&[], &[0], &[1], &[2], &[3]];
        let circle: &[&[usize]] = &[&[4], &[0], &[1], &[2], &[3]];
        for shape in [star, chain, circle] {
            let mut circle = Circle::new(shape);
            let words = circle.talk();
            circle.assert_all_know_all();
            assert!(words < 200, "{words} words");
            let mut nodes = circle.tick(0);
            nodes.sort();
            let places = (1..5).map(|at| (uuid(at), format!("tcp://10.0.0.{at}:1")));
            assert_eq!(nodes, Vec::from_iter(places));
        }
    }

    #[test]
    fn who_was_forgotten_says_hello_again() {
        let mut circle = Circle::new(&[&[], &[0]]);
        circle.talk();
        circle.all[0] = Gossip::new(0, circle.now);
        circle.all[0].publish(uuid(0), "tcp://10.0.0.0:1");
        circle.now += PING;
        circle.tick(1);
        circle.talk();
        assert_eq!(circle.all[0].tuples.len(), 1);
        assert_eq!(circle.all[0].clients.len(), 1);
    }

    #[test]
    fn a_question_comes_with_where_we_are() {
        let now = Instant::now();
        let mut gossip = Gossip::new(1, now);
        gossip.publish(uuid(1), "tcp://10.0.0.1:1");
        gossip.take_words();
        gossip.tick(now + PING, |_| false);
        let words = gossip.take_words().into_iter().map(|(_, talk)| talk);
        let own = Talk::Publish {
            key: uuid(1).to_string(),
            value: "tcp://10.0.0.1:1".to_owned(),
        };
        assert_eq!(Vec::from_iter(words), [own, Talk::Ping]);
    }

    #[test]
    fn one_who_never_answers_is_connected_to_anew_ever_more_rarely() {
        let mut gossip = Gossip::new(1, Instant::now());
        let (mut now, mut pings, mut anew) = (Instant::now(), 0, 0);
        for _ in 0..6000 {
            now += Duration::from_millis(10);
            gossip.tick(now, |_| false);
            let words = gossip.take_words();
            pings += words.iter().filter(|(_, talk)| *talk == Talk::Ping).count();
            anew += gossip.take_mute().len();
        }
        assert_eq!((pings, anew), (5, 6));
    }

    #[test]
    fn whoever_always_says_invalid_does_not_make_us_talk_without_end() {
        let mut gossip = Gossip::new(1, Instant::now());
        gossip.take_words();
        let now = Instant::now() + PING;
        (0..100).for_each(|_| gossip.hear(Whom::Server(0), &Talk::Invalid.encode(), now));
        assert_eq!(gossip.take_words(), [(Whom::Server(0), Talk::Hello)]);
    }

    #[test]
    fn a_node_that_cannot_be_reached_is_tried_more_and_more_rarely_and_then_forgotten() {
        let mut circle = Circle::new(&[&[], &[0]]);
        circle.talk();
        let mut tries = 0;
        for _ in 0..2000 {
            tries += circle.tick(0).len();
            circle.now += Duration::from_secs(1);
        }
        assert_eq!(tries as u32, MOST_TRIES + 1);
        assert!(circle.all[0].tuples.is_empty());
    }

    #[test]
    fn what_is_told_takes_bounded_memory() {
        let mut gossip = Gossip::new(0, Instant::now());
        let now = Instant::now();
        for n in 0..2 * MOST as u64 {
            let client = n.to_be_bytes().to_vec();
            gossip.hear(Whom::Client(client), &Talk::Hello.encode(), now);
        }
        assert_eq!(gossip.clients.len(), MOST);
        gossip.clients.clear();
        for n in 0..2 * MOST {
            let talk = Talk::Publish {
                key: n.to_string(),
                value: "tcp://10.0.0.1:1".to_owned(),
            };
            gossip.hear(Whom::Client(Vec::new()), &talk.encode(), now);
        }
        assert_eq!(gossip.tuples.len(), MOST);
    }
}

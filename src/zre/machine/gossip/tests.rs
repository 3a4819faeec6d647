//! Nodes that gossip, in one thread and in simulated time.

use super::listings::LISTING_PAUSE;
use super::tuple::PAUSES;
use super::tuples::{AT_A_TIME, MAX_TRIES, MAX_TRIES_IF_IT_WAS_HERE};
use std::time::Duration;

use super::*;

/// Nodes that gossip, each connected to some of the others as their client.
struct Mesh {
    all: Vec<Gossip>,
    connected: Vec<Vec<usize>>,
    now: Instant,
}

impl Mesh {
    fn new(connected: &[&[usize]]) -> Mesh {
        let now = Instant::now();
        let all = connected.iter().map(|to| Gossip::new(to.len(), now));
        let mut all: Vec<_> = all.collect();
        for (at, gossip) in all.iter_mut().enumerate() {
            gossip.publish(uuid(at), &endpoint(at), None);
        }
        let connected = connected.iter().map(|to| to.to_vec()).collect();
        Mesh {
            all,
            connected,
            now,
        }
    }

    /// Delivers messages until no node sends any more; returns how many.
    fn deliver_all(&mut self) -> usize {
        let mut count = 0;
        loop {
            let before = count;
            for from in 0..self.all.len() {
                for (peer, message) in self.all[from].take_outgoing() {
                    count += 1;
                    let (to, as_peer) = match peer {
                        GossipPeer::Server(at) => (
                            self.connected[from][at],
                            GossipPeer::Client(vec![from as u8]),
                        ),
                        GossipPeer::Client(client) => {
                            let to = usize::from(client[0]);
                            let at = self.connected[to].iter().position(|it| *it == from);
                            (to, GossipPeer::Server(at.unwrap()))
                        }
                    };
                    self.all[to].receive(as_peer, &message.encode(), self.now);
                }
            }
            if count == before {
                return count;
            }
        }
    }

    fn tick(&mut self, at: usize) -> Vec<(Uuid, Location)> {
        self.all[at].tick(self.now, |_| false, || 0)
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

fn location(value: String) -> Location {
    Location::decode(&value).unwrap()
}

fn endpoint(at: usize) -> Endpoint {
    Endpoint::at(([10, 0, 0, at as u8], 1).into())
}

#[test]
fn stars_and_chains_and_circles_come_to_know_all() {
    let star: &[&[usize]] = &[&[], &[0], &[0], &[0], &[0]];
    let chain: &[&[usize]] = &[&[], &[0], &[1], &[2], &[3]];
    let circle: &[&[usize]] = &[&[4], &[0], &[1], &[2], &[3]];
    for shape in [star, chain, circle] {
        let mut mesh = Mesh::new(shape);
        let outgoing = mesh.deliver_all();
        mesh.assert_all_know_all();
        assert!(outgoing < 200, "{outgoing} messages");
        let mut nodes = mesh.tick(0);
        nodes.sort();
        let places = (1..5).map(|at| (uuid(at), location(format!("tcp://10.0.0.{at}:1"))));
        assert_eq!(nodes, Vec::from_iter(places));
    }
}

#[test]
fn keys_are_passed_on_with_the_endpoints() {
    let mut mesh = Mesh::new(&[&[], &[0], &[0]]);
    let key = PublicKey::from([58; 32]);
    mesh.all[1].publish(uuid(1), &endpoint(1), Some(key));
    mesh.deliver_all();
    let told = location(format!("tcp://10.0.0.1:1|{key}"));
    assert!(mesh.tick(2).contains(&(uuid(1), told)));
}

#[test]
fn a_tuple_without_a_key_after_the_bar_is_not_tried() {
    let now = Instant::now();
    let mut gossip = Gossip::new(0, now);
    let message = GossipMessage::Publish {
        key: uuid(1).to_string(),
        value: "tcp://10.0.0.1:1|key".to_owned(),
    };
    gossip.receive(GossipPeer::Client(vec![1]), &message.encode(), now);
    assert_eq!(gossip.tick(now, |_| false, || 0), []);
}

#[test]
fn a_forgotten_client_says_hello_again() {
    let mut mesh = Mesh::new(&[&[], &[0]]);
    mesh.deliver_all();
    mesh.all[0] = Gossip::new(0, mesh.now);
    mesh.all[0].publish(uuid(0), &endpoint(0), None);
    mesh.now += PING;
    mesh.tick(1);
    mesh.deliver_all();
    assert_eq!(mesh.all[0].tuples.len(), 1);
    assert_eq!(mesh.all[0].clients.len(), 1);
}

#[test]
fn a_question_comes_with_where_we_are() {
    let now = Instant::now();
    let mut gossip = Gossip::new(1, now);
    gossip.publish(uuid(1), &endpoint(1), None);
    gossip.take_outgoing();
    gossip.tick(now + PING, |_| false, || 0);
    let outgoing = gossip
        .take_outgoing()
        .into_iter()
        .map(|(_, message)| message);
    let own = GossipMessage::Publish {
        key: uuid(1).to_string(),
        value: "tcp://10.0.0.1:1".to_owned(),
    };
    assert_eq!(Vec::from_iter(outgoing), [own, GossipMessage::Ping]);
}

#[test]
fn a_server_that_never_answers_is_connected_to_anew_ever_more_rarely() {
    let mut gossip = Gossip::new(1, Instant::now());
    let (mut now, mut pings, mut anew) = (Instant::now(), 0, 0);
    for _ in 0..6000 {
        now += Duration::from_millis(10);
        gossip.tick(now, |_| false, || 0);
        let outgoing = gossip.take_outgoing();
        pings += outgoing
            .iter()
            .filter(|(_, message)| *message == GossipMessage::Ping)
            .count();
        anew += gossip.take_unresponsive().len();
    }
    assert_eq!((pings, anew), (5, 6));
}

#[test]
fn a_server_that_always_says_invalid_does_not_make_us_talk_without_end() {
    let mut gossip = Gossip::new(1, Instant::now());
    gossip.take_outgoing();
    let now = Instant::now() + PING;
    (0..100)
        .for_each(|_| gossip.receive(GossipPeer::Server(0), &GossipMessage::Invalid.encode(), now));
    assert_eq!(
        gossip.take_outgoing(),
        [(GossipPeer::Server(0), GossipMessage::Hello)]
    );
}

#[test]
fn a_node_that_cannot_be_reached_is_tried_more_and_more_rarely_and_then_forgotten() {
    let mut mesh = Mesh::new(&[&[], &[0]]);
    mesh.deliver_all();
    let mut tries = 0;
    for _ in 0..2000 {
        tries += mesh.tick(0).len();
        mesh.now += Duration::from_secs(1);
    }
    assert_eq!(tries as u32, MAX_TRIES);
    assert!(mesh.all[0].tuples.is_empty());
}

/// One that knows of so many others.
fn knowing(count: usize, now: Instant) -> Gossip {
    let mut gossip = Gossip::new(1, now);
    gossip.publish(uuid(255), &endpoint(255), None);
    for at in 0..count {
        let (key, value) = (uuid(at).to_string(), format!("tcp://10.0.0.{at}:1"));
        let message = GossipMessage::Publish { key, value };
        gossip.receive(GossipPeer::Server(0), &message.encode(), now);
    }
    while !gossip.take_outgoing().is_empty() {}
    gossip
}

/// Takes all messages that it has to send; returns how many.
fn count_outgoing(gossip: &mut Gossip) -> usize {
    let outgoing = std::iter::repeat_with(|| gossip.take_outgoing());
    outgoing.map(|it| it.len()).take_while(|it| *it > 0).sum()
}

#[test]
fn a_client_that_asks_again_and_again_is_told_everything_once_a_second() {
    let mut now = Instant::now();
    let mut gossip = knowing(200, now);
    let client = || GossipPeer::Client(vec![1]);
    for second in 0..3 {
        for asked in 0..100 {
            gossip.receive(client(), &GossipMessage::Hello.encode(), now);
            let told = count_outgoing(&mut gossip);
            let expected = if (second, asked) == (0, 0) { 201 } else { 0 };
            assert_eq!(told, expected);
        }
        assert!(
            gossip
                .next_tick()
                .is_some_and(|next| next <= now + LISTING_PAUSE)
        );
        now += LISTING_PAUSE;
        gossip.tick(now, |_| true, || 0);
        let to_client = |outgoing: Vec<(GossipPeer, GossipMessage)>| {
            let outgoing = outgoing.into_iter();
            outgoing.filter(|(peer, _)| *peer == client()).count()
        };
        let outgoing = std::iter::repeat_with(|| gossip.take_outgoing());
        let told: usize = outgoing
            .take_while(|it| !it.is_empty())
            .map(to_client)
            .sum();
        assert_eq!(told, 201);
    }
}

#[test]
fn tuples_that_a_client_has_no_room_for_are_told_again() {
    let mut now = Instant::now();
    let mut gossip = knowing(200, now);
    let client = GossipPeer::Client(vec![1]);
    gossip.receive(client.clone(), &GossipMessage::Hello.encode(), now);
    let mut heard = std::collections::BTreeSet::new();
    for _ in 0..10 {
        let mut room = 50;
        loop {
            let outgoing = gossip.take_outgoing();
            if outgoing.is_empty() {
                break;
            }
            for (_, message) in outgoing.into_iter().filter(|(peer, _)| *peer == client) {
                match (room, message) {
                    (0, message) => gossip.resend_later(&[1], message, now),
                    (_, GossipMessage::Publish { key, .. }) => {
                        room -= 1;
                        heard.insert(key);
                    }
                    _ => {}
                }
            }
        }
        now += PING;
        gossip.tick(now, |_| true, || 0);
    }
    assert_eq!(heard.len(), 201);
}

#[test]
fn few_nodes_are_tried_at_a_time_and_those_not_there_are_forgotten_soon() {
    const PATIENCE: Duration = Duration::from_secs(5);
    let mut now = Instant::now();
    let mut gossip = knowing(100, now);
    let mut under_way: Vec<(Instant, Uuid)> = Vec::new();
    let mut tried = HashMap::new();
    let began = now;
    while !gossip.tuples.is_empty() {
        under_way.retain(|(since, _)| now < *since + PATIENCE);
        let count = under_way.len();
        let new = gossip.tick(now, |_| false, || count);
        under_way.extend(new.into_iter().map(|(node, _)| (now, node)));
        assert!(under_way.len() <= AT_A_TIME);
        for (since, node) in &under_way {
            tried.entry(*node).or_insert(*since);
        }
        gossip.take_unresponsive();
        while !gossip.take_outgoing().is_empty() {}
        now = gossip
            .next_tick()
            .unwrap()
            .max(now + Duration::from_millis(1));
    }
    assert_eq!(tried.len(), 100);
    // Each was tried before any was tried often.
    let last = tried.values().max().unwrap();
    assert!(*last < began + PATIENCE * 3 * 100 / AT_A_TIME as u32);
    assert!(now < began + Duration::from_secs(600), "{:?}", now - began);
}

#[test]
fn one_that_was_here_is_tried_for_longer() {
    let mut now = Instant::now();
    let mut gossip = knowing(1, now);
    now += PAUSES.0;
    gossip.tick(now, |_| true, || 0);
    let mut tries = 0;
    for _ in 0..2000 {
        now += Duration::from_secs(1);
        tries += gossip.tick(now, |_| false, || 0).len();
    }
    assert_eq!(tries as u32, MAX_TRIES_IF_IT_WAS_HERE);
    assert!(gossip.tuples.is_empty());
}

#[test]
fn one_that_is_still_told_of_is_not_forgotten() {
    let mut now = Instant::now();
    let mut gossip = knowing(1, now);
    let (key, value) = (uuid(0).to_string(), "tcp://10.0.0.0:1".to_owned());
    let message = GossipMessage::Publish { key, value }.encode();
    for _ in 0..600 {
        now += Duration::from_secs(1);
        gossip.receive(GossipPeer::Client(vec![1]), &message, now);
        gossip.tick(now, |_| false, || 0);
    }
    assert_eq!(gossip.tuples.len(), 1);
}

#[test]
fn tuples_and_clients_take_bounded_memory() {
    let mut gossip = Gossip::new(0, Instant::now());
    let now = Instant::now();
    for n in 0..2 * MOST as u64 {
        let client = n.to_be_bytes().to_vec();
        gossip.receive(
            GossipPeer::Client(client),
            &GossipMessage::Hello.encode(),
            now,
        );
    }
    assert_eq!(gossip.clients.len(), MOST);
    gossip.clients.clear();
    for n in 0..2 * MOST {
        let message = GossipMessage::Publish {
            key: n.to_string(),
            value: "tcp://10.0.0.1:1".to_owned(),
        };
        gossip.receive(GossipPeer::Client(Vec::new()), &message.encode(), now);
    }
    assert_eq!(gossip.tuples.len(), MOST);
}

#[test]
fn a_client_that_tells_of_thousands_at_a_host_keeps_no_other_from_being_tried() {
    const PATIENCE: Duration = Duration::from_secs(5);
    let mut now = Instant::now();
    let mut gossip = Gossip::new(0, now);
    let tell = |gossip: &mut Gossip, client, node: Uuid, endpoint: String, now| {
        let (key, value) = (node.to_string(), endpoint);
        let talk = GossipMessage::Publish { key, value }.encode();
        gossip.receive(GossipPeer::Client(vec![client]), &talk, now);
        while !gossip.take_outgoing().is_empty() {}
    };
    for number in 0..MOST as u128 {
        let node = Uuid::from(number.to_be_bytes());
        tell(
            &mut gossip,
            1,
            node,
            format!("tcp://10.9.9.9:{number}"),
            now,
        );
    }
    let mut under_way: Vec<Instant> = Vec::new();
    let mut run = |gossip: &mut Gossip, now: &mut Instant, time: Duration| {
        let until = *now + time;
        let mut tried = Vec::new();
        while *now < until {
            under_way.retain(|since| *now < *since + PATIENCE);
            let count = under_way.len();
            let new = gossip.tick(*now, |_| false, || count);
            under_way.extend(new.iter().map(|_| *now));
            tried.extend(new);
            *now += Duration::from_millis(100);
        }
        tried
    };
    run(&mut gossip, &mut now, Duration::from_secs(60));
    tell(
        &mut gossip,
        2,
        uuid(255),
        "tcp://10.0.0.1:1".to_owned(),
        now,
    );
    let tried = run(&mut gossip, &mut now, PATIENCE * 2);
    assert!(tried.iter().any(|(node, _)| *node == uuid(255)));
    assert_eq!(gossip.tuples.len(), MOST);
}

#[test]
fn keys_that_are_not_identities_keep_no_node_out_for_good() {
    let mut now = Instant::now();
    let mut gossip = Gossip::new(0, now);
    let tell = |gossip: &mut Gossip, key: String, value: String, now| {
        let message = GossipMessage::Publish { key, value }.encode();
        gossip.receive(GossipPeer::Client(vec![1]), &message, now);
        while !gossip.take_outgoing().is_empty() {}
    };
    for number in 0..MOST {
        tell(
            &mut gossip,
            number.to_string(),
            format!("tcp://host-{number}:1"),
            now,
        );
    }
    for _ in 0..600 {
        now += Duration::from_millis(100);
        assert_eq!(gossip.tick(now, |_| false, || 0), [], "they are not tried");
    }
    tell(
        &mut gossip,
        uuid(255).to_string(),
        "tcp://10.0.0.1:1".to_owned(),
        now,
    );
    let tried = gossip.tick(now, |_| false, || 0);
    assert!(tried.iter().any(|(node, _)| *node == uuid(255)));
}

//! Messages from peers: what each says, and who has not said what he should have.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use log::{Level, debug, info, log};

use super::election::{self, ElectionMessage};
use super::peer_state::PeerState;
use super::quarantine::Numbered;
use super::{Action, Machine};
use crate::message::Message;
use crate::zre::event::Event;
use crate::zre::peer::{Peer, Profile};
use crate::zre::uuid::Uuid;
use crate::zre::wire::{Hello, MOST, Packet, address};

/// How often it is warned of messages that are lost.
const WARNING: Duration = Duration::from_secs(60);

/// How many goodbyes are remembered until they are asked for. Who said another is tried in vain.
const MOST_DEPARTED: usize = 1024;

/// What a text costs beside its bytes.
const TEXT: usize = 64;

/// How many bytes are kept of what a node tells, with a group.
pub(super) fn cost_of_group(group: &str) -> usize {
    group.len() + TEXT
}

/// How many bytes are kept of what a node tells, with its HELLO.
fn cost(hello: &Hello) -> usize {
    let texts = hello.headers.iter().flat_map(|(key, value)| [key, value]);
    let texts = texts.chain([&hello.endpoint, &hello.name]);
    let contests = election::contests(&hello.headers);
    let groups = hello.groups.iter().map(|group| cost_of_group(group));
    texts.map(|text| text.capacity() + TEXT).sum::<usize>()
        + contests.map(|group| cost_of_group(&group)).sum::<usize>()
        + groups.sum::<usize>()
}

impl Machine {
    /// A message came, from who calls itself so.
    pub(crate) fn message(
        &mut self,
        from: Uuid,
        first: &[u8],
        rest: Option<Message>,
        now: Instant,
    ) {
        if from == self.uuid {
            return;
        }
        let (sequence, packet) = match Packet::decode(first) {
            Ok(decoded) => decoded,
            Err(malformed) => {
                debug!("{}: {from} sent what is no message: {malformed}", self.name);
                self.early.forget(from);
                self.claims.withdraw(from);
                return self.drop_peer(from);
            }
        };
        if let Packet::Hello(hello) = packet {
            // Whoever it is from begins anew, wherever it has waited.
            self.early.forget(from);
            self.claims.withdraw(from);
            let is_somewhere = self.known.contains_key(&from) || address(&hello.endpoint).is_some();
            if is_somewhere {
                self.greeted(from, hello, sequence, first, now);
            } else {
                self.early.keep(from, (first.to_vec(), rest), now);
            }
            return;
        }
        if self.early.contains(from) {
            self.early.keep(from, (first.to_vec(), rest), now);
            return;
        }
        if self.claims.contains(from) {
            return self.claims.keep(from, (first.to_vec(), rest), now);
        }
        let Some(known) = self.known.get_mut(&from) else {
            return;
        };
        let Some(peer) = &known.peer else {
            known.answers_first |= packet == Packet::PingOk;
            return;
        };
        let peer = peer.clone();
        if !known.follow(sequence, now) {
            self.tell_missing(&peer, now);
            return self.drop_peer(from);
        }
        match packet {
            Packet::Ping => {
                if known.open {
                    let packet = Packet::PingOk;
                    self.actions.push(Action::Send { peer: from, packet });
                }
            }
            Packet::PingOk => self.answered(from),
            Packet::Goodbye => {
                let departed = self.departed.iter_mut();
                let mut room = departed.filter(|all| all.len() < MOST_DEPARTED);
                room.next().into_iter().for_each(|all| all.push(from));
                self.drop_peer(from);
            }
            packet if !known.verified => {
                for lost in self.unverified.keep(from, Numbered(packet, rest), now) {
                    debug!("{}: {lost} says much before it has answered", self.name);
                    self.drop_peer(lost);
                }
            }
            packet => self.says(peer, packet, rest),
        }
    }

    /// Messages of a peer are lost. It can bring that about as often as it likes, and is warned of
    /// once in a while.
    fn tell_missing(&mut self, peer: &Peer, now: Instant) {
        let warned = self.warned.replace(now);
        let level = match warned {
            Some(before) if now.saturating_duration_since(before) < WARNING => {
                self.warned = warned;
                Level::Info
            }
            _ => Level::Warn,
        };
        log!(
            level,
            "{}: messages of {:?} at {} are lost: one had a frame over max_frame, or its \
             connection broke",
            self.name,
            peer.name(),
            peer.address()
        );
    }

    /// A node has answered, from where it is said to be.
    fn answered(&mut self, from: Uuid) {
        let Some(known) = self.known.get_mut(&from) else {
            return;
        };
        let is_verified = known.answered();
        if !known.is_suspect() {
            // It is there: nobody else is.
            self.claims.refuse(from);
        }
        if is_verified {
            self.admission.prove(known.host);
            self.enter(from);
        }
    }

    /// A peer is here, and can be whispered to, if it has greeted us and is verified to be there; what it
    /// has said before has its turn.
    fn enter(&mut self, from: Uuid) {
        let Some(known) = self.known.get_mut(&from) else {
            return;
        };
        let Some(peer) = known.here().cloned() else {
            return;
        };
        info!(
            "{}: {:?} is here, at {}",
            self.name,
            peer.name(),
            peer.address()
        );
        let groups = std::mem::take(&mut known.greeted_from);
        let enter = Event::Enter { peer: peer.clone() };
        self.actions.push(Action::Tell(enter));
        for group in groups {
            self.joins(peer.clone(), group);
        }
        let kept = self.unverified.take(from);
        for Numbered(packet, rest) in kept.into_iter().flat_map(|kept| kept.messages) {
            self.says(peer.clone(), packet, rest);
        }
    }

    fn joins(&mut self, peer: Peer, group: String) {
        if self.groups.join(&group, peer.id()) {
            let joined = group.clone();
            self.actions.push(Action::Tell(Event::Join { peer, group }));
            self.election_changes(&joined);
        }
    }

    /// A peer that is here says something.
    fn says(&mut self, peer: Peer, packet: Packet, rest: Option<Message>) {
        let from = peer.id();
        let Some(known) = self.known.get_mut(&from) else {
            return;
        };
        let message = |rest: Option<Message>| rest.unwrap_or_else(|| Message::from(""));
        match packet {
            Packet::Whisper => {
                let message = message(rest);
                self.actions
                    .push(Action::Tell(Event::Whisper { peer, message }));
            }
            Packet::Shout { group } if self.own.contains(&group) => {
                let message = message(rest);
                self.actions.push(Action::Tell(Event::Shout {
                    peer,
                    group,
                    message,
                }));
            }
            Packet::Join { group, .. } => {
                if self.groups.contains(&group, from) {
                    return;
                }
                known.groups += 1;
                if known.groups > MOST {
                    info!("{}: {:?} is in too many groups", self.name, peer.name());
                    return self.drop_peer(from);
                }
                if self.afford(from, cost_of_group(&group)) {
                    self.joins(peer, group);
                }
            }
            Packet::Leave { group, .. } => {
                if !self.groups.leave(&group, from) {
                    return;
                }
                known.groups -= 1;
                let bytes = known.bytes.saturating_sub(cost_of_group(&group));
                self.admission.told(known.bytes, bytes);
                known.bytes = bytes;
                let left = group.clone();
                self.actions
                    .push(Action::Tell(Event::Leave { peer, group }));
                self.election_loses(&left, from);
            }
            Packet::Elect { group, challenger } => {
                self.election_says(from, &group, &challenger, ElectionMessage::Elect);
            }
            Packet::Leader { group, leader } => {
                self.election_says(from, &group, &leader, ElectionMessage::Leader);
            }
            _ => {}
        }
    }

    /// Whether there is room for so many bytes more that a node tells. Where there is none, whoever
    /// has told most is forgotten.
    pub(super) fn afford(&mut self, uuid: Uuid, more: usize) -> bool {
        let Some(known) = self.known.get(&uuid) else {
            return false;
        };
        let bytes = known.bytes + more;
        while self.admission.is_full(more, &self.bounds) {
            let others = self.known.iter().filter(|(other, _)| **other != uuid);
            let most = others.max_by_key(|(_, known)| known.bytes);
            let most = most.filter(|(_, known)| known.bytes > bytes);
            let dropped = most.map_or(uuid, |(most, _)| *most);
            info!("{}: {dropped} tells more than there is room for", self.name);
            self.drop_peer(dropped);
            if dropped == uuid {
                return false;
            }
        }
        if let Some(known) = self.known.get_mut(&uuid) {
            self.admission.told(known.bytes, bytes);
            known.bytes = bytes;
        }
        true
    }

    fn election_says(
        &mut self,
        from: Uuid,
        group: &str,
        node: &str,
        message: fn(Uuid) -> ElectionMessage,
    ) {
        match node.parse() {
            Ok(node) => self.election_word(from, group, message(node)),
            Err(error) => debug!("{}: {from} elects nobody: {error}", self.name),
        }
    }

    /// A HELLO came: whoever it is from begins anew.
    fn greeted(&mut self, from: Uuid, hello: Hello, sequence: u16, first: &[u8], now: Instant) {
        // As we write it: the same place has one endpoint.
        let told = address(&hello.endpoint).map(|it| (format!("tcp://{it}"), it.ip()));
        let is_own = told.as_ref().is_some_and(|(it, _)| *it == self.endpoint);
        let known = self.known.get(&from);
        let is_peer = known.is_some_and(|known| known.peer.is_some());
        let known = known.map(|known| (known.endpoint.clone(), known.host));
        // A beacon tells better where it is than it itself does, which may give a name; but not at
        // which port it is by now.
        let has_moved = match (&known, &told) {
            (Some((before, at)), Some((now, told_at))) => at == told_at && before != now,
            _ => false,
        };
        let place = match is_peer || has_moved {
            true => told.or(known),
            false => known.or(told),
        };
        let Some((endpoint, host)) = place.filter(|_| !is_own) else {
            debug!("{}: {from} is nowhere: {:?}", self.name, hello.endpoint);
            return self.drop_peer(from);
        };
        if is_peer {
            self.greeted_again(from, &endpoint, now);
        } else if has_moved {
            self.drop_peer(from);
        }
        let elsewhere = |(uuid, known): (&Uuid, &PeerState)| {
            (*uuid != from && known.endpoint == endpoint).then_some((*uuid, known.open))
        };
        match self.known.iter().find_map(elsewhere) {
            // Anybody can say that it is where another is: that one is asked whether it is
            // there, and only if it is not, its place is free.
            Some((other, true)) => {
                self.suspect(other, now);
                return self.claims.claim(from, other, (first.to_vec(), None), now);
            }
            Some((other, false)) => self.drop_peer(other),
            None => {}
        }
        if !self.known.contains_key(&from) && !self.admit(from, endpoint, host, now) {
            return;
        }
        let Some(known) = self.known.get_mut(&from) else {
            return;
        };
        if !known.follow(sequence, now) {
            return self.drop_peer(from);
        }
        // What it told before is forgotten.
        self.admission.told(std::mem::take(&mut known.bytes), 0);
        if !self.afford(from, cost(&hello)) {
            return;
        }
        let Some(known) = self.known.get_mut(&from) else {
            return;
        };
        known.contests = election::contests(&hello.headers).collect();
        known.peer = Some(Peer::new(Profile {
            id: from,
            name: hello.name,
            address: known.endpoint.clone(),
            headers: BTreeMap::from_iter(hello.headers),
        }));
        known.greeted_from = hello.groups.into_iter().collect();
        known.groups = known.greeted_from.len();
        let answers_first = std::mem::take(&mut known.answers_first);
        self.open_waiting();
        match answers_first {
            true => self.answered(from),
            false => self.enter(from),
        }
    }

    /// A peer greets us again. It has forgotten us, and so has to hear from us anew; or this
    /// answers our own greeting, or has crossed it, and to answer that would go on for ever. So
    /// one that we have just greeted is asked, and greeted anew if it does not know us.
    fn greeted_again(&mut self, from: Uuid, endpoint: &str, now: Instant) {
        let same = |known: &&mut PeerState| known.is_new(now) && known.endpoint == endpoint;
        let Some(known) = self.known.get_mut(&from).filter(same) else {
            return self.drop_peer(from);
        };
        self.any_suspects = true;
        if let Some(peer) = known.begin_anew(now) {
            self.part_from(peer);
        }
        self.unverified.forget(from);
        self.ask(from);
    }

    /// A peer is none any more.
    fn part_from(&mut self, peer: Peer) {
        info!(
            "{}: {:?} at {} is gone",
            self.name,
            peer.name(),
            peer.address()
        );
        let uuid = peer.id();
        let groups = self.groups.of(uuid);
        for group in &groups {
            self.groups.leave(group, uuid);
        }
        self.actions.push(Action::Tell(Event::Exit { peer }));
        for group in &groups {
            self.election_loses(group, uuid);
        }
    }

    /// Forgets a node; whoever hears from it next begins anew.
    pub(crate) fn drop_peer(&mut self, uuid: Uuid) {
        let Some(known) = self.known.remove(&uuid) else {
            return;
        };
        self.admission
            .remove(known.host, known.verified, known.bytes);
        self.unverified.forget(uuid);
        if known.open {
            self.actions.push(Action::Close { peer: uuid });
        }
        if let Some(peer) = known.here() {
            self.part_from(peer.clone());
        }
        self.let_in.extend(self.claims.release(uuid));
        self.open_waiting();
    }
}

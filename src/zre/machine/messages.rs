//! Messages from peers, and the order in which a peer may send them.

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

/// The pause between two warnings of lost messages.
const WARNING: Duration = Duration::from_secs(60);

/// How many goodbyes are remembered until they are asked for. Who said another is tried in vain.
const MOST_DEPARTED: usize = 1024;

/// The bytes that a text costs beside its own.
const TEXT: usize = 64;

/// The bytes that are kept for a group of a node.
pub(super) fn cost_of_group(group: &str) -> usize {
    group.len() + TEXT
}

/// The bytes that are kept of a HELLO.
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
    /// A message came, from a connection of this identity.
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
                self.without_address.forget(from);
                self.pending_claims.withdraw(from);
                return self.drop_peer(from);
            }
        };
        if let Packet::Hello(hello) = packet {
            // A HELLO begins anew, wherever its sender has waited.
            self.without_address.forget(from);
            self.pending_claims.withdraw(from);
            let is_somewhere = self.known.contains_key(&from) || address(&hello.endpoint).is_some();
            if is_somewhere {
                self.greeted(from, hello, sequence, first, now);
            } else {
                self.without_address.keep(from, (first.to_vec(), rest), now);
            }
            return;
        }
        if self.without_address.contains(from) {
            self.without_address.keep(from, (first.to_vec(), rest), now);
            return;
        }
        if self.pending_claims.contains(from) {
            return self.pending_claims.keep(from, (first.to_vec(), rest), now);
        }
        let Some(known) = self.known.get_mut(&from) else {
            return;
        };
        let Some(peer) = &known.peer else {
            known.answered_before_hello |= packet == Packet::PingOk;
            return;
        };
        let peer = peer.clone();
        if !known.accept_number(sequence, now) {
            self.warn_of_lost_messages(&peer, now);
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
                let departed = self.goodbyes.iter_mut();
                let mut room = departed.filter(|all| all.len() < MOST_DEPARTED);
                room.next().into_iter().for_each(|all| all.push(from));
                self.drop_peer(from);
            }
            packet if !known.verified => {
                for lost in self.before_verified.keep(from, Numbered(packet, rest), now) {
                    debug!("{}: {lost} says much before it has answered", self.name);
                    self.drop_peer(lost);
                }
            }
            packet => self.receive_packet(peer, packet, rest),
        }
    }

    /// Messages of a peer are lost. It can bring that about as often as it likes, and is warned of
    /// once in a while.
    fn warn_of_lost_messages(&mut self, peer: &Peer, now: Instant) {
        let warned = self.warned_at.replace(now);
        let level = match warned {
            Some(before) if now.saturating_duration_since(before) < WARNING => {
                self.warned_at = warned;
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

    /// A node has answered at its endpoint.
    fn answered(&mut self, from: Uuid) {
        let Some(known) = self.known.get_mut(&from) else {
            return;
        };
        let is_verified = known.answered();
        if !known.is_suspect() {
            // It is there: nobody else is.
            self.pending_claims.refuse(from);
        }
        if is_verified {
            self.admission.verify(known.host);
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
        let groups = std::mem::take(&mut known.hello_groups);
        let enter = Event::Enter { peer: peer.clone() };
        self.actions.push(Action::Emit(enter));
        for group in groups {
            self.peer_joins(peer.clone(), group);
        }
        let kept = self.before_verified.take(from);
        for Numbered(packet, rest) in kept.into_iter().flat_map(|kept| kept.messages) {
            self.receive_packet(peer.clone(), packet, rest);
        }
    }

    fn peer_joins(&mut self, peer: Peer, group: String) {
        if self.groups.join(&group, peer.id()) {
            let joined = group.clone();
            self.actions.push(Action::Emit(Event::Join { peer, group }));
            self.election_changes(&joined);
        }
    }

    /// Takes a packet of a peer that is here.
    fn receive_packet(&mut self, peer: Peer, packet: Packet, rest: Option<Message>) {
        let from = peer.id();
        let Some(known) = self.known.get_mut(&from) else {
            return;
        };
        let message = |rest: Option<Message>| rest.unwrap_or_else(|| Message::from(""));
        match packet {
            Packet::Whisper => {
                let message = message(rest);
                self.actions
                    .push(Action::Emit(Event::Whisper { peer, message }));
            }
            Packet::Shout { group } if self.own_groups.contains(&group) => {
                let message = message(rest);
                self.actions.push(Action::Emit(Event::Shout {
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
                    self.peer_joins(peer, group);
                }
            }
            Packet::Leave { group, .. } => {
                if !self.groups.leave(&group, from) {
                    return;
                }
                known.groups -= 1;
                let bytes = known.bytes.saturating_sub(cost_of_group(&group));
                self.admission.replace_bytes(known.bytes, bytes);
                known.bytes = bytes;
                let left = group.clone();
                self.actions
                    .push(Action::Emit(Event::Leave { peer, group }));
                self.election_loses(&left, from);
            }
            Packet::Elect { group, challenger } => {
                self.parse_election(from, &group, &challenger, ElectionMessage::Elect);
            }
            Packet::Leader { group, leader } => {
                self.parse_election(from, &group, &leader, ElectionMessage::Leader);
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
            self.admission.replace_bytes(known.bytes, bytes);
            known.bytes = bytes;
        }
        true
    }

    fn parse_election(
        &mut self,
        from: Uuid,
        group: &str,
        node: &str,
        message: fn(Uuid) -> ElectionMessage,
    ) {
        match node.parse() {
            Ok(node) => self.receive_election(from, group, message(node)),
            Err(error) => debug!("{}: {from} elects nobody: {error}", self.name),
        }
    }

    /// A HELLO came: its sender begins anew.
    fn greeted(&mut self, from: Uuid, hello: Hello, sequence: u16, first: &[u8], now: Instant) {
        // As we write it: the same place has one endpoint.
        let told = address(&hello.endpoint).map(|it| (format!("tcp://{it}"), it.ip()));
        let is_own = told.as_ref().is_some_and(|(it, _)| *it == self.endpoint);
        let known = self.known.get(&from);
        let is_peer = known.is_some_and(|known| known.peer.is_some());
        let known = known.map(|known| (known.endpoint.clone(), known.host));
        // A beacon gives the address better than the node itself, which may give a name. The port is
        // better in the HELLO, which is newer.
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
                return self
                    .pending_claims
                    .claim(from, other, (first.to_vec(), None), now);
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
        if !known.accept_number(sequence, now) {
            return self.drop_peer(from);
        }
        // Its earlier headers are forgotten.
        self.admission
            .replace_bytes(std::mem::take(&mut known.bytes), 0);
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
        known.hello_groups = hello.groups.into_iter().collect();
        known.groups = known.hello_groups.len();
        let answered_before_hello = std::mem::take(&mut known.answered_before_hello);
        self.open_waiting();
        match answered_before_hello {
            true => self.answered(from),
            false => self.enter(from),
        }
    }

    /// A peer greets us again. It has forgotten us, and so has to hear from us anew; or this
    /// answers our own greeting, or has crossed it, and to answer that would go on for ever. So
    /// one that we have just greeted is pinged, and greeted anew if it does not know us.
    fn greeted_again(&mut self, from: Uuid, endpoint: &str, now: Instant) {
        let same = |known: &&mut PeerState| known.is_new(now) && known.endpoint == endpoint;
        let Some(known) = self.known.get_mut(&from).filter(same) else {
            return self.drop_peer(from);
        };
        self.any_suspects = true;
        if let Some(peer) = known.begin_anew(now) {
            self.part_from(peer);
        }
        self.before_verified.forget(from);
        self.ping(from);
    }

    /// A peer has gone, or begins anew.
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
        self.actions.push(Action::Emit(Event::Exit { peer }));
        for group in &groups {
            self.election_loses(group, uuid);
        }
    }

    /// Forgets a node. It is met anew when it is heard of next.
    pub(crate) fn drop_peer(&mut self, uuid: Uuid) {
        let Some(known) = self.known.remove(&uuid) else {
            return;
        };
        self.admission
            .remove(known.host, known.verified, known.bytes);
        self.before_verified.forget(uuid);
        if known.open {
            self.actions.push(Action::Close { peer: uuid });
        }
        if let Some(peer) = known.here() {
            self.part_from(peer.clone());
        }
        self.admitted.extend(self.pending_claims.release(uuid));
        self.open_waiting();
    }
}

//! Messages from peers, and the order in which a peer may send them.

use std::time::{Duration, Instant};

use log::{Level, debug, info, log};

use super::election::{self, ElectionMessage};
use super::quarantine::{CheckedPacket, KeptMessage};
use super::{Action, Machine};
use crate::message::Message;
use crate::security::PublicKey;
use crate::zre::event::Event;
use crate::zre::peer::Peer;
use crate::zre::uuid::Uuid;
use crate::zre::wire::{Hello, MOST, Packet, address};

/// The pause between two warnings of lost messages.
const WARNING: Duration = Duration::from_secs(60);

/// How many goodbyes are remembered until gossip asks for them. The sender of a goodbye beyond these is
/// tried in vain.
const MOST_GOODBYES: usize = 1024;

/// The bytes that a text costs beside its own.
const TEXT: usize = 64;

/// The bytes that are kept for a group of a node.
pub(super) fn cost_of_group(group: &str) -> usize {
    group.len() + TEXT
}

/// The bytes that are kept of a HELLO.
pub(super) fn cost(hello: &Hello) -> usize {
    let texts = hello.headers.iter().flat_map(|(key, value)| [key, value]);
    let texts = texts.chain([&hello.endpoint, &hello.name]);
    let contests = election::contests(&hello.headers);
    let groups = hello.groups.iter().map(|group| cost_of_group(group));
    texts.map(|text| text.capacity() + TEXT).sum::<usize>()
        + contests.map(|group| cost_of_group(&group)).sum::<usize>()
        + groups.sum::<usize>()
}

impl Machine {
    /// A message came, from a connection of this identity, whose other end has proved to have this key.
    pub(crate) fn message(
        &mut self,
        from: Uuid,
        key: Option<PublicKey>,
        first: &[u8],
        rest: Option<Message>,
        now: Instant,
    ) {
        if from == self.uuid {
            return;
        }
        let decoded = Packet::decode(first);
        let greets = matches!(decoded, Ok((_, Packet::Hello(_))));
        if !self.is_authentic(from, key, greets, now) {
            return;
        }
        let (sequence, packet) = match decoded {
            Ok(decoded) => decoded,
            Err(malformed) => {
                debug!(
                    "{}: {from} sent a malformed message: {malformed}",
                    self.name
                );
                self.without_address.forget(from);
                self.pending_claims.withdraw(from);
                return self.drop_peer(from);
            }
        };
        let kept = |rest: Option<Message>| KeptMessage {
            key,
            first: first.to_vec(),
            rest,
        };
        if let Packet::Hello(hello) = packet {
            // A HELLO begins anew: messages that were kept before it are dropped.
            self.without_address.forget(from);
            self.pending_claims.withdraw(from);
            let is_somewhere = self.known.contains_key(&from) || address(&hello.endpoint).is_some();
            if is_somewhere {
                self.greeted(from, key, hello, sequence, first, now);
            } else {
                self.without_address.keep(from, kept(rest), now);
            }
            return;
        }
        if self.without_address.contains(from) {
            self.without_address.keep(from, kept(rest), now);
            return;
        }
        if self.pending_claims.contains(from) {
            return self.pending_claims.keep(from, kept(rest), now);
        }
        let Some(known) = self.known.get_mut(&from) else {
            return;
        };
        let Some(peer) = &known.greeted_as else {
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
                if known.has_socket {
                    let packet = Packet::PingOk;
                    self.actions.push(Action::Send { peer: from, packet });
                }
            }
            Packet::PingOk => self.answered(from),
            Packet::Goodbye => {
                if let Some(goodbyes) = &mut self.goodbyes
                    && goodbyes.len() < MOST_GOODBYES
                {
                    goodbyes.push(from);
                }
                self.drop_peer(from);
            }
            packet if !known.verified => {
                for lost in self
                    .before_verified
                    .keep(from, CheckedPacket(packet, rest), now)
                {
                    debug!("{}: {lost} says much before it has answered", self.name);
                    self.drop_peer(lost);
                }
            }
            packet => self.receive_packet(peer, packet, rest),
        }
    }

    /// Logs that messages of a peer are lost. A peer can cause that as often as it likes, so only the first
    /// in a while is a warning.
    fn warn_of_lost_messages(&mut self, peer: &Peer, now: Instant) {
        let is_recent = |at: Instant| now.saturating_duration_since(at) < WARNING;
        let level = match self.warned_at.is_some_and(is_recent) {
            true => Level::Info,
            false => {
                self.warned_at = Some(now);
                Level::Warn
            }
        };
        log!(
            level,
            "{}: messages of {:?} at {} are lost: one had a frame over max_frame, or its \
             connection broke",
            self.name,
            peer.name(),
            peer.endpoint()
        );
    }

    /// Takes a packet of a peer that is here.
    pub(super) fn receive_packet(&mut self, peer: Peer, packet: Packet, rest: Option<Message>) {
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

    /// Whether there is room for so many bytes more of a node. When there is not, the node with most of
    /// them is forgotten.
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
}

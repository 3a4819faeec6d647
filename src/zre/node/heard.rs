//! Messages from peers: what each says, and who has not said what he should have.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use log::{debug, info};

use super::{Action, State, address};
use crate::message::Message;
use crate::zre::codec::{Hello, MOST, Packet};
use crate::zre::election::{self, Word};
use crate::zre::event::Profile;
use crate::zre::peer::{Heir, Known};
use crate::zre::{Event, Peer, Uuid};

impl State {
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
        if self.early.contains(from) {
            return self.early.keep(from, (first.to_vec(), rest), now);
        }
        let (sequence, packet) = match Packet::decode(first) {
            Ok(decoded) => decoded,
            Err(malformed) => {
                debug!("{}: {from} sent what is no message: {malformed}", self.name);
                return self.drop_peer(from);
            }
        };
        if let Packet::Hello(hello) = packet {
            let is_somewhere = self.known.contains_key(&from) || address(&hello.endpoint).is_some();
            if !is_somewhere {
                return self.early.keep(from, (first.to_vec(), rest), now);
            }
            return self.greeted(from, hello, sequence, now);
        }
        let Some(known) = self.known.get_mut(&from) else {
            return;
        };
        let Some(peer) = known.peer.clone() else {
            return;
        };
        if !known.follow(sequence, now) {
            info!(
                "{}: {:?} at {}: messages are missing",
                self.name,
                peer.name(),
                peer.address()
            );
            return self.drop_peer(from);
        }
        let mut groups_changed = None;
        let event = match packet {
            Packet::Hello(_) => return,
            Packet::Whisper => Event::Whisper {
                peer,
                message: rest.unwrap_or_else(|| Message::from("")),
            },
            Packet::Shout { group } if self.own.contains(&group) => Event::Shout {
                peer,
                group,
                message: rest.unwrap_or_else(|| Message::from("")),
            },
            Packet::Join { group, .. } => {
                if !self.groups.join(&group, from) {
                    return;
                }
                known.groups += 1;
                if known.groups > MOST {
                    info!("{}: {:?} is in too many groups", self.name, peer.name());
                    return self.drop_peer(from);
                }
                groups_changed = Some((group.clone(), true));
                Event::Join { peer, group }
            }
            Packet::Leave { group, .. } => {
                if !self.groups.leave(&group, from) {
                    return;
                }
                known.groups -= 1;
                groups_changed = Some((group.clone(), false));
                Event::Leave { peer, group }
            }
            Packet::Ping => {
                if known.open {
                    let packet = Packet::PingOk;
                    self.actions.push(Action::Send { peer: from, packet });
                }
                return;
            }
            Packet::PingOk => {
                if known.answered() {
                    self.claims.remove(known.host);
                }
                return;
            }
            Packet::Elect { group, challenger } => {
                return self.election_says(from, &group, &challenger, Word::Elect);
            }
            Packet::Leader { group, leader } => {
                return self.election_says(from, &group, &leader, Word::Leader);
            }
            Packet::Goodbye => {
                self.departed.iter_mut().for_each(|all| all.push(from));
                return self.drop_peer(from);
            }
            Packet::Shout { .. } | Packet::Unknown(_) => return,
        };
        self.actions.push(Action::Tell(event));
        match groups_changed {
            Some((group, true)) => self.election_changes(&group),
            Some((group, false)) => self.election_loses(&group, from),
            None => {}
        }
    }

    fn election_says(&mut self, from: Uuid, group: &str, node: &str, word: fn(Uuid) -> Word) {
        match node.parse() {
            Ok(node) => self.election_word(from, group, word(node)),
            Err(error) => debug!("{}: {from} elects nobody: {error}", self.name),
        }
    }

    /// A HELLO came: whoever it is from begins anew.
    fn greeted(&mut self, from: Uuid, hello: Hello, sequence: u16, now: Instant) {
        // It waits for no place any more that it claimed before.
        for other in self.known.values_mut() {
            other.heir.take_if(|heir| heir.from == from);
        }
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
        let elsewhere = |(uuid, known): (&Uuid, &Known)| {
            (*uuid != from && known.endpoint == endpoint).then_some((*uuid, known.open))
        };
        match self.known.iter().find_map(elsewhere) {
            // Anybody can say that it is where another is: that one is asked whether it is
            // there, and only if it is not, its place is free.
            Some((other, true)) => {
                self.doubt(other, now);
                if let Some(known) = self.known.get_mut(&other) {
                    known.heir = Some(Heir {
                        from,
                        hello,
                        sequence,
                        since: now,
                    });
                }
                return;
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
        known.contests = election::contests(&hello.headers).collect();
        let peer = Peer::new(Profile {
            id: from,
            name: hello.name,
            address: known.endpoint.clone(),
            headers: BTreeMap::from_iter(hello.headers),
        });
        info!(
            "{}: {:?} is here, at {}",
            self.name,
            peer.name(),
            peer.address()
        );
        known.peer = Some(peer.clone());
        let groups: BTreeSet<_> = hello.groups.into_iter().collect();
        known.groups = groups.len();
        self.open_waiting();
        self.actions
            .push(Action::Tell(Event::Enter { peer: peer.clone() }));
        for group in groups {
            self.groups.join(&group, from);
            let peer = peer.clone();
            let joined = group.clone();
            self.actions.push(Action::Tell(Event::Join { peer, group }));
            self.election_changes(&joined);
        }
    }

    /// A peer greets us again. It has forgotten us, and so has to hear from us anew; or this
    /// answers our own greeting, or has crossed it, and to answer that would go on for ever. So
    /// one that we have just greeted is asked, and greeted anew if it does not know us.
    fn greeted_again(&mut self, from: Uuid, endpoint: &str, now: Instant) {
        let same = |known: &&mut Known| known.is_new(now) && known.endpoint == endpoint;
        let Some(known) = self.known.get_mut(&from).filter(same) else {
            return self.drop_peer(from);
        };
        self.in_doubt = true;
        if let Some(peer) = known.begin_anew(now) {
            self.part_from(peer);
        }
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
        // It waits for nobody's place any more, or two could let each other in again.
        for other in self.known.values_mut() {
            other.heir.take_if(|heir| heir.from == uuid);
        }
        if !known.proven {
            self.claims.remove(known.host);
        }
        if known.open {
            self.actions.push(Action::Close { peer: uuid });
        }
        if let Some(peer) = known.peer {
            self.part_from(peer);
        }
        if let Some(Heir {
            from,
            hello,
            sequence,
            since,
        }) = known.heir
        {
            self.greeted(from, hello, sequence, since);
        }
        self.open_waiting();
    }
}

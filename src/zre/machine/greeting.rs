//! Greetings: the HELLO of a node, and ours.

use std::collections::BTreeMap;
use std::time::Instant;

use log::debug;

use super::messages::cost;
use super::peer_state::PeerState;
use super::{Action, Machine, election};
use crate::zre::peer::{Peer, Profile};
use crate::zre::uuid::Uuid;
use crate::zre::wire::{Hello, address};

impl Machine {
    /// A HELLO came: its sender begins anew.
    pub(super) fn greeted(
        &mut self,
        from: Uuid,
        hello: Hello,
        sequence: u16,
        first: &[u8],
        now: Instant,
    ) {
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
    pub(super) fn greeted_again(&mut self, from: Uuid, endpoint: &str, now: Instant) {
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

    /// Greets a peer that may have forgotten our greeting.
    pub(super) fn greet_anew(&mut self, uuid: Uuid, now: Instant) {
        if let Some(known) = self.known.get_mut(&uuid)
            && known.close(now)
        {
            self.actions.push(Action::Close { peer: uuid });
            self.waiting_for_socket.push_back(uuid);
            self.open_waiting();
        }
    }

    pub(super) fn hello(&self) -> Hello {
        Hello {
            endpoint: self.endpoint.clone(),
            groups: self.own_groups(),
            status: self.status,
            name: self.name.clone(),
            headers: self.headers.clone(),
        }
    }
}

//! Greetings: the HELLO of a node, and ours.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Instant;

use log::debug;

use super::known_node::KnownNode;
use super::messages::cost;
use super::quarantine::KeptMessage;
use super::{Action, Machine, election};
use crate::endpoint::Endpoint;
use crate::security::PublicKey;
use crate::zre::peer::{Peer, Profile};
use crate::zre::uuid::Uuid;
use crate::zre::wire::{Hello, address};

impl Machine {
    /// A HELLO came: its sender counts its messages anew.
    pub(super) fn greeted(
        &mut self,
        from: Uuid,
        key: Option<PublicKey>,
        hello: Hello,
        sequence: u16,
        first: &[u8],
        now: Instant,
    ) {
        if !self.tells_its_key(from, &hello, key, now) {
            return self.drop_peer(from);
        }
        let told = address(&hello.endpoint);
        let is_own = told.is_some_and(|it| self.is_at(it));
        let known = self.known.get(&from);
        let has_greeted = known.is_some_and(|known| known.greeted_as.is_some());
        let old_place = known.map(|known| known.address);
        // A beacon's host is more reliable than the HELLO's; the HELLO's port is newer.
        let has_moved = match (old_place, told) {
            (Some(before), Some(now)) => before.ip() == now.ip() && before != now,
            _ => false,
        };
        let place = match has_greeted || has_moved {
            true => told.or(old_place),
            false => old_place.or(told),
        };
        let Some(address) = place.filter(|_| !is_own) else {
            debug!("{}: {from} is nowhere: {:?}", self.name, hello.endpoint);
            return self.drop_peer(from);
        };
        if has_greeted {
            self.greeted_again(from, address, now);
        } else if has_moved {
            self.drop_peer(from);
        }
        let elsewhere = |(uuid, known): (&Uuid, &KnownNode)| {
            (*uuid != from && known.address == address).then_some((*uuid, known.has_socket))
        };
        match self.known.iter().find_map(elsewhere) {
            // Any node can claim the endpoint of another. The holder is asked; the endpoint is free
            // only if it does not answer.
            Some((other, true)) => {
                self.suspect(other, now);
                let hello = KeptMessage {
                    key,
                    first: first.to_vec(),
                    rest: None,
                };
                return self.pending_claims.claim(from, other, hello, now);
            }
            Some((other, false)) => self.drop_peer(other),
            None => {}
        }
        if !self.known.contains_key(&from) && !self.admit(from, address, key, now) {
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
        known.greeted_as = Some(Peer::new(Profile {
            id: from,
            name: hello.name,
            endpoint: Endpoint::at(known.address),
            public_key: known.key,
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

    /// A node that has greeted us greets us again: either it has forgotten us, or its HELLO answers ours.
    /// To answer each HELLO would never end, so a node that we have just greeted is pinged, and greeted
    /// anew only if it does not answer.
    pub(super) fn greeted_again(&mut self, from: Uuid, address: SocketAddr, now: Instant) {
        let same = |known: &&mut KnownNode| known.is_being_greeted(now) && known.address == address;
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
            endpoint: self.endpoint.to_string(),
            groups: self.own_groups(),
            status: self.group_status,
            name: self.name.clone(),
            headers: self.headers.clone(),
        }
    }
}

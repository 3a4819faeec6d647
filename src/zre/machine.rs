//! The state machine of a node: bytes, events and the time in, actions out. It has no socket, no thread
//! and no clock.
//!
//! Another node becomes a peer in stages:
//!
//! | stage | begins when |
//! |---|---|
//! | known | a beacon, gossip or its HELLO gives its address, and [`Admission`] has room for it |
//! | has a socket | there is room for one more: our HELLO and a PING go out |
//! | has greeted | its HELLO came |
//! | verified | it answered the PING by PING-OK, before or after its HELLO |
//! | here | it has greeted and is verified: the user gets ENTER |
//!
//! Of a node with CURVE, each message has to come from the owner of the key in its beacon: see `authenticity`.
//!
//! A HELLO alone does not make a peer: anybody can send one in the name of another. Messages that come
//! too early are kept: see `without_address`, `pending_claims` and `before_verified`.

mod admission;
mod admitting;
mod authenticity;
mod beacons;
mod bounds;
mod display;
mod election;
mod elections;
pub(crate) mod gossip;
mod greeting;
mod groups;
mod known_node;
mod messages;
mod pending_claims;
mod presence;
mod quarantine;
#[cfg(test)]
mod simulation;
mod timing;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::Instant;

use super::event::Event;
use super::peer::Peer;
use super::uuid::Uuid;
use super::wire::Packet;
use crate::endpoint::Endpoint;
use crate::security::PublicKey;
use admission::Admission;
pub(crate) use bounds::Bounds;
use election::Election;
pub(crate) use election::HEADER as CONTEST_HEADER;
use groups::Groups;
pub(crate) use known_node::SUSPECT_TIMEOUT;
use known_node::{Due, KnownNode, Suspicion};
use pending_claims::PendingClaims;
use quarantine::{CheckedPacket, KeptMessage, Quarantine, Quarantined};
pub(crate) use timing::Timing;

/// An action for the driver, to be performed in the order given.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Open a socket for a peer, connected to this endpoint, where its owner has this key.
    Open {
        peer: Uuid,
        endpoint: Endpoint,
        key: Option<PublicKey>,
    },
    /// Send to a peer whose socket is open.
    Send { peer: Uuid, packet: Packet },
    /// Close a peer's socket.
    Close { peer: Uuid },
    /// Give the user an event.
    Emit(Event),
}

/// The state of a node.
#[derive(Debug)]
pub(crate) struct Machine {
    uuid: Uuid,
    /// Where our inbox is, as peers are told.
    endpoint: Endpoint,
    name: String,
    /// Our key: nodes without one are not for us then, and those with one are not without it.
    key: Option<PublicKey>,
    headers: Vec<(String, String)>,
    own_groups: BTreeSet<String>,
    group_status: u8,
    known: HashMap<Uuid, KnownNode>,
    groups: Groups,
    /// The groups that we contest for, in them or not.
    contests: BTreeSet<String>,
    /// The election of each group that we are in.
    elections: BTreeMap<String, Election>,
    admission: Admission,
    /// Known nodes that wait for a socket.
    waiting_for_socket: VecDeque<Uuid>,
    timing: Timing,
    bounds: Bounds,
    /// Whether a peer is suspected that has not answered yet.
    any_suspects: bool,
    /// When it was warned of lost messages last.
    warned_at: Option<Instant>,
    /// When it was warned of a wrong key last.
    wrong_key_at: Option<Instant>,
    /// Whether it was told that there are nodes whose security is not ours.
    told_of_others: bool,
    /// Messages of nodes whose HELLO gives no usable address, until a beacon or a name look-up does.
    without_address: Quarantine<KeptMessage>,
    /// Nodes that claim the endpoint of another.
    pending_claims: PendingClaims,
    /// Messages that follow the HELLO of a node that is not verified yet. They are handled once it is.
    before_verified: Quarantine<CheckedPacket>,
    /// Nodes whose waiting is over, with their kept messages, still to be handled.
    released: VecDeque<(Uuid, Quarantined<KeptMessage>)>,
    /// Nodes that have said goodbye, for gossip, which asks for them.
    goodbyes: Option<Vec<Uuid>>,
    actions: Vec<Action>,
}

impl Machine {
    pub(crate) fn new(
        uuid: Uuid,
        endpoint: Endpoint,
        name: String,
        headers: Vec<(String, String)>,
        key: Option<PublicKey>,
        timing: Timing,
        bounds: Bounds,
    ) -> Machine {
        Machine {
            uuid,
            endpoint,
            name,
            key,
            contests: election::contests(&headers).collect(),
            elections: BTreeMap::new(),
            headers,
            own_groups: BTreeSet::new(),
            group_status: 0,
            known: HashMap::new(),
            groups: Groups::default(),
            admission: Admission::default(),
            waiting_for_socket: VecDeque::new(),
            timing,
            bounds,
            any_suspects: false,
            warned_at: None,
            wrong_key_at: None,
            told_of_others: false,
            without_address: Quarantine::default(),
            pending_claims: PendingClaims::default(),
            before_verified: Quarantine::default(),
            released: VecDeque::new(),
            goodbyes: None,
            actions: Vec::new(),
        }
    }

    /// The actions to be performed; the caller performs all of them.
    pub(crate) fn take_actions(&mut self) -> Vec<Action> {
        // Handling one may release the next. A queue, since recursion would have no bound.
        while let Some((from, kept)) = self.released.pop_front() {
            for KeptMessage { key, first, rest } in kept.messages {
                self.message(from, key, &first, rest, kept.since);
            }
        }
        std::mem::take(&mut self.actions)
    }

    pub(crate) fn uuid(&self) -> Uuid {
        self.uuid
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Our key, with CURVE.
    pub(crate) fn key(&self) -> Option<PublicKey> {
        self.key
    }

    /// Whether our own inbox is there.
    fn is_at(&self, address: SocketAddr) -> bool {
        self.endpoint == Endpoint::at(address)
    }

    /// The peers that are here.
    pub(crate) fn peers(&self) -> Vec<Peer> {
        let mut peers: Vec<_> = self
            .known
            .values()
            .filter_map(|known| known.here().cloned())
            .collect();
        peers.sort_by_key(Peer::id);
        peers
    }

    pub(crate) fn peer(&self, uuid: Uuid) -> Option<Peer> {
        self.known.get(&uuid)?.here().cloned()
    }

    #[cfg(test)]
    pub(crate) fn set_bounds(&mut self, bounds: Bounds) {
        self.bounds = bounds;
    }

    /// How many nodes are known that have not greeted us so far.
    pub(crate) fn trying(&self) -> usize {
        let known = self.known.values();
        known.filter(|known| known.greeted_as.is_none()).count()
    }

    /// How many nodes are known, peers or not.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn known(&self) -> usize {
        self.known.len()
    }

    /// Whether the HELLO of a node has come; the node may be unverified.
    #[cfg(fuzzing)]
    pub(crate) fn has_greeted(&self, uuid: Uuid) -> bool {
        self.known
            .get(&uuid)
            .is_some_and(|known| known.greeted_as.is_some())
    }

    pub(crate) fn groups(&self) -> &Groups {
        &self.groups
    }

    pub(crate) fn own_groups(&self) -> Vec<String> {
        self.own_groups.iter().cloned().collect()
    }

    /// Joins a group; false if we are in it already.
    pub(crate) fn join(&mut self, group: &str) -> bool {
        let joined = self.own_groups.insert(group.to_owned());
        if joined {
            self.group_status = self.group_status.wrapping_add(1);
            let packet = Packet::Join {
                group: group.to_owned(),
                status: self.group_status,
            };
            self.send_to_all(&packet);
            self.election_begins(group);
        }
        joined
    }

    /// Leaves a group; false if we are not in it.
    pub(crate) fn leave(&mut self, group: &str) -> bool {
        let left = self.own_groups.remove(group);
        if left {
            self.group_status = self.group_status.wrapping_add(1);
            let packet = Packet::Leave {
                group: group.to_owned(),
                status: self.group_status,
            };
            self.send_to_all(&packet);
            self.elections.remove(group);
        }
        left
    }

    /// Sends to every node that has our HELLO: each counts our messages, so none may be left out.
    fn send_to_all(&mut self, packet: &Packet) {
        let open = self.known.iter().filter(|(_, known)| known.has_socket);
        let sends = open.map(|(uuid, _)| Action::Send {
            peer: *uuid,
            packet: packet.clone(),
        });
        self.actions.extend(sends);
    }

    /// The nodes that have said goodbye since the last call. They are collected from the first call on.
    pub(crate) fn take_goodbyes(&mut self) -> Vec<Uuid> {
        self.goodbyes.replace(Vec::new()).unwrap_or_default()
    }

    /// Tells all peers that we leave.
    pub(crate) fn say_goodbye(&mut self) {
        self.send_to_all(&Packet::Goodbye);
    }

    /// We are somewhere else from now on, and begin anew with everybody.
    pub(crate) fn moved(&mut self, endpoint: Endpoint, headers: Vec<(String, String)>) {
        (self.endpoint, self.headers) = (endpoint, headers);
        let all: Vec<Uuid> = self.known.keys().copied().collect();
        all.into_iter().for_each(|uuid| self.drop_peer(uuid));
    }

    /// Time has passed: to be called as often as beacons are sent, and when a
    /// suspected peer may be over its time.
    pub(crate) fn tick(&mut self, now: Instant) {
        let (mut pinged, mut greeted, mut gone) = (Vec::new(), Vec::new(), Vec::new());
        for (&uuid, known) in &mut self.known {
            let suspicion = match known.due(now, &self.timing) {
                Due::Nothing => continue,
                Due::Ping => {
                    pinged.extend(known.has_socket.then_some(uuid));
                    continue;
                }
                Due::Greet => {
                    greeted.push(uuid);
                    continue;
                }
                Due::Report(suspicion) => suspicion,
            };
            let peer = known.here().cloned();
            match (suspicion, peer) {
                (Suspicion::Gone, _) => gone.push(uuid),
                (Suspicion::Evasive, Some(peer)) => {
                    self.actions.push(Action::Emit(Event::Evasive { peer }));
                }
                (Suspicion::Silent, Some(peer)) => {
                    self.actions.push(Action::Emit(Event::Silent { peer }));
                }
                _ => {}
            }
        }
        self.any_suspects = self.known.values().any(KnownNode::is_suspect);
        pinged.into_iter().for_each(|uuid| self.ping(uuid));
        greeted
            .into_iter()
            .for_each(|uuid| self.greet_anew(uuid, now));
        gone.into_iter().for_each(|uuid| self.drop_peer(uuid));
        self.decide_elections(now);
        self.without_address.forget_old(self.timing.evasive, now);
        self.pending_claims.forget_old(self.timing.evasive, now);
    }

    /// Whether a peer is suspected that has not answered yet.
    pub(crate) fn any_suspects(&self) -> bool {
        self.any_suspects
    }
}

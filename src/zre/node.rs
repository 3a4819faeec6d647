//! What a node does: a pure state machine, of bytes and events and the time, whose outcome is
//! a list of actions. It has no socket, no thread and no clock.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use log::{debug, info};

use super::beacon::Beacon;
use super::claims::{Claims, Room};
use super::codec::{Hello, MOST, Packet};
use super::event::Profile;
use super::group::Groups;
use super::peer::{Doubt, Due, Heir, Known};
use super::{Bounds, Event, Peer, Timing, Uuid};
use crate::message::Message;

/// What is to be done, in this order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Open a socket for a peer, connected to this endpoint.
    Open { peer: Uuid, endpoint: String },
    /// Send to a peer whose socket is open.
    Send { peer: Uuid, packet: Packet },
    /// Close a peer's socket.
    Close { peer: Uuid },
    /// Tell the user.
    Tell(Event),
}

/// A node's state.
#[derive(Debug)]
pub(crate) struct State {
    uuid: Uuid,
    endpoint: String,
    name: String,
    headers: Vec<(String, String)>,
    own: BTreeSet<String>,
    status: u8,
    known: HashMap<Uuid, Known>,
    groups: Groups,
    claims: Claims,
    /// Known nodes that have to wait for a socket.
    waiting: VecDeque<Uuid>,
    timing: Timing,
    bounds: Bounds,
    /// Whether somebody is said to leave, who has not answered yet.
    in_doubt: bool,
    actions: Vec<Action>,
}

impl State {
    pub(crate) fn new(
        uuid: Uuid,
        name: String,
        headers: Vec<(String, String)>,
        timing: Timing,
        bounds: Bounds,
    ) -> State {
        State {
            uuid,
            endpoint: String::new(),
            name,
            headers,
            own: BTreeSet::new(),
            status: 0,
            known: HashMap::new(),
            groups: Groups::default(),
            claims: Claims::default(),
            waiting: VecDeque::new(),
            timing,
            bounds,
            in_doubt: false,
            actions: Vec::new(),
        }
    }

    /// What there is to be done; the caller does all of it.
    pub(crate) fn take_actions(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.actions)
    }

    /// The endpoint of our inbox, once it is bound.
    pub(crate) fn set_endpoint(&mut self, endpoint: String) {
        self.endpoint = endpoint;
    }

    pub(crate) fn uuid(&self) -> Uuid {
        self.uuid
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The peers that are here.
    pub(crate) fn peers(&self) -> Vec<Peer> {
        let mut peers: Vec<_> = self
            .known
            .values()
            .filter_map(|known| known.peer.clone())
            .collect();
        peers.sort_by_key(Peer::id);
        peers
    }

    pub(crate) fn peer(&self, uuid: Uuid) -> Option<Peer> {
        self.known.get(&uuid)?.peer.clone()
    }

    /// How many nodes are known, peers or not.
    #[cfg(test)]
    pub(crate) fn known(&self) -> usize {
        self.known.len()
    }

    pub(crate) fn groups(&self) -> &Groups {
        &self.groups
    }

    pub(crate) fn own_groups(&self) -> Vec<String> {
        self.own.iter().cloned().collect()
    }

    /// Joins a group; false if we are in it already.
    pub(crate) fn join(&mut self, group: &str) -> bool {
        let joined = self.own.insert(group.to_owned());
        if joined {
            self.status = self.status.wrapping_add(1);
            let (group, status) = (group.to_owned(), self.status);
            self.tell_all(&Packet::Join { group, status });
        }
        joined
    }

    /// Leaves a group; false if we are not in it.
    pub(crate) fn leave(&mut self, group: &str) -> bool {
        let left = self.own.remove(group);
        if left {
            self.status = self.status.wrapping_add(1);
            let (group, status) = (group.to_owned(), self.status);
            self.tell_all(&Packet::Leave { group, status });
        }
        left
    }

    /// To all who have our HELLO: whoever misses one would count otherwise than we do.
    fn tell_all(&mut self, packet: &Packet) {
        let open = self.known.iter().filter(|(_, known)| known.open);
        let sends = open.map(|(uuid, _)| Action::Send {
            peer: *uuid,
            packet: packet.clone(),
        });
        self.actions.extend(sends);
    }

    /// A beacon came from there.
    pub(crate) fn beacon(&mut self, beacon: Beacon, from: IpAddr, now: Instant) {
        let Beacon { uuid, port } = beacon;
        if uuid == self.uuid {
            return;
        }
        if port == 0 {
            self.farewell(uuid, from, now);
            return;
        }
        let late = self.known.get(&uuid).map(|known| known.is_late(now));
        if late == Some(false) {
            return;
        }
        let address = SocketAddr::new(from, port);
        let endpoint = format!("tcp://{address}");
        if endpoint == self.endpoint {
            return;
        }
        if let Some(known) = self.known.get(&uuid) {
            if known.endpoint == endpoint {
                return;
            }
            // It is not where somebody said in its name.
            self.drop_peer(uuid);
        }
        // One that was started anew at the same place: the other is asked whether it is there.
        let same = |known: &Known| known.endpoint == endpoint && known.open;
        if let Some((&other, _)) = self.known.iter().find(|(_, known)| same(known)) {
            return self.doubt(other, now);
        }
        self.admit(uuid, endpoint, from, now);
    }

    /// Somebody says that a node leaves; it is asked itself.
    fn farewell(&mut self, uuid: Uuid, from: IpAddr, now: Instant) {
        if self
            .known
            .get(&uuid)
            .is_some_and(|known| known.host == from)
        {
            self.doubt(uuid, now);
        }
    }

    fn doubt(&mut self, uuid: Uuid, now: Instant) {
        if let Some(known) = self.known.get_mut(&uuid)
            && known.doubt(now)
        {
            self.in_doubt = true;
            if known.open {
                self.ask(uuid);
            }
        }
    }

    fn ask(&mut self, peer: Uuid) {
        if let Some(known) = self.known.get_mut(&peer) {
            known.ask();
            let packet = Packet::Ping;
            self.actions.push(Action::Send { peer, packet });
        }
    }

    /// Knows a node from here on, if there is room for one that nobody can vouch for.
    fn admit(&mut self, uuid: Uuid, endpoint: String, host: IpAddr, now: Instant) -> bool {
        let room = match self.known.len() < self.bounds.peers {
            true => self.claims.room(host, &self.bounds),
            false => Room::No,
        };
        let other = match room {
            Room::Instead(most) => {
                let mut claims = self
                    .known
                    .iter()
                    .filter(|(_, it)| !it.proven && it.host == most);
                claims.next().map(|(uuid, _)| *uuid)
            }
            Room::Yes | Room::No => None,
        };
        if let Some(other) = other {
            self.drop_peer(other);
        } else if room != Room::Yes {
            debug!("{}: no room for {uuid} at {endpoint}", self.name);
            return false;
        }
        self.claims.add(host);
        self.known.insert(uuid, Known::new(endpoint, host, now));
        self.waiting.push_back(uuid);
        self.open_waiting();
        true
    }

    /// Opens sockets for those who wait for one, as far as they may have one.
    fn open_waiting(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let mut open: HashMap<IpAddr, usize> = HashMap::new();
        for known in self
            .known
            .values()
            .filter(|known| known.open && known.peer.is_none())
        {
            *open.entry(known.host).or_default() += 1;
        }
        let most = self.bounds.sockets_at_an_address;
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.retain(|&uuid| {
            let Some(known) = self.known.get_mut(&uuid) else {
                return false;
            };
            // Who has greeted us waits for our answer.
            if known.peer.is_none() {
                let count = open.entry(known.host).or_default();
                if *count >= most {
                    return true;
                }
                *count += 1;
            }
            known.open = true;
            let endpoint = known.endpoint.clone();
            self.actions.push(Action::Open {
                peer: uuid,
                endpoint,
            });
            let packet = Packet::Hello(self.hello());
            self.actions.push(Action::Send { peer: uuid, packet });
            self.ask(uuid);
            false
        });
        self.waiting = waiting;
    }

    fn hello(&self) -> Hello {
        Hello {
            endpoint: self.endpoint.clone(),
            groups: self.own_groups(),
            status: self.status,
            name: self.name.clone(),
            headers: self.headers.clone(),
        }
    }

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
                return self.drop_peer(from);
            }
        };
        if let Packet::Hello(hello) = packet {
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
                Event::Join { peer, group }
            }
            Packet::Leave { group, .. } => {
                if !self.groups.leave(&group, from) {
                    return;
                }
                known.groups -= 1;
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
            Packet::Goodbye => return self.drop_peer(from),
            Packet::Shout { .. }
            | Packet::Elect { .. }
            | Packet::Leader { .. }
            | Packet::Unknown(_) => return,
        };
        self.actions.push(Action::Tell(event));
    }

    /// A HELLO came: whoever it is from begins anew.
    fn greeted(&mut self, from: Uuid, hello: Hello, sequence: u16, now: Instant) {
        let address = address(&hello.endpoint);
        // As we write it: the same place has one endpoint.
        let endpoint = address.map(|it| format!("tcp://{it}"));
        let (Some(address), Some(endpoint)) = (address, endpoint.filter(|it| *it != self.endpoint))
        else {
            debug!("{}: {from} is nowhere: {:?}", self.name, hello.endpoint);
            return self.drop_peer(from);
        };
        if self
            .known
            .get(&from)
            .is_some_and(|known| known.peer.is_some())
        {
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
        if !self.known.contains_key(&from) && !self.admit(from, endpoint, address.ip(), now) {
            return;
        }
        let Some(known) = self.known.get_mut(&from) else {
            return;
        };
        if !known.follow(sequence, now) {
            return self.drop_peer(from);
        }
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
            self.actions.push(Action::Tell(Event::Join { peer, group }));
        }
    }

    /// Forgets a node; whoever hears from it next begins anew.
    pub(crate) fn drop_peer(&mut self, uuid: Uuid) {
        let Some(known) = self.known.remove(&uuid) else {
            return;
        };
        if !known.proven {
            self.claims.remove(known.host);
        }
        if known.open {
            self.actions.push(Action::Close { peer: uuid });
        }
        if let Some(peer) = known.peer {
            info!(
                "{}: {:?} at {} is gone",
                self.name,
                peer.name(),
                peer.address()
            );
            for group in self.groups.of(uuid) {
                self.groups.leave(&group, uuid);
            }
            self.actions.push(Action::Tell(Event::Exit { peer }));
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

    /// Time has passed: to be called as often as beacons are sent, and when a farewell may be
    /// over.
    pub(crate) fn tick(&mut self, now: Instant) {
        let (mut asked, mut gone) = (Vec::new(), Vec::new());
        for (&uuid, known) in &mut self.known {
            let doubt = match known.due(now, &self.timing) {
                Due::Nothing => continue,
                Due::Ask => {
                    asked.extend(known.open.then_some(uuid));
                    continue;
                }
                Due::Tell(doubt) => doubt,
            };
            let peer = known.peer.clone();
            match (doubt, peer) {
                (Doubt::Gone, _) => gone.push(uuid),
                (Doubt::Evasive, Some(peer)) => {
                    self.actions.push(Action::Tell(Event::Evasive { peer }));
                }
                (Doubt::Silent, Some(peer)) => {
                    self.actions.push(Action::Tell(Event::Silent { peer }));
                }
                _ => {}
            }
        }
        self.in_doubt = self.known.values().any(Known::is_leaving);
        asked.into_iter().for_each(|uuid| self.ask(uuid));
        gone.into_iter().for_each(|uuid| self.drop_peer(uuid));
    }

    /// Whether somebody is said to leave, who has not answered yet.
    pub(crate) fn is_in_doubt(&self) -> bool {
        self.in_doubt
    }
}

/// The address of an endpoint that a node tells of itself: never a name, which would have to
/// be looked up, nor one that is nowhere.
pub(crate) fn address(endpoint: &str) -> Option<SocketAddr> {
    let address: SocketAddr = endpoint.strip_prefix("tcp://")?.parse().ok()?;
    let anywhere = address.ip().is_unspecified() || address.ip().is_multicast();
    (!anywhere && address.port() != 0).then_some(address)
}

//! The state of a node: its machines, joined. It is under the node's lock, and knows no socket: what is to be sent and done
//! is taken out of it.

mod arrivals;
mod flows;
mod peers;
mod submitting;
mod watching;

use std::collections::VecDeque;
use std::mem::take;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::lanes::Lanes;
use super::outbound::OutboundFlows;
use super::peers::Peers;
use super::requests::{Answer, RequestId, Requests};
use super::returns::Returns;
use super::transmission::{Origin, SentBody, Transmission};
pub(super) use submitting::{Submitted, outgoing};
use watching::Watchers;

use log::warn;

use crate::error::Result;
use crate::message::Frame;
use crate::pattern::Ids;
use crate::station::Life;
use crate::station::error::Error;
use crate::station::machine::{
    LinkId, LinkKind, Outcome, Parcel, Receiver, ReceiverLimits, Routes, RoutesAction,
    RoutesLimits, SenderLimits,
};
use crate::station::message::Incoming;
use crate::station::presence::Presence;
use crate::station::wire::{Claim, Header, LinkMessage, Routed, Row, RowState};

/// What a node is started with.
#[derive(Debug, Clone)]
pub(in crate::station) struct Settings {
    pub(in crate::station) name: Arc<str>,
    pub(in crate::station) is_station: bool,
    /// The id of its upstream, if that is a station of autopilot's.
    pub(in crate::station) autopilot: Option<Arc<str>>,
    /// When a message ends at the latest that says nothing else.
    pub(in crate::station) timeout: Duration,
    pub(in crate::station) sender: SenderLimits,
    pub(in crate::station) receiver: ReceiverLimits,
}

/// The state of a node.
#[derive(Debug)]
pub(in crate::station) struct Core {
    name: Arc<str>,
    life: Life,
    timeout: Duration,
    routes: Routes,
    receiver: Receiver<Arc<Incoming>>,
    returns: Returns,
    outbound: OutboundFlows,
    peers: Peers,
    requests: Requests,
    /// Those of this node's streams.
    pub(super) lanes: Lanes,
    watchers: Watchers,
    parent: Option<LinkId>,
    next_link: u64,
    random: Ids,
    /// Frames from this node to itself.
    local: VecDeque<(Routed, Vec<Frame>)>,
    out: VecDeque<Transmission>,
    effects: Effects,
    /// Links that the thread is to close, and how long it is to wait before it makes them anew.
    pub(super) closed: Vec<(LinkId, Duration)>,
    is_registered: bool,
    /// It was registered, ever.
    was_known: bool,
    is_closing: bool,
    /// Handlers that have started, and not ended.
    running: usize,
    /// The thread waits for its sockets: a change has to wake it.
    pub(super) is_asleep: bool,
}

/// What is to be done once the lock is given back.
#[derive(Debug, Default)]
pub(super) struct Effects {
    pub(super) started: Vec<Parcel<Arc<Incoming>>>,
    pub(super) answers: Vec<(RequestId, Arc<Incoming>)>,
    pub(super) failure: Option<Error>,
    /// Threads that wait for a change of the node are to look.
    pub(super) has_changed: bool,
}

impl Core {
    pub(in crate::station) fn new(settings: &Settings, now: Instant) -> Result<Core> {
        let mut random = Ids::default();
        let mut life = [0; 16];
        for half in life.chunks_mut(8) {
            half.copy_from_slice(&random.next()?.to_ne_bytes());
        }
        let life = Life::from(life);
        let limits = RoutesLimits::default();
        Ok(Core {
            name: settings.name.clone(),
            life,
            timeout: settings.timeout,
            routes: Routes::new(&settings.name, life, settings.is_station, limits, now),
            receiver: Receiver::new(life, settings.receiver),
            returns: Returns::default(),
            outbound: OutboundFlows::new(settings.sender),
            peers: Peers::new(settings.autopilot.clone(), random.next()?),
            requests: Requests::default(),
            lanes: Lanes::default(),
            watchers: Watchers::default(),
            parent: None,
            next_link: 0,
            random,
            local: VecDeque::new(),
            out: VecDeque::new(),
            effects: Effects::default(),
            closed: Vec::new(),
            is_registered: false,
            was_known: false,
            is_closing: false,
            running: 0,
            is_asleep: false,
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(in crate::station) fn is_registered(&self) -> bool {
        self.is_registered
    }

    pub(in crate::station) fn has_parent(&self) -> bool {
        self.parent.is_some()
    }

    /// A link has come up.
    pub(super) fn link_up(&mut self, kind: LinkKind, now: Instant) -> LinkId {
        self.next_link += 1;
        let link = LinkId(self.next_link);
        if kind == LinkKind::Parent {
            self.parent = Some(link);
        }
        if kind == LinkKind::Parent {
            self.peer_above(link, now);
        }
        self.routes.link_up(link, kind, now);
        link
    }

    /// A link has been lost.
    pub(super) fn link_lost(&mut self, link: LinkId, now: Instant) {
        if self.parent == Some(link) {
            self.parent = None;
            self.is_registered = false;
        }
        self.lose_peer(link, now);
        self.routes.link_lost(link, now);
    }

    /// Something could not be sent.
    pub(super) fn not_sent(&mut self, unsent: Transmission, is_full: bool, now: Instant) {
        use crate::station::wire::Refusal;
        match unsent.origin {
            Origin::Link => {
                self.link_lost(unsent.link, now);
                self.closed.push((unsent.link, Duration::ZERO));
            }
            Origin::Flow { flow, token } => self.refused_here(flow, token, now),
            Origin::Forwarded => {
                let why = if is_full {
                    Refusal::Congested
                } else {
                    Refusal::Settling
                };
                if let Ok(Header::Routed(routed)) = Header::decode(&unsent.header) {
                    self.refuse(&routed, None, why, now);
                }
            }
            Origin::Peer { message } => {
                self.not_sent_to_peer(unsent.link, message, is_full, now);
            }
            Origin::Nobody => {}
        }
    }

    /// A handler has ended.
    pub(super) fn finished(&mut self, token: u64, seq: u64, outcome: Outcome, now: Instant) {
        self.running = self.running.saturating_sub(1);
        self.receiver.finished(token, seq, outcome, now);
    }

    /// A message that was to be handled is not: nobody learns of an end.
    pub(super) fn abandoned(&mut self) {
        self.running = self.running.saturating_sub(1);
    }

    /// Nothing more is there to be received for now.
    pub(super) fn inbox_is_empty(&mut self, now: Instant) {
        self.receiver.inbox_is_empty(now);
    }

    /// No handler starts from now on.
    pub(super) fn close(&mut self) {
        self.is_closing = true;
        self.watchers.end();
    }

    /// Tells the station that this node goes: its id is free at once.
    pub(super) fn take_leave(&mut self) {
        let parent = self.parent.filter(|link| !self.peers.has(*link));
        if let Some(link) = parent {
            let claim = Claim {
                name: self.name.to_string(),
                life: self.life,
                moves: Vec::new(),
            };
            let state = RowState::Gone;
            self.send_link(link, LinkMessage::Advert(vec![Row { claim, state }]));
        }
    }

    /// Whether handlers run.
    pub(in crate::station) fn is_running(&self) -> bool {
        self.running > 0
    }

    /// When `poll` is to be called, if nothing happens before.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        let times = [
            self.routes.next_timeout(),
            self.receiver.next_timeout(),
            self.outbound.next_timeout(),
            self.peers.timers.first(),
        ];
        times.into_iter().flatten().min()
    }

    /// Time has passed.
    pub(super) fn poll(&mut self, now: Instant) {
        self.poll_peers(now);
        self.routes.poll(now);
        self.receiver.timeout(now);
        while let Some(flow) = self.outbound.due(now) {
            self.take_outbox(flow, now);
        }
    }

    /// Performs all actions of the machines, until there are no more.
    pub(super) fn settle(&mut self, now: Instant) {
        loop {
            while let Some(action) = self.routes.take_action() {
                self.perform(action, now);
            }
            self.take_receiver_actions(now);
            match self.local.pop_front() {
                Some((routed, body)) => self.deliver(None, routed, body, now),
                None => return,
            }
        }
    }

    fn perform(&mut self, action: RoutesAction, now: Instant) {
        match action {
            RoutesAction::Send { link, message } if self.peers.has(link) => {
                self.told_to_peer(link, message, now);
            }
            RoutesAction::Send { link, message } => self.send_link(link, message),
            RoutesAction::SendRouted { routed, link } if self.peers.has(link) => {
                self.local.push_back((routed, Vec::new()));
            }
            RoutesAction::SendRouted { routed, link } => {
                self.send_over(link, routed, SentBody::None, Origin::Nobody);
            }
            RoutesAction::Close { link, pause } => {
                self.lose_peer(link, now);
                if self.parent == Some(link) {
                    self.parent = None;
                    self.is_registered = false;
                }
                self.closed.push((link, pause));
            }
            RoutesAction::Duplicate(id) if self.was_known => {
                warn!("another node has the id {id} as well: messages to it may go there");
            }
            RoutesAction::Duplicate(id) => self.effects.failure = Some(Error::Duplicate { id }),
            RoutesAction::Registered => self.known(now),
            RoutesAction::Appeared(name) => {
                self.watchers.tell(&name, Presence::Appeared);
                self.effects.has_changed = true;
            }
            RoutesAction::Gone(name) => {
                self.watchers.tell(&name, Presence::Gone);
                self.effects.has_changed = true;
            }
        }
    }

    /// The id is confirmed: what others send comes here.
    fn known(&mut self, now: Instant) {
        (self.is_registered, self.was_known) = (true, true);
        self.effects.has_changed = true;
        for flow in self.outbound.reconnected(now) {
            self.take_outbox(flow, now);
        }
    }

    fn send_link(&mut self, link: LinkId, message: LinkMessage) {
        let header = Header::Link(message);
        self.push(link, &header, SentBody::None, Origin::Link);
    }

    fn send_over(&mut self, link: LinkId, routed: Routed, body: SentBody, origin: Origin) {
        self.push(link, &Header::Routed(routed), body, origin);
    }

    fn push(&mut self, link: LinkId, header: &Header, body: SentBody, origin: Origin) {
        // What users send was found to fit; what the machines tell does.
        if let Ok(header) = header.encode() {
            self.out.push_back(Transmission {
                link,
                header: Frame::from(header),
                body,
                origin,
            });
        }
    }

    /// All that is to be sent, and the links that are to be closed.
    pub(super) fn take_work(&mut self) -> (VecDeque<Transmission>, Vec<(LinkId, Duration)>) {
        (take(&mut self.out), take(&mut self.closed))
    }

    /// The thread is about to wait: until when. `None` if there is something to do.
    pub(super) fn fall_asleep(&mut self) -> Option<Option<Instant>> {
        self.is_asleep = self.out.is_empty() && self.closed.is_empty();
        self.is_asleep.then(|| self.next_timeout())
    }

    pub(super) fn take_effects(&mut self) -> Effects {
        take(&mut self.effects)
    }

    /// Gives a request its reply, or its end.
    pub(super) fn answer(&mut self, id: &RequestId, answer: Answer) {
        self.requests.answer(id, answer);
    }
}

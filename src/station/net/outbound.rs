//! The flows of a node to others, and the messages in them that have not ended.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::peers::PeerReceipt;
use crate::station::Life;
use crate::station::end::End;
use crate::station::machine::{
    self, Sender, SenderAction, SenderLimits, Timers, ToReceiver, ToSender,
};
use crate::station::message::Outgoing;
use crate::station::ticket::Slot;
use crate::station::wire::Fault;

/// How long a flow that is closed is remembered: its receiver may remember it for so long, and its numbers go on.
const REMEMBERED: Duration = Duration::from_secs(660);

/// A flow to another node.
#[derive(Debug)]
pub(super) struct Outbound {
    /// This node's name, or that of a program of autopilot that it speaks for.
    pub(super) from: Arc<str>,
    pub(super) to: Arc<str>,
    pub(super) lane: u8,
    /// The stations that it passes: as the latest message said.
    pub(super) hops: Vec<String>,
    sender: Sender<Arc<Outgoing>>,
    /// The messages that have not ended.
    waiting: BTreeMap<u64, Waiting>,
}

/// A message that has not ended.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) told: Told,
    pub(super) since: Instant,
    /// How often it was sent.
    pub(super) tries: u32,
    pub(super) is_request: bool,
    pub(super) unconfirmed: bool,
}

/// Who is told of the end of a message.
#[derive(Debug)]
pub(super) enum Told {
    /// A user of this node.
    Ticket(Arc<Slot>),
    /// The program of autopilot that has sent it.
    Peer(Option<Box<PeerReceipt>>),
}

/// Whose flow it is, and where to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way<'a> {
    pub(super) from: &'a str,
    /// The sender's.
    pub(super) life: Life,
    pub(super) to: &'a str,
    pub(super) lane: u8,
    pub(super) hops: &'a [String],
}

/// The sender, the destination and the lane of a flow.
type FlowName = (Arc<str>, Arc<str>, u8);

/// All flows to others.
#[derive(Debug)]
pub(super) struct OutboundFlows {
    limits: SenderLimits,
    flows: HashMap<u64, Outbound>,
    numbers: HashMap<FlowName, u64>,
    timers: Timers,
    next: u64,
}

/// Something to be done for a flow.
pub(super) enum Outbox {
    Send {
        flow: u64,
        frame: ToReceiver<Arc<Outgoing>>,
    },
    /// A message has ended.
    Ended {
        from: Arc<str>,
        to: Arc<str>,
        seq: u64,
        end: End,
        message: Waiting,
    },
}

/// There is no room for a message.
pub(super) struct NoRoom;

impl OutboundFlows {
    pub(super) fn new(limits: SenderLimits) -> OutboundFlows {
        OutboundFlows {
            limits,
            flows: HashMap::new(),
            numbers: HashMap::new(),
            timers: Timers::default(),
            next: 0,
        }
    }

    pub(super) fn get(&self, flow: u64) -> Option<&Outbound> {
        self.flows.get(&flow)
    }

    /// Takes a message. The random number is for the flow, if it is new.
    pub(super) fn submit(
        &mut self,
        way: Way<'_>,
        (message, told): (&Arc<Outgoing>, impl FnOnce() -> Told),
        (at_most_once, time): (bool, Duration),
        seed: u64,
        now: Instant,
    ) -> Result<(u64, u64), NoRoom> {
        let number = self.number(way, seed, now);
        let flow = self.flows.get_mut(&number).ok_or(NoRoom)?;
        let seq = flow
            .sender
            .submit(message.clone(), at_most_once, time, now)
            .map_err(|_| NoRoom)?;
        flow.hops = way.hops.to_vec();
        let waiting = Waiting {
            told: told(),
            since: now,
            tries: 0,
            is_request: message.is_request,
            unconfirmed: message.unconfirmed,
        };
        flow.waiting.insert(seq, waiting);
        Ok((number, seq))
    }

    /// Whether there is a flow from this address to that one, of this lane.
    pub(super) fn knows(&self, (from, to, lane): (&str, &str, u8)) -> bool {
        self.numbers.contains_key(&(from.into(), to.into(), lane))
    }

    pub(super) fn count(&self) -> usize {
        self.flows.len()
    }

    /// The number of a flow.
    fn number(&mut self, way: Way<'_>, seed: u64, now: Instant) -> u64 {
        let key = (Arc::from(way.from), Arc::from(way.to), way.lane);
        if let Some(number) = self.numbers.get(&key) {
            return *number;
        }
        self.next += 1;
        let flow = Outbound {
            from: key.0.clone(),
            to: key.1.clone(),
            lane: way.lane,
            hops: Vec::new(),
            sender: Sender::new(way.life, self.limits, seed, now),
            waiting: BTreeMap::new(),
        };
        self.flows.insert(self.next, flow);
        self.numbers.insert(key, self.next);
        self.next
    }

    /// An answer has come to this address of ours, from that one.
    pub(super) fn receive(
        &mut self,
        (own, from): (&str, &str),
        lane: u8,
        frame: ToSender,
        now: Instant,
    ) -> Option<u64> {
        let flow = *self.numbers.get(&(own.into(), from.into(), lane))?;
        self.receive_of(flow, frame, now);
        Some(flow)
    }

    /// The same, where the flow is known.
    pub(super) fn receive_of(&mut self, flow: u64, frame: ToSender, now: Instant) {
        if let Some(flow) = self.flows.get_mut(&flow) {
            flow.sender.receive(frame, now);
        }
    }

    /// There is a new link: what was under way may be lost.
    pub(super) fn reconnected(&mut self, now: Instant) -> Vec<u64> {
        for flow in self.flows.values_mut() {
            flow.sender.reconnected(now);
        }
        self.flows.keys().copied().collect()
    }

    /// Ends all messages: nobody tries any longer.
    pub(super) fn give_up(&mut self, now: Instant) -> Vec<u64> {
        for flow in self.flows.values_mut() {
            flow.sender.give_up(now);
        }
        self.flows.keys().copied().collect()
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.timers.first()
    }

    /// A flow whose time has come, and was told so.
    pub(super) fn due(&mut self, now: Instant) -> Option<u64> {
        loop {
            let number = self.timers.due(now)?;
            let Some(flow) = self.flows.get_mut(&number) else {
                continue;
            };
            if flow.sender.is_closed() {
                let flow = self.flows.remove(&number)?;
                self.numbers.remove(&(flow.from, flow.to, flow.lane));
                continue;
            }
            flow.sender.timeout(now);
            return Some(number);
        }
    }

    /// What is to be done for a flow after a change.
    pub(super) fn take_outbox(&mut self, number: u64, now: Instant) -> Vec<Outbox> {
        let Some(flow) = self.flows.get_mut(&number) else {
            return Vec::new();
        };
        let mut outbox = Vec::new();
        for action in flow.sender.take_actions() {
            match action {
                SenderAction::Send(frame) => {
                    if let ToReceiver::Data(parcel) = &frame
                        && let Some(waiting) = flow.waiting.get_mut(&parcel.seq)
                    {
                        waiting.tries += 1;
                    }
                    outbox.push(Outbox::Send {
                        flow: number,
                        frame,
                    });
                }
                SenderAction::End { seq, end } => {
                    if let Some(message) = flow.waiting.remove(&seq) {
                        outbox.push(Outbox::Ended {
                            from: flow.from.clone(),
                            to: flow.to.clone(),
                            seq,
                            end: public(end),
                            message,
                        });
                    }
                }
            }
        }
        let at = flow.sender.next_timeout();
        self.timers
            .set(number, Some(at.unwrap_or(now + REMEMBERED)));
        outbox
    }

    /// All messages that have not ended, each with its flow.
    pub(super) fn waiting(&self) -> impl Iterator<Item = (&Outbound, u64, &Waiting)> {
        let flows = self.flows.values();
        flows.flat_map(|flow| {
            let waiting = flow.waiting.iter();
            waiting.map(move |(seq, waiting)| (flow, *seq, waiting))
        })
    }
}

/// The end, as users see it.
fn public(end: machine::End) -> End {
    match end {
        machine::End::Delivered => End::Delivered,
        machine::End::Failed { fault, text } => match fault {
            Fault::Error | Fault::Panic => End::Failed(text),
            Fault::Received => End::Received,
            Fault::NotSent => End::NotSent,
            Fault::Unknown => End::Unknown,
        },
        machine::End::NotSent => End::NotSent,
        machine::End::Unknown => End::Unknown,
    }
}

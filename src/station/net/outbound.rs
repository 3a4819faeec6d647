//! The flows of a node to others, and the messages in them that have not ended.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::station::Life;
use crate::station::end::End;
use crate::station::machine::{
    self, Sender, SenderAction, SenderLimits, Timers, ToReceiver, ToSender,
};
use crate::station::message::Outgoing;
use crate::station::ticket::Slot;

/// How long a flow that is closed is remembered: its receiver may remember it for so long, and its numbers go on.
const REMEMBERED: Duration = Duration::from_secs(660);

/// A flow to another node.
#[derive(Debug)]
pub(super) struct Outbound {
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
    pub(super) slot: Arc<Slot>,
    pub(super) since: Instant,
    /// How often it was sent.
    pub(super) tries: u32,
    pub(super) is_request: bool,
    pub(super) unconfirmed: bool,
}

/// All flows to others.
#[derive(Debug)]
pub(super) struct OutboundFlows {
    life: Life,
    limits: SenderLimits,
    flows: HashMap<u64, Outbound>,
    numbers: HashMap<(Arc<str>, u8), u64>,
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
        to: Arc<str>,
        seq: u64,
        end: End,
        message: Waiting,
    },
}

/// There is no room for a message.
pub(super) struct NoRoom;

impl OutboundFlows {
    pub(super) fn new(life: Life, limits: SenderLimits) -> OutboundFlows {
        OutboundFlows {
            life,
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
        (to, lane, hops): (&str, u8, &[String]),
        (message, slot): (&Arc<Outgoing>, &Arc<Slot>),
        (at_most_once, time): (bool, Duration),
        seed: u64,
        now: Instant,
    ) -> Result<(u64, u64), NoRoom> {
        let number = self.number(to, lane, seed, now);
        let flow = self.flows.get_mut(&number).ok_or(NoRoom)?;
        let seq = flow
            .sender
            .submit(message.clone(), at_most_once, time, now)
            .map_err(|_| NoRoom)?;
        flow.hops = hops.to_vec();
        let waiting = Waiting {
            slot: slot.clone(),
            since: now,
            tries: 0,
            is_request: message.is_request,
            unconfirmed: message.unconfirmed,
        };
        flow.waiting.insert(seq, waiting);
        Ok((number, seq))
    }

    /// The number of a flow.
    fn number(&mut self, to: &str, lane: u8, seed: u64, now: Instant) -> u64 {
        let key = (Arc::from(to), lane);
        if let Some(number) = self.numbers.get(&key) {
            return *number;
        }
        self.next += 1;
        let flow = Outbound {
            to: key.0.clone(),
            lane,
            hops: Vec::new(),
            sender: Sender::new(self.life, self.limits, seed, now),
            waiting: BTreeMap::new(),
        };
        self.flows.insert(self.next, flow);
        self.numbers.insert(key, self.next);
        self.next
    }

    /// An answer has come from this address.
    pub(super) fn receive(
        &mut self,
        from: &str,
        lane: u8,
        frame: ToSender,
        now: Instant,
    ) -> Option<u64> {
        let flow = *self.numbers.get(&(Arc::from(from), lane))?;
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
                self.numbers.remove(&(flow.to, flow.lane));
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

    /// All messages that have not ended, with who they are for.
    pub(super) fn waiting(&self) -> impl Iterator<Item = (&str, u64, &Waiting)> {
        let flows = self.flows.values();
        flows.flat_map(|flow| {
            let waiting = flow.waiting.iter();
            waiting.map(|(seq, waiting)| (&*flow.to, *seq, waiting))
        })
    }
}

/// The end, as users see it.
fn public(end: machine::End) -> End {
    match end {
        machine::End::Delivered => End::Delivered,
        machine::End::Failed { text, .. } => End::Failed(text),
        machine::End::NotSent => End::NotSent,
        machine::End::Unknown => End::Unknown,
    }
}

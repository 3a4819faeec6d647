//! The receiver of all flows to a node.

use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::time::{Duration, Instant};

use super::super::timers::Timers;
use super::flow::Flow;
use super::frames::{Parcel, Payload, ToSender};
use super::key::FlowKey;
use super::pool::{self, Pool};
use super::rules::{MAX_FAILED, Protocol, Rules};
use super::table::Table;
use crate::station::Life;
use crate::station::wire::{Ack, Failed, Fault, Open, Opened};

/// The longest time for which a sender is remembered that is silent.
const MAX_KEEP_FOR: Duration = Duration::from_millis(610_000);

/// After how long a sender may ask again whether there is room for its flow.
const BUSY_RETRY: Duration = Duration::from_secs(1);

/// How many bytes of a failure's text are told.
const MAX_TEXT: usize = 255;

/// How much a receiver keeps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReceiverLimits {
    /// How many flows it knows.
    pub(crate) flows: usize,
    /// How many bytes of messages it holds in all; more than the largest message has.
    pub(crate) pool: usize,
}

impl Default for ReceiverLimits {
    fn default() -> ReceiverLimits {
        ReceiverLimits {
            flows: 65536,
            pool: 64 << 20,
        }
    }
}

/// How a handler ended: well, or not, with the reason in words.
pub(crate) type Outcome = Result<(), (Fault, String)>;

/// An action for the driver, to be performed in the order given.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ReceiverAction<M> {
    /// Start the handler; [`Receiver::finished`] is to be called in the end.
    Start(Parcel<M>),
    /// Send to the sender of the flow with this token.
    Send { token: u64, frame: ToSender },
}

/// The receiver of all flows to a node.
#[derive(Debug)]
pub(crate) struct Receiver<M, R = Protocol> {
    life: Life,
    table: Table<M>,
    pool: Pool,
    timers: Timers,
    /// The flows that have something to tell.
    unacked: BTreeSet<u64>,
    actions: Vec<ReceiverAction<M>>,
    rules: PhantomData<R>,
}

impl<M: Payload, R: Rules> Receiver<M, R> {
    pub(crate) fn new(life: Life, limits: ReceiverLimits) -> Receiver<M, R> {
        Receiver {
            life,
            table: Table::new(limits.flows),
            pool: Pool::new(limits.pool),
            timers: Timers::default(),
            unacked: BTreeSet::new(),
            actions: Vec::new(),
            rules: PhantomData,
        }
    }

    /// The actions to be performed; the caller performs all of them.
    pub(crate) fn take_actions(&mut self) -> Vec<ReceiverAction<M>> {
        std::mem::take(&mut self.actions)
    }

    /// An OPEN has come. The token is a random number, for the flow if it is new. Gives the reply.
    pub(crate) fn open(
        &mut self,
        to: Box<str>,
        lane: u8,
        open: &Open,
        token: u64,
        now: Instant,
    ) -> Option<ToSender> {
        let life = open.life;
        let key = FlowKey { life, to, lane };
        let keep_for = Duration::from_millis(open.keep_for.into()).min(MAX_KEEP_FOR);
        let keep_for = R::keep_for(keep_for);
        let token = match self.table.token(&key) {
            Some(known) => known,
            None if self.table.is_full() && !R::makes_room(&mut self.table) => {
                return Some(ToSender::Busy {
                    opening: open.opening,
                    retry_after: BUSY_RETRY,
                });
            }
            None => {
                let flow = Flow::new(key, open.base, keep_for, now);
                self.table.insert(token, flow);
                token
            }
        };
        let flow = self.table.get_mut(token)?;
        flow.heard = now;
        flow.keep_for = flow.keep_for.max(keep_for);
        flow.accepted = R::skips_to(open.base, flow.accepted);
        flow.forget_failures(open.base);
        let opened = Opened {
            opening: open.opening,
            token,
            life: self.life,
            handled: flow.handled(),
            accepted: flow.accepted,
            credit: flow.credit(),
        };
        self.start(token);
        self.reschedule(token);
        Some(ToSender::Opened(opened))
    }

    /// A message has come. Gives the reply, if there is one at once.
    pub(crate) fn data(&mut self, parcel: Parcel<M>, now: Instant) -> Option<ToSender> {
        let token = parcel.token;
        if self.table.get(token).is_none() && !R::adopts(&mut self.table, &parcel, now) {
            let life = self.life;
            return Some(ToSender::Reset { token, life });
        }
        let flow = self.table.get_mut(token)?;
        flow.heard = now;
        flow.accepted = R::skips_to(parcel.base, flow.accepted);
        flow.forget_failures(parcel.base);
        let size = parcel.message.size();
        let (cost, held) = (pool::cost(size), flow.held());
        let is_within = flow.window.admits(held, flow.bytes, size);
        if parcel.seq == flow.accepted && (is_within || R::takes_beyond_credit(held == 0)) {
            if self.pool.has_room(cost) {
                self.pool.take(cost);
                flow.bytes += size;
                flow.accepted += 1;
                flow.queue.push_back(parcel);
            } else if !flow.is_waiting && self.pool.may_have_room(cost) {
                flow.is_waiting = true;
                flow.window.halve();
                self.pool.wait(token, cost);
            }
        }
        let is_much = flow.owe_ack(now);
        self.start(token);
        let reply = match is_much {
            true => self.make_ack(token, now),
            false => {
                self.unacked.insert(token);
                None
            }
        };
        self.reschedule(token);
        reply
    }

    /// Whether a flow has this token.
    pub(crate) fn knows(&self, token: u64) -> bool {
        self.table.get(token).is_some()
    }

    /// An END has come.
    pub(crate) fn end(&mut self, token: u64, next: u64) {
        let Some(flow) = self.table.get_mut(token) else {
            return;
        };
        if R::end_counts(next, flow.accepted, flow.held() == 0) {
            self.forget(token);
        }
    }

    /// A handler has finished.
    pub(crate) fn finished(&mut self, token: u64, seq: u64, outcome: Outcome, now: Instant) {
        let Some(flow) = self.table.get_mut(token) else {
            return;
        };
        let Some(running) = flow.running.take_if(|running| running.seq == seq) else {
            return;
        };
        flow.bytes -= running.size;
        self.pool.give_back(pool::cost(running.size));
        if let Err((fault, mut text)) = outcome {
            let ends = text.char_indices().map(|(at, _)| at);
            if let Some(end) = ends.take_while(|end| *end <= MAX_TEXT).last() {
                text.truncate(if text.len() > MAX_TEXT {
                    end
                } else {
                    text.len()
                });
            }
            flow.failed.push(Failed { seq, fault, text });
        }
        flow.window.one_handled(self.pool.is_short());
        let is_much = flow.owe_ack(now);
        self.unacked.insert(token);
        self.start(token);
        if is_much {
            self.send_ack(token, now);
        }
        self.tell_room(now);
        self.reschedule(token);
    }

    /// Nothing more is there to be received for now: what is to be told is told.
    pub(crate) fn inbox_is_empty(&mut self, now: Instant) {
        while let Some(token) = self.unacked.pop_first() {
            if self.table.get(token).is_some_and(Flow::owes_ack) {
                self.send_ack(token, now);
                self.reschedule(token);
            }
        }
    }

    /// When `timeout` is to be called, if nothing happens before.
    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        self.timers.first()
    }

    /// Time has passed.
    pub(crate) fn timeout(&mut self, now: Instant) {
        while let Some(token) = self.timers.due(now) {
            let Some(flow) = self.table.get(token) else {
                continue;
            };
            if flow.is_ack_due(now) {
                self.send_ack(token, now);
            } else if flow.is_over(now) {
                self.forget(token);
            }
            self.reschedule(token);
        }
    }

    /// Starts the next message of a flow, if none runs.
    fn start(&mut self, token: u64) {
        let flow = self.table.get_mut(token);
        if let Some(parcel) = flow.and_then(|flow| flow.start(R::max_failures())) {
            self.actions.push(ReceiverAction::Start(parcel));
        }
    }

    /// Tells those that wait for room that there is some.
    fn tell_room(&mut self, now: Instant) {
        while let Some(token) = self.pool.next_with_room() {
            if let Some(flow) = self.table.get_mut(token) {
                flow.is_waiting = false;
                self.send_ack(token, now);
                self.reschedule(token);
            }
        }
    }

    fn send_ack(&mut self, token: u64, now: Instant) {
        if let Some(frame) = self.make_ack(token, now) {
            self.actions.push(ReceiverAction::Send { token, frame });
        }
    }

    fn make_ack(&mut self, token: u64, now: Instant) -> Option<ToSender> {
        let flow = self.table.get_mut(token)?;
        flow.acked(now);
        self.unacked.remove(&token);
        Some(ToSender::Ack(Ack {
            token,
            life: self.life,
            handled: flow.handled(),
            accepted: flow.accepted,
            credit: flow.credit(),
            failed: flow.failed.iter().take(MAX_FAILED).cloned().collect(),
        }))
    }

    fn reschedule(&mut self, token: u64) {
        let at = self.table.get(token).and_then(Flow::next_timeout);
        self.timers.set(token, at);
    }

    fn forget(&mut self, token: u64) {
        self.table.remove(token);
        self.pool.forget(token);
        self.timers.set(token, None);
        self.unacked.remove(&token);
    }

    /// How many bytes of the pool are taken.
    #[cfg(test)]
    pub(super) fn pool_used(&self) -> usize {
        self.pool.used()
    }

    #[cfg(test)]
    pub(super) fn table(&self) -> &Table<M> {
        &self.table
    }
}

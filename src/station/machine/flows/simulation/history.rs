//! A history: a receiver, some senders, and what happens to them.

mod delivery;
mod forgery;
mod plan;

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use super::super::super::agenda::Agenda;
use super::super::end::End;
use super::super::frames::{ToReceiver, ToSender};
use super::super::receiver::{Receiver, ReceiverAction};
use super::super::rules::Rules;
use super::super::sender::{Sender, SenderAction};
use super::super::window;
use super::network::{Happening, Numbered};
use super::records::{Checked, Records};
use super::script::Script;
use crate::station::Life;
use crate::station::wire::Fault;

/// How long nothing happens once all is well: until all flows and late copies are gone.
const SETTLING: Duration = Duration::from_secs(200);

/// How long each sender has for itself then.
const TURN: Duration = Duration::from_secs(150);

/// How many messages each sends in its turn.
const CALM_MESSAGES: u64 = 3;

/// How many frames may be refused in a second, by a sender whose messages are few.
const REFUSALS_A_SECOND: u64 = 10;

struct Client<R> {
    machine: Sender<Numbered, R>,
    /// The number of its life.
    life: usize,
    ids: HashMap<u64, u64>,
    /// How many messages it will still send.
    left: u64,
    tokens: Vec<u64>,
}

pub(super) struct History<R> {
    script: Script,
    agenda: Agenda<Happening>,
    began: Instant,
    now: Instant,
    clients: Vec<Client<R>>,
    server: Receiver<Numbered, R>,
    /// The number of the receiver's life.
    life: usize,
    down_until: Instant,
    /// Whether a station refuses what cannot be delivered.
    refuses: bool,
    is_cut: bool,
    is_calm: bool,
    records: Records,
    lives: usize,
    ids: u64,
    refused: u64,
    /// When the last frame arrives, to the receiver and back.
    last_arrival: HashMap<bool, Instant>,
    /// How often each kind of thing was seen.
    pub(super) seen: BTreeMap<&'static str, u64>,
}

impl<R: Rules> History<R> {
    pub(super) fn new(mut script: Script) -> History<R> {
        let now = Instant::now();
        let server = Receiver::new(Life::from(script.dice.bytes16()), script.receiver);
        let mut history = History {
            agenda: Agenda::default(),
            began: now,
            now,
            clients: Vec::new(),
            server,
            life: 0,
            down_until: now,
            refuses: false,
            is_cut: false,
            is_calm: false,
            records: Records::default(),
            lives: 0,
            ids: 0,
            refused: 0,
            last_arrival: HashMap::new(),
            seen: BTreeMap::new(),
            script,
        };
        for sender in 0..history.script.senders {
            let client = history.new_client(history.script.messages);
            history.clients.push(client);
            history.plan_submit(sender);
        }
        history.plan();
        history
    }

    fn new_client(&mut self, left: u64) -> Client<R> {
        let life = Life::from(self.script.dice.bytes16());
        let seed = self.script.dice.next();
        self.lives += 1;
        Client {
            machine: Sender::new(life, self.script.sender, seed, self.now),
            life: self.lives,
            ids: HashMap::new(),
            left,
            tokens: Vec::new(),
        }
    }

    /// Runs it to its end.
    pub(super) fn run(&mut self) -> Checked {
        loop {
            let timers = self.clients.iter().map(|it| it.machine.next_timeout());
            let timers = timers.chain([self.server.next_timeout()]).flatten();
            let timer = timers.min().map(|at| at.max(self.now));
            let happening = self.agenda.first();
            match (timer, happening) {
                (None, None) => break,
                (Some(timer), Some(first)) if first <= timer => self.happens(first)?,
                (None, Some(first)) => self.happens(first)?,
                (Some(timer), _) => self.time_passes(timer)?,
            }
            self.check_bounds()?;
        }
        self.records.all_ended()
    }

    fn time_passes(&mut self, now: Instant) -> Checked {
        self.now = now;
        for sender in 0..self.clients.len() {
            if self.clients[sender]
                .machine
                .next_timeout()
                .is_some_and(|at| at <= now)
            {
                self.clients[sender].machine.timeout(now);
                self.perform(sender)?;
            }
        }
        if self.server.next_timeout().is_some_and(|at| at <= now) {
            self.server.timeout(now);
            self.serve()?;
        }
        Ok(())
    }

    fn happens(&mut self, at: Instant) -> Checked {
        let Some(happening) = self.agenda.next() else {
            return Ok(());
        };
        self.now = at;
        match happening {
            Happening::Submit { sender } => return self.submit(sender),
            Happening::Arrive { sender, frame } => return self.arrive(sender, frame),
            Happening::Return { sender, frame } => {
                if let ToSender::Opened(opened) = &frame {
                    self.clients[sender].tokens.push(opened.token);
                }
                self.clients[sender].machine.receive(frame, at);
                return self.perform(sender);
            }
            Happening::Finish {
                life,
                token,
                seq,
                id,
            } if life == self.life => {
                let is_ok = !self.script.dice.percent(self.script.failures);
                self.records.finished(id, is_ok);
                let outcome = match is_ok {
                    true => Ok(()),
                    false => Err((Fault::Error, "it failed".repeat(50))),
                };
                self.server.finished(token, seq, outcome, at);
                return self.serve();
            }
            Happening::Finish { .. } => {}
            Happening::KillReceiver if self.is_calm => {}
            Happening::KillReceiver => {
                let life = Life::from(self.script.dice.bytes16());
                self.server = Receiver::new(life, self.script.receiver);
                self.life += 1;
                self.down_until = at + self.script.dice.millis(0, 8000);
                self.refuses = self.script.dice.percent(50);
                self.refused = 0;
            }
            Happening::KillSender { sender } => {
                let left = self.clients[sender].left;
                self.records.killed(self.clients[sender].life);
                self.clients[sender] = self.new_client(left);
            }
            Happening::Cut => self.is_cut = !self.is_calm,
            Happening::Heal => {
                self.is_cut = false;
                for sender in 0..self.clients.len() {
                    if self.script.dice.percent(50) {
                        self.clients[sender].machine.reconnected(at);
                        self.perform(sender)?;
                    }
                }
            }
            Happening::Forge { sender } => return self.forge(sender),
            Happening::Quiet => {
                (self.is_cut, self.is_calm, self.down_until) = (false, true, at);
                // Where more is lost, a message may have no luck until its deadline.
                self.script.losses = self.script.losses.min(15);
            }
        }
        Ok(())
    }

    fn submit(&mut self, sender: usize) -> Checked {
        let script = &mut self.script;
        self.ids += 1;
        let message = Numbered {
            id: self.ids,
            size: script.dice.roll(script.size) as usize,
        };
        let (from, to) = script.deadline;
        let time = match self.is_calm {
            true => Duration::from_secs(60),
            false => script.dice.millis(from, to),
        };
        // What is sent under the token of a life that has ended, before the sender knows, is not sent again.
        let may_be_pinned = !self.is_calm || self.now >= self.began + script.unrest + SETTLING;
        let at_most_once = may_be_pinned && script.dice.percent(script.at_most_once);
        let client = &mut self.clients[sender];
        let taken = client.machine.submit(message, at_most_once, time, self.now);
        if let Ok(seq) = taken {
            client.ids.insert(seq, self.ids);
            let deadline = self.now + time;
            let (id, life) = (self.ids, client.life);
            self.records
                .submitted(id, life, seq, deadline, at_most_once, self.is_calm);
        }
        self.perform(sender)?;
        self.plan_submit(sender);
        Ok(())
    }

    /// Does what a sender wants to be done.
    fn perform(&mut self, sender: usize) -> Checked {
        for action in self.clients[sender].machine.take_actions() {
            match action {
                SenderAction::End { seq, end } => {
                    let id = self.clients[sender].ids[&seq];
                    self.see(match &end {
                        End::Delivered => "Delivered",
                        End::Failed { .. } => "Failed",
                        End::NotSent => "NotSent",
                        End::Unknown => "Unknown",
                    });
                    self.records.ended(id, end, self.now)?;
                }
                SenderAction::Send(frame) => {
                    let is_down = self.now < self.down_until;
                    let is_refused = match is_down {
                        true => self.refuses,
                        false => self.script.dice.percent(self.script.refusals),
                    };
                    let (kind, token) = match &frame {
                        ToReceiver::Open(_) => ("OPEN", Some(0)),
                        ToReceiver::Data(parcel) if parcel.is_redelivered => {
                            ("flagged", Some(parcel.token))
                        }
                        ToReceiver::Data(parcel) => ("DATA", Some(parcel.token)),
                        ToReceiver::End { .. } => ("END", None),
                    };
                    self.see(kind);
                    match token {
                        Some(token) if is_refused && !self.is_cut => {
                            self.refuse(sender, token, is_down)?;
                        }
                        _ => self.transmit(Happening::Arrive { sender, frame }),
                    }
                }
            }
        }
        Ok(())
    }

    fn see(&mut self, what: &'static str) {
        *self.seen.entry(what).or_default() += 1;
    }

    /// Does what the receiver wants to be done.
    fn serve(&mut self) -> Checked {
        for action in self.server.take_actions() {
            match action {
                ReceiverAction::Send { token, frame } => {
                    // A driver knows whom a flow is from.
                    let known = |it: &Client<R>| {
                        it.tokens.contains(&token) || it.machine.token() == Some(token)
                    };
                    if let Some(sender) = self.clients.iter().position(known) {
                        self.answer(sender, frame);
                    }
                }
                ReceiverAction::Start(parcel) => {
                    let id = parcel.message.id;
                    self.records.started(id, self.life, parcel.is_redelivered)?;
                    let at = self.now + self.script.dice.millis(0, self.script.work + 1);
                    self.agenda.add(
                        at,
                        Happening::Finish {
                            life: self.life,
                            token: parcel.token,
                            seq: parcel.seq,
                            id,
                        },
                    );
                }
            }
        }
        Ok(())
    }

    /// Rule 8.
    fn check_bounds(&self) -> Checked {
        let limits = &self.script.receiver;
        let mut flows = self.server.table().flows().values();
        let holds = self.server.pool_used() <= limits.pool
            && flows.len() <= limits.flows
            && flows.all(|flow| {
                flow.held() <= window::MAX.messages.into() && flow.failed.len() <= R::max_failures()
            });
        match holds {
            true => Ok(()),
            false => Err("rule 8: a bound does not hold".to_owned()),
        }
    }
}

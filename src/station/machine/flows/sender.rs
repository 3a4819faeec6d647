//! The sender of a flow.

mod answers;
mod sending;

use std::marker::PhantomData;
use std::time::{Duration, Instant};

use super::end::End;
use super::frames::{Payload, ToReceiver, ToSender};
use super::outbox::Outbox;
use super::pace::{MAX_RTO, Pace};
use super::rules::{Protocol, Rules};
use crate::station::Life;
use crate::station::wire::Credit;

/// How long a flow stays open without a message.
const IDLE: Duration = Duration::from_secs(60);

/// How much longer than its longest deadline a sender asks to be remembered: clocks differ, and messages take time.
const MARGIN: Duration = Duration::from_secs(10);

/// The longest deadline that a message may have.
pub(super) const LONGEST: Duration = Duration::from_secs(600);

/// How much a sender keeps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SenderLimits {
    /// How many messages wait at most, to be sent or to end.
    pub(crate) messages: usize,
    /// How many bytes these have at most.
    pub(crate) bytes: usize,
    /// How long after it was taken a message ends at the latest; at most 10 minutes.
    pub(crate) longest: Duration,
}

impl Default for SenderLimits {
    fn default() -> SenderLimits {
        SenderLimits {
            messages: 16384,
            bytes: 64 << 20,
            longest: Duration::from_secs(60),
        }
    }
}

/// The outbox has no room; here is the message.
#[derive(Debug)]
pub(crate) struct Full<M>(pub(crate) M);

/// An action for the driver, to be performed in the order given.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SenderAction<M> {
    Send(ToReceiver<M>),
    /// Tell the user what became of a message.
    End {
        seq: u64,
        end: End,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// There is nothing to be sent.
    Closed,
    /// The receiver is asked for a token.
    Opening,
    Open {
        token: u64,
    },
}

/// The sender of a flow.
#[derive(Debug)]
pub(crate) struct Sender<M, R = Protocol> {
    life: Life,
    limits: SenderLimits,
    state: State,
    /// The number of the present opening.
    opening: u32,
    outbox: Outbox<M>,
    /// The next message to be sent.
    cursor: u64,
    /// One after the last that was sent under the present token.
    reached: u64,
    /// What the receiver has said, of the present token.
    handled: u64,
    accepted: u64,
    credit: Credit,
    pace: Pace,
    /// When it is sent again what was not answered.
    retry_at: Instant,
    /// When a message was taken or ended last.
    active_at: Instant,
    /// Refused by a station since the last progress.
    is_refused: bool,
    actions: Vec<SenderAction<M>>,
    rules: PhantomData<R>,
}

impl<M: Payload, R: Rules> Sender<M, R> {
    /// A sender of this life, with a random number.
    pub(crate) fn new(life: Life, limits: SenderLimits, seed: u64, now: Instant) -> Sender<M, R> {
        let mut pace = Pace::new(seed);
        Sender {
            life,
            limits: SenderLimits {
                longest: limits.longest.min(LONGEST),
                ..limits
            },
            state: State::Closed,
            opening: pace.random() as u32,
            outbox: Outbox::new(),
            cursor: 0,
            reached: 0,
            handled: 0,
            accepted: 0,
            credit: Credit {
                messages: 0,
                bytes: 0,
            },
            pace,
            retry_at: now,
            active_at: now,
            is_refused: false,
            actions: Vec::new(),
            rules: PhantomData,
        }
    }

    /// The actions to be performed; the caller performs all of them.
    pub(crate) fn take_actions(&mut self) -> Vec<SenderAction<M>> {
        std::mem::take(&mut self.actions)
    }

    /// Takes a message, and gives its number.
    pub(crate) fn submit(
        &mut self,
        message: M,
        at_most_once: bool,
        time: Duration,
        now: Instant,
    ) -> Result<u64, Full<M>> {
        let messages = self.outbox.next() - self.outbox.base();
        let bytes = self.outbox.bytes().saturating_add(message.size());
        if messages >= self.limits.messages as u64 || bytes > self.limits.bytes {
            return Err(Full(message));
        }
        let was_empty = self.outbox.is_empty();
        let deadline = now + time.min(self.limits.longest);
        let seq = self.outbox.push(message, deadline, at_most_once);
        self.active_at = now;
        match self.state {
            State::Closed => self.open(now),
            State::Opening => {}
            State::Open { .. } => {
                if was_empty {
                    self.retry_at = now + self.pace.rto();
                }
                self.pump(now);
            }
        }
        Ok(seq)
    }

    /// Something has come from the receiver or from a station.
    pub(crate) fn receive(&mut self, frame: ToSender, now: Instant) {
        match (frame, self.state) {
            (ToSender::Opened(opened), State::Opening) => self.opened(&opened, now),
            (
                ToSender::Busy {
                    opening,
                    retry_after,
                },
                State::Opening,
            ) if R::opening_counts(self.opening, opening) => {
                self.retry_at = now + self.pace.jittered(retry_after.min(MAX_RTO));
            }
            (ToSender::Ack(ack), State::Open { token }) if R::token_counts(token, ack.token) => {
                self.ack(ack, now);
            }
            (ToSender::Reset { token: theirs, .. }, State::Open { token })
                if R::token_counts(token, theirs) =>
            {
                self.open(now);
            }
            (ToSender::Refuse { token: 0 }, State::Opening) => self.refused(now),
            (ToSender::Refuse { token: theirs }, State::Open { token })
                if R::token_counts(token, theirs) =>
            {
                self.cursor = self.outbox.base();
                self.pace.pause();
                self.refused(now);
            }
            // Late, repeated or forged.
            _ => {}
        }
    }

    /// There is a new connection: what was under way may be lost.
    pub(crate) fn reconnected(&mut self, now: Instant) {
        self.retry_at = now;
        self.retry(now);
    }

    /// When `timeout` is to be called, if nothing happens before.
    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        let own = match (self.state, self.outbox.is_empty()) {
            (State::Closed, _) => None,
            (State::Opening, _) | (State::Open { .. }, false) => Some(self.retry_at),
            (State::Open { .. }, true) => Some(self.active_at + IDLE),
        };
        own.into_iter().chain(self.outbox.first_deadline()).min()
    }

    /// Time has passed.
    pub(crate) fn timeout(&mut self, now: Instant) {
        while let Some(seq) = self.outbox.expired(now) {
            self.end_untold(seq, now);
        }
        match self.state {
            State::Open { token } if self.outbox.is_empty() && now >= self.active_at + IDLE => {
                let next = self.outbox.next();
                self.send(ToReceiver::End { token, next });
                self.state = State::Closed;
            }
            State::Opening if self.outbox.is_empty() => self.state = State::Closed,
            _ => self.retry(now),
        }
        self.pump(now);
    }

    /// Ends all messages: nobody tries any longer.
    pub(crate) fn give_up(&mut self, now: Instant) {
        for seq in self.outbox.base()..self.outbox.next() {
            self.end_untold(seq, now);
        }
    }

    /// Whether there is nothing to be sent and nothing to be waited for.
    pub(crate) fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed) && self.outbox.is_empty()
    }

    /// Ends a message of which nothing was heard.
    fn end_untold(&mut self, seq: u64, now: Instant) {
        let was_sent = self.outbox.get(seq).is_some_and(|it| it.was_sent);
        let end = if was_sent { End::Unknown } else { End::NotSent };
        self.end(seq, end, now);
    }

    fn send(&mut self, frame: ToReceiver<M>) {
        self.actions.push(SenderAction::Send(frame));
    }

    fn end(&mut self, seq: u64, end: End, now: Instant) {
        if self.outbox.end(seq).is_some() {
            self.active_at = now;
            self.actions.push(SenderAction::End { seq, end });
        }
    }

    /// The present token.
    #[cfg(test)]
    pub(super) fn token(&self) -> Option<u64> {
        match self.state {
            State::Open { token } => Some(token),
            State::Closed | State::Opening => None,
        }
    }
}

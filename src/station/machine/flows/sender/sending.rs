//! What a sender sends, and when.

use std::time::Instant;

use super::super::frames::{Parcel, Payload, ToReceiver};
use super::super::rules::Rules;
use super::{IDLE, MARGIN, Sender, State};
use crate::station::wire::Open;

impl<M: Payload, R: Rules> Sender<M, R> {
    /// Sends again what was not answered, if it is time.
    pub(super) fn retry(&mut self, now: Instant) {
        if self.outbox.is_empty() || now < self.retry_at {
            return;
        }
        self.retry_at = now + self.pace.rto();
        match self.state {
            State::Closed => {}
            State::Opening => self.send_open(),
            State::Open { .. } => {
                self.pace.probe();
                self.send_data(self.outbox.base(), now);
                self.cursor = self.outbox.base() + 1;
            }
        }
    }

    /// Begins, or begins anew.
    pub(super) fn open(&mut self, now: Instant) {
        if self.outbox.is_empty() {
            self.state = State::Closed;
            return;
        }
        self.state = State::Opening;
        self.opening = self.opening.wrapping_add(1);
        self.retry_at = now + self.pace.rto();
        self.is_refused = false;
        self.send_open();
    }

    fn send_open(&mut self) {
        let keep_for = self.limits.longest.max(IDLE) + MARGIN;
        self.send(ToReceiver::Open(Open {
            life: self.life,
            opening: self.opening,
            base: self.outbox.base(),
            keep_for: keep_for.as_millis() as u32,
        }));
    }

    /// Sends as much as may be sent.
    pub(super) fn pump(&mut self, now: Instant) {
        let State::Open { .. } = self.state else {
            return;
        };
        self.cursor = self.cursor.max(self.accepted).max(self.outbox.base());
        // One that has ended before an earlier one is not sent: it is skipped when the base has come to it.
        while self.outbox.get(self.cursor).is_some() && self.may_send() {
            self.send_data(self.cursor, now);
            self.cursor += 1;
        }
    }

    fn may_send(&self) -> bool {
        let on_its_way = self.cursor - self.outbox.base();
        let window = self.pace.window().min(self.credit.messages.into());
        let fits = || self.outbox.bytes_to(self.cursor) <= self.credit.bytes.into();
        // The base goes whatever its size.
        on_its_way < window.into() && (on_its_way == 0 || fits())
    }

    pub(super) fn send_data(&mut self, seq: u64, now: Instant) {
        let (State::Open { token }, base) = (self.state, self.outbox.base()) else {
            return;
        };
        let Some(pending) = self.outbox.get_mut(seq) else {
            return;
        };
        let was_sent = std::mem::replace(&mut pending.was_sent, true);
        let parcel = Parcel {
            token,
            seq,
            base,
            is_redelivered: R::is_flagged(pending.was_sent_before, was_sent),
            at_most_once: pending.at_most_once,
            left: pending.deadline.saturating_duration_since(now),
            message: pending.message.clone(),
        };
        self.pace.sent(seq, !was_sent, now);
        self.reached = self.reached.max(seq + 1);
        self.send(ToReceiver::Data(parcel));
    }
}

//! What a sender makes of the answers of the receiver and of stations.

use std::time::Instant;

use super::super::end::End;
use super::super::frames::Payload;
use super::super::rules::{MAX_FAILED, Rules};
use super::{Sender, State};
use crate::station::wire::{Ack, Opened};

impl<M: Payload, R: Rules> Sender<M, R> {
    pub(super) fn opened(&mut self, opened: &Opened, now: Instant) {
        if !R::opening_counts(self.opening, opened.opening) || opened.accepted > self.outbox.next()
        {
            return;
        }
        let token = opened.token;
        self.state = State::Open { token };
        for seq in self.outbox.base()..self.outbox.next() {
            let Some(pending) = self.outbox.get_mut(seq).filter(|it| it.was_sent) else {
                continue;
            };
            pending.was_sent_before = true;
            if pending.at_most_once && R::at_most_once_ends() {
                self.end(seq, End::Unknown, now);
            }
        }
        self.cursor = self.outbox.base();
        self.reached = self.cursor.max(opened.accepted);
        (self.handled, self.accepted) = (opened.handled, opened.accepted);
        self.credit = opened.credit;
        self.is_refused = false;
        self.pace.open();
        self.retry_at = now + self.pace.rto();
        self.pump(now);
    }

    pub(super) fn ack(&mut self, ack: Ack, now: Instant) {
        if ack.handled > ack.accepted || ack.accepted > self.reached {
            return;
        }
        let base = self.outbox.base();
        let ended = R::ended_below(ack.handled, ack.accepted);
        let has_progress = ended > base || ack.accepted > self.accepted;
        let are_full = ack.failed.len() >= MAX_FAILED;
        let mut failed = ack.failed.into_iter().peekable();
        for seq in base..ended {
            while failed.next_if(|it| it.seq < seq).is_some() {}
            let end = match failed.next_if(|it| it.seq == seq) {
                Some(failed) => End::Failed {
                    fault: failed.fault,
                    text: failed.text,
                },
                None => End::Delivered,
            };
            self.end(seq, end, now);
        }
        // Those that overtake each other must not take back what a later one has said.
        if ack.handled >= self.handled && ack.accepted >= self.accepted {
            (self.handled, self.accepted) = (ack.handled, ack.accepted);
            self.credit = ack.credit;
        }
        if self.credit.messages == 0 {
            // It had no room for the rest.
            self.cursor = self.accepted;
        }
        if has_progress {
            self.pace.progress(ack.accepted, now);
            self.is_refused = false;
        }
        if has_progress || self.accepted >= self.cursor {
            self.retry_at = now + self.pace.rto();
        }
        if has_progress && are_full {
            // The receiver waits until it hears that these are known.
            self.send_data(self.outbox.base(), now);
        }
        self.pump(now);
    }

    /// A station has refused what was sent: it is sent again soon, once, and then as if it had got lost.
    pub(super) fn refused(&mut self, now: Instant) {
        let pause = R::pause_after_refusal(!self.is_refused, self.pace.random());
        if let Some(pause) = pause {
            self.retry_at = now + pause;
        }
        self.is_refused = true;
    }
}

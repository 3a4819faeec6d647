//! What has happened to each message, and whether that breaks a rule. The numbers are those of docs/station.md.

use std::collections::HashMap;
use std::time::Instant;

use super::super::end::End;

/// What is known of a message.
#[derive(Debug)]
struct Record {
    /// The number of its sender's life.
    sender: usize,
    seq: u64,
    deadline: Instant,
    at_most_once: bool,
    /// It was sent when all was well.
    is_calm: bool,
    end: Option<End>,
    /// The receiver's lives in which a handler started.
    starts: Vec<usize>,
    has_finished: bool,
    has_failed: bool,
}

/// All messages of a history.
#[derive(Debug, Default)]
pub(super) struct Records {
    records: HashMap<u64, Record>,
    /// The lives of senders that were killed.
    dead: Vec<usize>,
    /// The last message that started, of a sender's life in a receiver's.
    last_started: HashMap<(usize, usize), u64>,
    /// The most messages that a receiver's life has given credit for to a sender's.
    credit: HashMap<(usize, usize), u16>,
    /// How many messages of a sender's life were started again that had been started last in this life of the receiver.
    again: HashMap<(usize, usize), u64>,
}

pub(super) type Checked = Result<(), String>;

fn check(rule: u32, holds: bool, words: impl FnOnce() -> String) -> Checked {
    match holds {
        true => Ok(()),
        false => Err(format!("rule {rule}: {}", words())),
    }
}

impl Records {
    pub(super) fn submitted(
        &mut self,
        id: u64,
        sender: usize,
        seq: u64,
        deadline: Instant,
        at_most_once: bool,
        is_calm: bool,
    ) {
        let record = Record {
            sender,
            seq,
            deadline,
            at_most_once,
            is_calm,
            end: None,
            starts: Vec::new(),
            has_finished: false,
            has_failed: false,
        };
        self.records.insert(id, record);
    }

    pub(super) fn credit(&mut self, sender: usize, receiver: usize, messages: u16) {
        let credit = self.credit.entry((sender, receiver)).or_default();
        *credit = messages.max(*credit);
    }

    pub(super) fn started(&mut self, id: u64, receiver: usize, is_flagged: bool) -> Checked {
        let Some(record) = self.records.get_mut(&id) else {
            return check(2, false, || format!("{id} was never sent"));
        };
        let was_not_sent = record.end == Some(End::NotSent);
        check(3, !was_not_sent, || {
            format!("{id} was not sent, and started")
        })?;
        let is_new = !record.starts.contains(&receiver);
        check(4, is_new, || format!("{id} started twice in one life"))?;
        if let Some(last) = record.starts.last() {
            check(5, is_flagged, || {
                format!("{id} started again, without a flag")
            })?;
            check(6, !record.at_most_once, || format!("{id} started again"))?;
            let place = (record.sender, *last);
            let again = self.again.entry(place).or_default();
            *again += 1;
            let credit = self.credit.get(&place).copied().unwrap_or(1).max(1);
            let most = u64::from(credit);
            check(5, *again <= most, || format!("{again} again, of {most}"))?;
        }
        record.starts.push(receiver);
        let place = (record.sender, receiver);
        let last = self.last_started.insert(place, record.seq);
        let is_later = last.is_none_or(|last| last < record.seq);
        check(7, is_later, || format!("{} after {last:?}", record.seq))
    }

    pub(super) fn finished(&mut self, id: u64, is_ok: bool) {
        if let Some(record) = self.records.get_mut(&id) {
            record.has_finished |= is_ok;
            record.has_failed |= !is_ok;
        }
    }

    pub(super) fn ended(&mut self, id: u64, end: End, now: Instant) -> Checked {
        let Some(record) = self.records.get_mut(&id) else {
            return check(1, false, || format!("{id} was never sent"));
        };
        check(1, record.end.is_none(), || format!("{id} ends twice"))?;
        check(1, now <= record.deadline, || format!("{id} ends late"))?;
        match &end {
            End::Delivered => check(2, record.has_finished, || {
                format!("{id} is delivered, and no handler has finished")
            })?,
            End::Failed { .. } => check(2, record.has_failed, || {
                format!("{id} failed, and no handler did")
            })?,
            End::NotSent => check(3, record.starts.is_empty(), || {
                format!("{id} was not sent, and had started")
            })?,
            End::Unknown => check(10, !record.is_calm, || {
                format!("{id} is unknown, and all was well")
            })?,
        }
        if record.is_calm {
            let is_handled = end != End::NotSent;
            check(10, is_handled, || {
                format!("{id} was not sent, and all was well")
            })?;
        }
        record.end = Some(end);
        Ok(())
    }

    pub(super) fn killed(&mut self, sender: usize) {
        self.dead.push(sender);
    }

    /// All messages of living senders have ended.
    pub(super) fn all_ended(&self) -> Checked {
        let open = self
            .records
            .iter()
            .find(|(_, record)| record.end.is_none() && !self.dead.contains(&record.sender));
        check(1, open.is_none(), || format!("{open:?} has no end"))
    }
}

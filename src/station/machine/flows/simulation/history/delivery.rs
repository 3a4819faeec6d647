//! How frames arrive, or do not.

use super::super::super::frames::{ToReceiver, ToSender};
use super::super::super::rules::{MAX_FAILED, Rules};
use super::super::network::{Happening, Numbered};
use super::super::records::Checked;
use super::{History, REFUSALS_A_SECOND};

impl<R: Rules> History<R> {
    /// A station sends back that it cannot send on.
    pub(super) fn refuse(&mut self, sender: usize, token: u64, is_down: bool) -> Checked {
        self.see("REFUSE");
        self.refused += u64::from(is_down);
        // A window may be under way, and be repeated once.
        let window = 2 * self.script.messages * self.script.senders as u64;
        let most = window + 10 + REFUSALS_A_SECOND * 8 * self.script.senders as u64;
        if self.refused > most {
            return Err(format!("a storm: {} frames are refused", self.refused));
        }
        let at = self.now + self.script.dice.millis(1, 4);
        let frame = ToSender::Refuse { token };
        self.agenda.add(at, Happening::Return { sender, frame });
        Ok(())
    }

    /// Puts a frame under way: it is lost, or arrives once or more often.
    pub(super) fn transmit(&mut self, arrival: Happening) {
        let script = &mut self.script;
        if self.is_cut {
            return;
        }
        let mut at = self.now + script.dice.millis(1, script.delay + 1);
        if script.keeps_order {
            let last = self.last_arrival.entry(arrival.is_return()).or_insert(at);
            at = at.max(*last);
            *last = at;
        }
        if !script.dice.percent(script.losses) {
            self.agenda.add(at, arrival.clone());
        }
        if script.dice.percent(script.repeats) {
            let later = script.dice.millis(1, 1000);
            self.agenda.add(self.now + later, arrival.clone());
        }
        if script.dice.percent(script.late) {
            let later = script.dice.millis(1000, 120_000);
            self.agenda.add(self.now + later, arrival);
        }
    }

    pub(super) fn arrive(&mut self, sender: usize, frame: ToReceiver<Numbered>) -> Checked {
        if self.now < self.down_until {
            return Ok(());
        }
        let reply = match frame {
            ToReceiver::Open(open) => {
                let token = self.script.dice.next() | 1;
                self.server.open("rig1".into(), 0, &open, token, self.now)
            }
            ToReceiver::Data(parcel) => self.server.data(parcel, self.now),
            ToReceiver::End { token, next } => {
                self.server.end(token, next);
                None
            }
        };
        if let Some(frame) = reply {
            self.answer(sender, frame);
        }
        if self.script.dice.percent(50) {
            self.server.inbox_is_empty(self.now);
        }
        self.serve()
    }

    pub(super) fn answer(&mut self, sender: usize, frame: ToSender) {
        let credit = match &frame {
            ToSender::Opened(opened) => Some(opened.credit),
            ToSender::Ack(ack) => Some(ack.credit),
            _ => None,
        };
        if let Some(credit) = credit {
            let life = self.clients[sender].life;
            self.records.credit(life, self.life, credit.messages);
        }
        self.see(match &frame {
            ToSender::Opened(_) => "OPENED",
            ToSender::Ack(ack) if ack.credit.messages == 0 => "no room",
            ToSender::Ack(ack) if ack.failed.len() == MAX_FAILED => "many failures",
            ToSender::Ack(_) => "ACK",
            ToSender::Reset { .. } => "RESET",
            ToSender::Busy { .. } => "BUSY",
            ToSender::Refuse { .. } => "REFUSE",
        });
        self.transmit(Happening::Return { sender, frame });
    }
}

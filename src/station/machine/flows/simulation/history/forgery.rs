//! Frames that nobody sent.

use std::time::Duration;

use super::super::super::frames::{Parcel, ToReceiver, ToSender};
use super::super::super::rules::Rules;
use super::super::network::{Happening, Numbered};
use super::super::records::Checked;
use super::History;
use crate::station::Life;
use crate::station::wire::{Ack, Credit, Open, Opened};

impl<R: Rules> History<R> {
    /// Frames with a token that is not known or not known any more: they change nothing.
    pub(super) fn forge(&mut self, sender: usize) -> Checked {
        let dice = &mut self.script.dice;
        let client = &mut self.clients[sender];
        let present = client.machine.token();
        let tokens = client.tokens.iter().rev();
        let old = tokens.copied().find(|token| Some(*token) != present);
        let token = old.unwrap_or(dice.next() | 1);
        let life = Life::from(dice.bytes16());
        let (count, opening) = (dice.roll(20), dice.next() as u32);
        let credit = Credit {
            messages: 1000,
            bytes: 1 << 20,
        };
        let forged = [
            ToSender::Ack(Ack {
                token,
                life,
                handled: count,
                accepted: count + 5,
                credit,
                failed: Vec::new(),
            }),
            ToSender::Reset { token, life },
            ToSender::Opened(Opened {
                opening,
                token,
                life,
                handled: count,
                accepted: count,
                credit,
            }),
            ToSender::Busy {
                opening,
                retry_after: Duration::from_secs(1000),
            },
        ];
        let before = format!("{:?}", client.machine);
        for frame in forged {
            let said = format!("{frame:?}");
            client.machine.receive(frame, self.now);
            if format!("{:?}", client.machine) != before {
                return Err(format!("rule 13: {said} has changed something"));
            }
        }
        let parcel = Parcel {
            token: dice.next(),
            seq: count,
            base: 0,
            is_redelivered: false,
            at_most_once: false,
            left: Duration::from_secs(1),
            message: Numbered { id: 0, size: 10 },
        };
        let open = Open {
            life,
            opening,
            base: count,
            keep_for: 60_000,
        };
        for frame in [
            ToReceiver::Data(parcel),
            ToReceiver::End {
                token: dice.next(),
                next: count,
            },
            ToReceiver::Open(open),
        ] {
            self.agenda
                .add(self.now, Happening::Arrive { sender, frame });
        }
        Ok(())
    }
}

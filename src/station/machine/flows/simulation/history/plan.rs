//! When things are going to happen.

use std::time::Duration;

use super::super::super::rules::Rules;
use super::super::network::Happening;
use super::{CALM_MESSAGES, History, SETTLING, TURN};
use crate::station::machine::dice::Dice;

impl<R: Rules> History<R> {
    pub(super) fn plan(&mut self) {
        let unrest = self.script.unrest;
        let end = self.began + unrest;
        let at = |dice: &mut Dice| dice.millis(0, unrest.as_millis() as u64);
        for _ in 0..self.script.kills_of_receiver {
            let at = self.began + at(&mut self.script.dice);
            self.agenda.add(at, Happening::KillReceiver);
        }
        for _ in 0..self.script.kills_of_senders {
            let at = self.began + at(&mut self.script.dice);
            let sender = self.script.dice.roll(self.script.senders as u64) as usize;
            self.agenda.add(at, Happening::KillSender { sender });
        }
        for _ in 0..self.script.cuts {
            let at = self.began + at(&mut self.script.dice);
            self.agenda.add(at, Happening::Cut);
            let heals = at + self.script.dice.millis(100, 20_000);
            self.agenda.add(heals, Happening::Heal);
        }
        for _ in 0..self.script.forged {
            let at = self.began + at(&mut self.script.dice);
            let sender = self.script.dice.roll(self.script.senders as u64) as usize;
            self.agenda.add(at, Happening::Forge { sender });
        }
        self.agenda.add(end, Happening::Quiet);
        if self.script.is_prompt() {
            for sender in 0..self.script.senders {
                let soon = end + Duration::from_secs(10);
                self.agenda.add(soon, Happening::Submit { sender });
            }
        }
        let mut turn = end + SETTLING;
        for sender in 0..self.script.senders {
            for _ in 0..CALM_MESSAGES {
                self.agenda.add(turn, Happening::Submit { sender });
            }
            turn += TURN;
        }
    }

    pub(super) fn plan_submit(&mut self, sender: usize) {
        let at = self.now + self.script.dice.millis(0, self.script.pause.max(1));
        if self.clients[sender].left > 0 && at < self.began + self.script.unrest {
            self.clients[sender].left -= 1;
            self.agenda.add(at, Happening::Submit { sender });
        }
    }
}

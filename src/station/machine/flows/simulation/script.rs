//! What is to happen in a history.

use std::time::Duration;

use crate::station::machine::dice::Dice;
use crate::station::machine::flows::{ReceiverLimits, SenderLimits};

/// What is to happen in a history, in numbers; the chances are in percent.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) dice: Dice,
    pub(super) senders: usize,
    /// How many messages each sends, beside those at the end.
    pub(super) messages: u64,
    /// The longest time between two of them, in milliseconds.
    pub(super) pause: u64,
    pub(super) size: u64,
    /// The time within which a message ends.
    pub(super) deadline: (u64, u64),
    pub(super) at_most_once: u64,
    pub(super) losses: u64,
    pub(super) repeats: u64,
    /// Copies that come up to two minutes later.
    pub(super) late: u64,
    pub(super) refusals: u64,
    /// How long a message takes to arrive, in milliseconds, at most.
    pub(super) delay: u64,
    /// Frames do not overtake each other, but for copies: as on one connection.
    pub(super) keeps_order: bool,
    /// How many frames are forged.
    pub(super) forged: u64,
    pub(super) kills_of_receiver: u64,
    pub(super) kills_of_senders: u64,
    pub(super) cuts: u64,
    /// The longest time that a handler takes, in milliseconds.
    pub(super) work: u64,
    pub(super) failures: u64,
    pub(super) receiver: ReceiverLimits,
    pub(super) sender: SenderLimits,
    /// How long anything but the quiet at the end may happen.
    pub(super) unrest: Duration,
}

impl Script {
    /// Every kind of misfortune.
    pub(super) fn anything(seed: u64) -> Script {
        let mut dice = Dice(seed);
        let deadline = match dice.roll(3) {
            0 => (2_000, 60_000),
            _ => (60_000, 60_001),
        };
        Script {
            senders: dice.between(1, 4) as usize,
            messages: dice.between(5, 40),
            pause: *[20, 500, 3000].get(dice.roll(3) as usize).unwrap_or(&20),
            size: *[100, 1000, 20_000]
                .get(dice.roll(3) as usize)
                .unwrap_or(&100),
            deadline,
            at_most_once: dice.roll(40),
            losses: 15,
            repeats: 10,
            late: dice.roll(6),
            refusals: dice.roll(5),
            delay: *[2, 50, 400].get(dice.roll(3) as usize).unwrap_or(&2),
            keeps_order: dice.percent(60),
            forged: dice.roll(10),
            kills_of_receiver: dice.roll(4),
            kills_of_senders: dice.roll(3),
            cuts: dice.roll(3),
            work: *[1, 30, 4000].get(dice.roll(3) as usize).unwrap_or(&1),
            failures: dice.roll(20),
            receiver: ReceiverLimits::default(),
            sender: SenderLimits::default(),
            unrest: Duration::from_secs(90),
            dice,
        }
    }

    /// A pool for few messages, some larger than the credit.
    pub(super) fn little_room(seed: u64) -> Script {
        let mut script = Script::anything(seed ^ 0x5eed << 32);
        script.size = 100_000;
        script.senders = 3;
        script.work = 30;
        script.receiver.pool = 200_000;
        script
    }

    /// More senders than the table has room for.
    pub(super) fn full_table(seed: u64) -> Script {
        let mut script = Script::anything(seed ^ 0x7ab1e << 32);
        script.senders = 4;
        script.messages = 8;
        script.pause = 20_000;
        script.receiver.flows = 2;
        script
    }

    /// The same, where nobody forges anything.
    pub(super) fn crowd(seed: u64) -> Script {
        let mut script = Script::full_table(seed);
        script.forged = 0;
        script
    }

    /// Handlers that fail more often than not, of many messages at once.
    pub(super) fn failures(seed: u64) -> Script {
        let mut script = Script::anything(seed ^ 0xfa11 << 32);
        script.messages = 500;
        script.pause = 1;
        script.losses = 1;
        script.keeps_order = true;
        script.size = 10;
        script.work = 3;
        script.failures = 80;
        script
    }

    /// As much as there is credit for.
    pub(super) fn streams(seed: u64) -> Script {
        let mut script = Script::anything(seed ^ 0x57ea << 32);
        script.senders = 2;
        script.messages = 1000;
        script.pause = 2;
        script.work = 1;
        script.size = 1000;
        script.losses = 1;
        script.keeps_order = true;
        script
    }

    /// Long pauses, in which flows end, and much that is late.
    pub(super) fn rests(seed: u64) -> Script {
        let mut script = Script::anything(seed ^ 0x4e57 << 32);
        script.messages = 12;
        script.pause = 130_000;
        script.unrest = Duration::from_secs(900);
        script.deadline = (60_000, 60_001);
        script.losses = 35;
        script.late = 40;
        script.work = 4000;
        script
    }

    /// Whether a message that is sent when all is well again is handled in time, whatever came before it.
    pub(super) fn is_prompt(&self) -> bool {
        self.work <= 30 && self.receiver.flows > 1000
    }
}

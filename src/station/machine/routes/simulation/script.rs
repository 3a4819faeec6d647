//! What is to happen in a history.

use std::time::Duration;

use super::super::super::dice::Dice;

/// What is to happen in a history, in numbers; the chances are in percent.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) dice: Dice,
    pub(super) stations: usize,
    pub(super) nodes: usize,
    /// How many of the nodes have a name that another has, or one above or below it.
    pub(super) rivals: u64,
    /// How many of all watch a prefix.
    pub(super) watchers: u64,
    /// How many misfortunes happen.
    pub(super) misfortunes: u64,
    /// Stations are restarted, and nothing else happens: whoever has a name keeps it, and nobody hears that it has gone.
    pub(super) restarts_only: bool,
    /// How many of the misfortunes are that a station gets any other as its parent, perhaps one below it.
    pub(super) circles: u64,
    pub(super) unrest: Duration,
    /// How long nothing happens then, before all is looked at.
    pub(super) quiet: Duration,
}

impl Script {
    /// Every kind of misfortune.
    pub(super) fn anything(seed: u64) -> Script {
        let mut dice = Dice(seed);
        Script {
            stations: dice.between(2, 9) as usize,
            nodes: dice.between(2, 20) as usize,
            rivals: dice.roll(40),
            watchers: 30,
            misfortunes: dice.between(3, 25),
            restarts_only: false,
            circles: dice.roll(10),
            unrest: Duration::from_secs(30),
            quiet: Duration::from_secs(45),
            dice,
        }
    }

    /// Many names that cannot be beside each other.
    pub(super) fn rivals(seed: u64) -> Script {
        Script {
            rivals: 70,
            circles: 0,
            ..Script::anything(seed)
        }
    }

    /// Stations that have each other as parents.
    pub(super) fn circles(seed: u64) -> Script {
        Script {
            nodes: 4,
            circles: 80,
            ..Script::anything(seed)
        }
    }

    /// So many nodes, a hundred below each station; two stations of five are restarted, and all is looked at 5 s after
    /// they are back.
    pub(super) fn crowd(nodes: usize) -> Script {
        Script {
            stations: nodes / 100,
            nodes,
            rivals: 0,
            watchers: 0,
            misfortunes: 1,
            unrest: Duration::from_secs(14),
            quiet: Duration::from_secs(5),
            ..Script::restarts(1)
        }
    }

    /// Stations that are restarted at once, all others stay.
    pub(super) fn restarts(seed: u64) -> Script {
        Script {
            rivals: 30,
            misfortunes: 4,
            restarts_only: true,
            unrest: Duration::from_secs(60),
            ..Script::anything(seed)
        }
    }
}

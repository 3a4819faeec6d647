//! The rules that a simpler protocol would leave out. The simulation does so, one by one, to show what each is good for.

use std::fmt;
use std::time::Duration;

use super::moves::{self, Age};
use super::name;

/// How long the rows of a lost link stay, and for how long a station without a parent only listens.
pub(super) const SETTLING: Duration = Duration::from_secs(5);

/// The rules; each is what the [`Protocol`] has, unless it is weakened.
pub(crate) trait Rules: fmt::Debug + Sized {
    /// Whether a link is registered anew after a PONG: ZeroMQ connects again without a word, and the station does not
    /// know then who is there.
    fn registers_again(is_registered: bool) -> bool {
        !is_registered
    }

    /// Whether a row of a lost link goes at once, and does not wait for the link to come back.
    fn goes_at_once(is_confirmed: bool) -> bool {
        !is_confirmed
    }

    /// Whether frames are sent along a row: the name of one that is not confirmed may be another's.
    fn is_way(is_confirmed: bool) -> bool {
        is_confirmed
    }

    /// How a way to one life is beside the one that is known.
    fn age(mine: &[u32], theirs: &[u32]) -> Age {
        moves::age(mine, theirs)
    }

    /// Whether a link is told that what it said of a name is old: those below it would keep the old way.
    fn withdraws() -> bool {
        true
    }

    /// Whether a claim that waits is given up when its link is lost: nobody is there to have the name.
    fn claims_end_with_link() -> bool {
        true
    }

    /// Whether a station that has been without a parent for so long gives new names: those who had one before may not
    /// have come back yet.
    fn gives_names(alone_for: Duration) -> bool {
        alone_for >= SETTLING
    }

    /// Whether two lives cannot have these names: the longest part of a name is its way, so a name below another's is
    /// reached by the same link.
    fn collide(one: &str, other: &str, by_same_link: bool) -> bool {
        let are_nested = name::is_below(one, other) || name::is_below(other, one);
        one == other || are_nested && !by_same_link
    }

    /// How long a station stays away from a parent that is below itself.
    fn pause_after_loop() -> Duration {
        SETTLING
    }

    /// How long what a parent told before is believed after a registration: the parent may not know it again yet.
    fn believes_for() -> Duration {
        SETTLING + Duration::from_secs(1)
    }
}

/// The rules as docs/station.md has them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Protocol;

impl Rules for Protocol {}

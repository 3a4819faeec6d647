//! The rules that a simpler protocol would leave out. The simulation does so, one by one, to show what each is good for.

use std::fmt;
use std::time::{Duration, Instant};

use super::frames::{Parcel, Payload};
use super::table::Table;

/// How many failures an ACK tells at most.
pub(super) const MAX_FAILED: usize = 64;

/// The rules; each is what the [`Protocol`] has, unless it is weakened.
pub(crate) trait Rules: fmt::Debug + Sized {
    /// Whether an ACK, a RESET or a REFUSE is about the present token: late ones of an earlier life of the receiver
    /// tell nothing of this one.
    fn token_counts(present: u64, theirs: u64) -> bool {
        present == theirs
    }

    /// Whether an OPENED or a BUSY answers the present opening: the token of an earlier one may be one that the
    /// receiver has forgotten and given up, with all that it handled under it.
    fn opening_counts(present: u32, theirs: u32) -> bool {
        present == theirs
    }

    /// Whether a message is flagged when it is sent again: under another token it may have been handled in another life.
    fn is_flagged(was_sent_before_opening: bool, was_sent: bool) -> bool {
        let _ = was_sent;
        was_sent_before_opening
    }

    /// Whether what must not run twice ends where it was sent under another token.
    fn at_most_once_ends() -> bool {
        true
    }

    /// What the sender learns of those below `handled`: the receiver has finished them, not only taken them.
    fn ended_below(handled: u64, accepted: u64) -> u64 {
        let _ = accepted;
        handled
    }

    /// When the sender tries again after a station has refused its message: soon for the first time, then as if it had
    /// got lost (`None`). Else all senders would storm the station that knows no way.
    fn pause_after_refusal(is_first: bool, random: u64) -> Option<Duration> {
        is_first.then(|| Duration::from_millis(300 + random % 400))
    }

    /// Whether a message is taken that is beyond the credit: the first of a flow that holds nothing, or one that is
    /// larger than the credit would never be.
    fn takes_beyond_credit(holds_nothing: bool) -> bool {
        holds_nothing
    }

    /// Where a receiver goes on that has come to `accepted`, if all below `base` have ended.
    fn skips_to(base: u64, accepted: u64) -> u64 {
        base.max(accepted)
    }

    /// Whether an END is heeded: not a late one, after which more was taken.
    fn end_counts(next: u64, accepted: u64, holds_nothing: bool) -> bool {
        holds_nothing && accepted <= next
    }

    /// How long a silent flow is kept, of which the sender said that it may try for so long.
    fn keep_for(told: Duration) -> Duration {
        told
    }

    /// How many failures are kept until the sender knows of them; no other handler starts while there are so many.
    fn max_failures() -> usize {
        MAX_FAILED
    }

    /// Whether room was made in a table that is full. It never is: what is forgotten may be handled again.
    fn makes_room<M>(table: &mut Table<M>) -> bool {
        let _ = table;
        false
    }

    /// Whether a flow was taken up that is not known, where a message says that there is one. It never is: that message
    /// may have been handled.
    fn adopts<M: Payload>(table: &mut Table<M>, parcel: &Parcel<M>, now: Instant) -> bool {
        let _ = (table, parcel, now);
        false
    }
}

/// The rules as docs/station.md has them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Protocol;

impl Rules for Protocol {}

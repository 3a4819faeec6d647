//! Weaker protocols, each without one of the rules: all of them break histories.

use std::time::{Duration, Instant};

use super::super::super::histories::mutants;
use super::super::flow::Flow;
use super::super::frames::{Parcel, Payload};
use super::super::key::FlowKey;
use super::super::rules::Rules;
use super::super::table::Table;
use super::count_broken;
use super::script::Script;
use crate::station::Life;

/// Forgets the flow that was silent for longest.
fn forget_oldest<M>(table: &mut Table<M>) -> bool {
    let oldest = table.flows().iter().min_by_key(|(_, flow)| flow.heard);
    let oldest = oldest.map(|(token, _)| *token);
    oldest.map(|token| table.remove(token)).is_some()
}

/// Takes a message of a flow that is not known as its first.
fn adopt<M: Payload>(table: &mut Table<M>, parcel: &Parcel<M>, now: Instant) -> bool {
    if table.is_full() {
        forget_oldest(table);
    }
    let key = FlowKey {
        life: Life::from(u128::from(parcel.token).to_be_bytes()),
        to: "".into(),
        lane: 0,
    };
    let flow = Flow::new(key, parcel.seq, Duration::from_secs(70), now);
    table.insert(parcel.token, flow);
    true
}

mutants! {
    /// Takes the next message, whatever it has handled, and has a table of those that it knows from before.
    TakesTheNext, taking_the_next_message_is_not_enough, crowd, 0..60, {
        fn adopts<M: Payload>(table: &mut Table<M>, parcel: &Parcel<M>, now: Instant) -> bool {
            adopt(table, parcel, now)
        }
        fn makes_room<M>(table: &mut Table<M>) -> bool {
            forget_oldest(table)
        }
        fn is_flagged(_: bool, _: bool) -> bool {
            false
        }
    }

    /// The same, and flags whatever is sent again.
    FlagsResends, flagging_what_is_sent_again_is_not_enough, crowd, 0..60, {
        fn adopts<M: Payload>(table: &mut Table<M>, parcel: &Parcel<M>, now: Instant) -> bool {
            adopt(table, parcel, now)
        }
        fn makes_room<M>(table: &mut Table<M>) -> bool {
            forget_oldest(table)
        }
        fn is_flagged(_: bool, was_sent: bool) -> bool {
            was_sent
        }
    }

    /// Forgets a flow to make room for another.
    MakesRoom, flows_are_not_forgotten_to_make_room, crowd, 0..60, {
        fn makes_room<M>(table: &mut Table<M>) -> bool {
            forget_oldest(table)
        }
    }

    /// Heeds what is about another token.
    TokenUnchecked, tokens_are_checked, anything, 0..60, {
        fn token_counts(_: u64, _: u64) -> bool {
            true
        }
    }

    /// Does not flag what may have been handled in another life.
    NoFlag, what_may_have_run_in_another_life_is_flagged, anything, 0..60, {
        fn is_flagged(_: bool, _: bool) -> bool {
            false
        }
    }

    /// L: takes the token of another opening.
    AnyOpening, the_answer_to_another_opening_is_ignored, anything, 0..60, {
        fn opening_counts(_: u32, _: u32) -> bool {
            true
        }
    }

    /// I: sends again at once what was refused.
    AtOnce, what_was_refused_is_not_sent_again_at_once, anything, 0..60, {
        fn pause_after_refusal(_: bool, _: u64) -> Option<Duration> {
            Some(Duration::ZERO)
        }
    }

    /// M: takes nothing beyond the credit.
    WithinCredit, one_message_is_taken_beyond_the_credit, little_room, 0..60, {
        fn takes_beyond_credit(_: bool) -> bool {
            false
        }
    }

    /// Sends what must not run twice to another life, too.
    NotPinned, what_must_not_run_twice_is_pinned_to_a_life, anything, 0..60, {
        fn at_most_once_ends() -> bool {
            false
        }
    }

    /// Takes what is accepted for handled.
    AcceptedIsHandled, accepted_is_not_handled, anything, 0..60, {
        fn ended_below(_: u64, accepted: u64) -> u64 {
            accepted
        }
    }

    /// Does not skip what has ended.
    SkipsNothing, what_has_ended_is_skipped, anything, 0..60, {
        fn skips_to(_: u64, accepted: u64) -> u64 {
            accepted
        }
    }

    /// Heeds an END also if more has come meanwhile.
    AnyEnd, a_late_end_is_ignored, rests, 0..200, {
        fn end_counts(_: u64, _: u64, _: bool) -> bool {
            true
        }
    }

    /// Forgets those that are silent for as long as a message may take.
    ForgetsSoon, silent_senders_are_remembered, anything, 0..60, {
        fn keep_for(_: Duration) -> Duration {
            Duration::from_secs(5)
        }
    }

    /// Goes on while there are more failures than an ACK tells.
    ManyFailures, handlers_wait_while_failures_are_not_known, failures, 0..20, {
        fn max_failures() -> usize {
            usize::MAX
        }
    }
}

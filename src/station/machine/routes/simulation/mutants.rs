//! Weaker protocols, each without one of the rules: all of them break histories.

use std::time::Duration;

use super::super::super::histories::mutants;
use super::super::rules::Rules;
use super::count_broken;
use super::script::Script;

mutants! {
    /// A: does not register again.
    RegistersOnce, links_are_registered_again, anything, 0..8, {
        fn registers_again(_: bool) -> bool {
            false
        }
    }

    /// B: keeps what was not confirmed when its link is lost.
    KeepsClaimed, rows_that_are_not_confirmed_go_with_their_link, anything, 504..512, {
        fn goes_at_once(_: bool) -> bool {
            false
        }
    }

    /// C: sends to who has not been given the name.
    SendsToClaims, claims_are_not_sent_to, rivals, 0..8, {
        fn is_way(_: bool) -> bool {
            true
        }
    }

    /// F: keeps claims whose link is lost.
    KeepsDead, claims_end_with_their_link, rivals, 280..288, {
        fn claims_end_with_link() -> bool {
            false
        }
    }

    /// G: a station that has just been started gives new names.
    GivesAtOnce, young_tops_give_no_new_names, restarts, 0..8, {
        fn gives_names(_: Duration) -> bool {
            true
        }
    }

    /// H: one life may have a name below another's.
    Nested, names_below_anothers_are_refused, rivals, 0..8, {
        fn collide(one: &str, other: &str, _: bool) -> bool {
            one == other
        }
    }

    /// J: tries a parent that is below itself again at once.
    TriesAtOnce, a_parent_below_is_left_alone_for_a_while, circles, 0..8, {
        fn pause_after_loop() -> Duration {
            Duration::ZERO
        }
    }

    /// K: takes the first that a parent tells for all.
    ForgetsAtOnce, what_was_told_before_is_believed_for_a_while, restarts, 0..8, {
        fn believes_for() -> Duration {
            Duration::ZERO
        }
    }
}

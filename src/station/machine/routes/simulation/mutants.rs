//! Weaker protocols, each without one of the rules: all of them break histories.

use std::time::Duration;

use super::super::super::histories::mutants;
use super::super::rules::Rules;
use super::count_broken;
use super::script::Script;

mutants! {
    /// A: does not register again.
    RegistersOnce, links_are_registered_again, anything, 8, {
        fn registers_again(_: bool) -> bool {
            false
        }
    }

    /// C: sends to who has not been given the name.
    SendsToClaims, claims_are_not_sent_to, rivals, 8, {
        fn is_way(_: bool) -> bool {
            true
        }
    }

    /// G: a station that has just been started gives new names.
    GivesAtOnce, young_tops_give_no_new_names, restarts, 8, {
        fn gives_names(_: Duration) -> bool {
            true
        }
    }

    /// H: one life may have a name below another's.
    Nested, names_below_anothers_are_refused, rivals, 8, {
        fn collide(one: &str, other: &str, _: bool) -> bool {
            one == other
        }
    }

    /// J: tries a parent that is below itself again at once.
    TriesAtOnce, a_parent_below_is_left_alone_for_a_while, circles, 8, {
        fn pause_after_loop() -> Duration {
            Duration::ZERO
        }
    }

    /// K: takes the first that a parent tells for all.
    ForgetsAtOnce, what_was_told_before_is_believed_for_a_while, restarts, 8, {
        fn believes_for() -> Duration {
            Duration::ZERO
        }
    }
}

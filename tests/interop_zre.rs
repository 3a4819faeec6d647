//! The ZRE of Python, of C and of JavaScript understand us and we them: pyre and zyre.js,
//! unchanged as they come from PyPI and npm, and zyre.
//!
//! `ZEROLESS_PEER_PYTHON` names a Python that has pyre, and `ZEROLESS_PEER_NODE` a Node.js that
//! has zyre.js; `.ci/run` makes them. `ZEROLESS_PEER_ZYRE` names `interop_zre/node.c`, compiled.
//! Without them these tests say that they were not run. zyre's nodes take the first port that is
//! free, where another was whose peers still talk to it: run those alone, one after the other,
//! with `zyre:: --test-threads=1`. With `ZEROLESS_CURVE` set as well, and the feature `curve`, ours and zyre's speak CURVE.

#![cfg(feature = "zre")]

#[path = "interop_zre/elections.rs"]
mod elections;
#[path = "interop_zre/facts.rs"]
mod facts;
#[path = "interop_zre/member.rs"]
mod member;
#[path = "support/process.rs"]
mod process;
#[path = "support/program.rs"]
mod program;
mod support;

use elections::*;
use facts::*;
use member::{Kind, LIMIT, Ours, Pyre, Zyre, ZyreJs};
use support::deadline_after;

/// Makes each fact a test, with the kind of node that the module is about.
macro_rules! facts {
    ($($fact:ident: $check:ident($($kind:expr),*);)*) => {$(
        #[test]
        fn $fact() {
            let name = concat!(module_path!(), "::", stringify!($fact));
            THEM.with(name, || {
                deadline_after(2 * LIMIT, || $check($($kind),*));
            });
        }
    )*};
}

/// Facts that hold with each kind of node.
macro_rules! facts_of_all {
    () => {
        facts! {
            we_and_they_enter_with_names_and_headers: enter(Ours, THEM);
            they_and_we_enter_with_names_and_headers: enter(THEM, Ours);
            our_groups_are_known_to_them: groups(Ours, THEM);
            their_groups_are_known_to_us: groups(THEM, Ours);
            we_whisper_to_them: whisper(Ours, THEM);
            they_whisper_to_us: whisper(THEM, Ours);
            we_shout_to_them: shout(Ours, THEM);
            they_shout_to_us: shout(THEM, Ours);
            our_goodbye_reaches_them: goodbye(Ours, THEM);
            their_goodbye_reaches_us: goodbye(THEM, Ours);
            we_start_anew: restart(Ours, THEM);
            they_start_anew: restart(THEM, Ours);
            two_of_ours_and_one_of_theirs_form_a_group: three(Ours, Ours, THEM);
            two_of_theirs_and_one_of_ours_form_a_group: three(THEM, Ours, THEM);
            they_get_more_than_65536_messages: many_to(THEM);
            we_get_more_than_65536_messages: many_from(THEM);
            we_join_more_than_256_times: come_and_go(Ours, THEM);
            they_are_in_many_groups: many_groups(THEM);
            a_killed_one_exits: killed(THEM);
            a_quiet_one_stays: quiet(THEM);
        }
    };
}

mod pyre {
    use super::*;

    const THEM: Kind = Pyre;
    facts_of_all!();
    facts! {
        a_name_that_it_cuts_is_read_as_far_as_it_is: cut_name();
    }
}

mod zyre {
    use super::*;

    const THEM: Kind = Zyre;
    facts_of_all!();
    facts! {
        they_join_more_than_256_times: come_and_go(THEM, Ours);
        the_lowest_leads: elect([(Ours, true), (THEM, true)]);
        the_lowest_of_two_of_ours_and_one_leads: elect([(Ours, true), (THEM, true), (Ours, true)]);
        one_of_theirs_leads_us: elect([(Ours, false), (THEM, true)]);
        a_leader_that_leaves_is_succeeded: succeed([Ours, THEM, Ours]);
        a_leader_that_is_gone_is_succeeded: inherit([Ours, THEM, Ours]);
        one_is_left: inherit([Ours, THEM]);
    }
}

mod zyre_js {
    use super::*;

    const THEM: Kind = ZyreJs;
    facts_of_all!();
    facts! {
        they_join_more_than_256_times: come_and_go(THEM, Ours);
    }
}

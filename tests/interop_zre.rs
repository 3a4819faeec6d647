//! pyre, the ZRE of Python, understands us and we it: unchanged, as it comes from PyPI.
//!
//! `ZEROLESS_PEER_PYTHON` names a Python that has it; `.ci/run` makes one. Without it these
//! tests say that they were not run.

#[path = "interop_zre/member.rs"]
mod member;
#[path = "support/process.rs"]
mod process;
#[path = "support/python.rs"]
mod python;
mod support;

use std::time::Duration;

use member::{Kind, LIMIT, Member, Ours, Pyre};
use python::with_python;
use support::{beacon_port, deadline_after};
use zeroless::zre::Event;
use zeroless::{Error, Frames, Message};

/// More than a sequence number counts.
const MANY: u32 = 70_000;

/// Makes each fact a test.
macro_rules! facts {
    ($($fact:ident: $check:ident($($kind:ident),*);)*) => {$(
        #[test]
        fn $fact() {
            with_python(stringify!($fact), || {
                deadline_after(2 * LIMIT, || $check($($kind),*));
            });
        }
    )*};
}

facts! {
    we_and_pyre_enter_with_names_and_headers: enter(Ours, Pyre);
    pyre_and_we_enter_with_names_and_headers: enter(Pyre, Ours);
    our_groups_are_known_to_pyre: groups(Ours, Pyre);
    groups_of_pyre_are_known: groups(Pyre, Ours);
    we_whisper_to_pyre: whisper(Ours, Pyre);
    pyre_whispers_to_us: whisper(Pyre, Ours);
    we_shout_to_pyre: shout(Ours, Pyre);
    pyre_shouts_to_us: shout(Pyre, Ours);
    our_goodbye_reaches_pyre: goodbye(Ours, Pyre);
    the_goodbye_of_pyre_reaches_us: goodbye(Pyre, Ours);
    we_start_anew: restart(Ours, Pyre);
    pyre_starts_anew: restart(Pyre, Ours);
    two_of_ours_and_pyre_form_a_group: three(Ours, Ours, Pyre);
    two_pyres_and_we_form_a_group: three(Pyre, Ours, Pyre);
    pyre_gets_more_than_65536_messages: many_to_pyre();
    we_get_more_than_65536_messages: many_from_pyre();
    we_join_more_than_256_times: many_joins();
    pyre_is_in_many_groups: many_groups();
    a_killed_pyre_exits: killed();
    a_quiet_pyre_stays: quiet();
    a_name_that_pyre_cuts_is_read_as_far_as_it_is: cut_name();
}

fn message(frames: impl Frames) -> Message {
    frames.into_message().expect("there is a frame")
}

fn messages() -> [Message; 6] {
    let binary: Vec<u8> = (0..=255).collect();
    let large: Vec<u8> = (0..1 << 20).map(|place| (place % 251) as u8).collect();
    [
        message("hello"),
        message(("id", "two")),
        message(("1", "2", "3", "4", "5", "6", "7", "8")),
        message(binary),
        message(""),
        message(("", large, "")),
    ]
}

/// Two that have met.
fn meet(one: Kind, two: Kind) -> (Member, Member) {
    let port = beacon_port();
    let alice = one.start("alice", port);
    let bob = two.start("bob", port);
    alice.expects(&bob.entered());
    bob.expects(&alice.entered());
    (alice, bob)
}

/// Two that have met, the second of them in a group.
fn meet_in_group(one: Kind, two: Kind) -> (Member, Member) {
    let (alice, mut bob) = meet(one, two);
    bob.join("G");
    alice.expects(&bob.joined("G"));
    (alice, bob)
}

fn enter(one: Kind, two: Kind) {
    let (alice, bob) = meet(one, two);
    if one == Ours {
        let known = alice.node().peers();
        assert_eq!(known.len(), 1);
        assert_eq!(known[0].name(), "bob");
        assert_eq!(known[0].address(), bob.endpoint);
        assert_eq!(known[0].header("X-KIND"), Some("Pyre"));
    }
}

fn groups(one: Kind, two: Kind) {
    let port = beacon_port();
    let mut alice = one.start("alice", port);
    alice.join("early");
    let bob = two.start("bob", port);
    bob.expects(&alice.entered());
    bob.expects(&alice.joined("early"));
    alice.expects(&bob.entered());
    alice.join("late");
    bob.expects(&alice.joined("late"));
    alice.leave("early");
    bob.expects(&alice.left("early"));
    alice.leave("late");
    bob.expects(&alice.left("late"));
    // Whoever comes later knows what was, too.
    alice.join("again");
    bob.expects(&alice.joined("again"));
    let carol = two.start("carol", port);
    carol.expects_all([alice.entered(), alice.joined("again"), bob.entered()]);
    alice.leave("again");
    bob.expects_all([carol.entered(), alice.left("again")]);
    carol.expects(&alice.left("again"));
}

fn whisper(one: Kind, two: Kind) {
    let (mut alice, bob) = meet(one, two);
    for message in messages() {
        alice.whisper(&bob, &message);
        bob.expects(&alice.whispered(&message));
    }
}

fn shout(one: Kind, two: Kind) {
    let (mut alice, mut bob) = meet_in_group(one, two);
    for message in messages() {
        alice.shout("nobody's", &message);
        alice.shout("G", &message);
        bob.expects(&alice.shouted("G", &message));
    }
    bob.leave("G");
    alice.expects(&bob.left("G"));
    alice.shout("G", &message("not for it"));
    alice.whisper(&bob, &message("for it"));
    bob.expects(&alice.whispered(&message("for it")));
}

fn goodbye(one: Kind, two: Kind) {
    let (alice, bob) = meet(one, two);
    let gone = alice.gone();
    alice.stop();
    bob.expects(&gone);
    if two == Ours {
        assert!(bob.node().peers().is_empty());
    }
}

fn restart(one: Kind, two: Kind) {
    let port = beacon_port();
    let bob = two.start("bob", port);
    for _ in 0..3 {
        let mut alice = one.start("alice", port);
        alice.join("G");
        bob.expects(&alice.entered());
        bob.expects(&alice.joined("G"));
        alice.expects(&bob.entered());
        let gone = alice.gone();
        alice.stop();
        bob.expects(&gone);
    }
}

fn three(one: Kind, two: Kind, three: Kind) {
    let port = beacon_port();
    let mut all =
        [("alice", one), ("bob", two), ("carol", three)].map(|(name, kind)| kind.start(name, port));
    for member in &mut all {
        member.join("G");
    }
    for place in 0..all.len() {
        let [other, another] = [1, 2].map(|step| &all[(place + step) % all.len()]);
        all[place].expects_all([
            other.entered(),
            other.joined("G"),
            another.entered(),
            another.joined("G"),
        ]);
    }
    for place in 0..all.len() {
        let text = message(("from", all[place].name.as_str()));
        all[place].shout("G", &text);
        for step in [1, 2] {
            all[(place + step) % all.len()].expects(&all[place].shouted("G", &text));
        }
    }
    let [mut alice, bob, carol] = all;
    for to in [&bob, &carol] {
        let text = message(("for", to.name.as_str()));
        alice.whisper(to, &text);
        to.expects(&alice.whispered(&text));
    }
    let gone = bob.gone();
    bob.stop();
    for member in [&alice, &carol] {
        member.expects(&gone);
    }
    alice.shout("G", &message("still here"));
    carol.expects(&alice.shouted("G", &message("still here")));
}

fn many_to_pyre() {
    let port = beacon_port();
    // The ports on which zyre would be: there we count as zyre does, not as pyre.
    let bob = std::iter::repeat_with(|| Pyre.start("bob", port))
        .find(|bob| !matches!(bob.port(), 49152..=49407))
        .expect("one of another port");
    // Whoever has as much to read answers late when it is asked whether it is there.
    let mut alice = Member::ours("alice", port, |node| {
        node.evasive(2 * LIMIT).expired(2 * LIMIT)
    });
    alice.expects(&bob.entered());
    bob.expects(&alice.entered());
    alice.whisper_numbers(&bob, MANY);
    for number in 0..MANY {
        bob.expects(&alice.whispered(&message(number.to_string())));
    }
}

fn many_from_pyre() {
    let (alice, mut bob) = meet(Ours, Pyre);
    bob.whisper_numbers(&alice, MANY);
    for number in 0..MANY {
        alice.expects(&bob.whispered(&message(number.to_string())));
    }
}

fn many_joins() {
    let (mut alice, bob) = meet(Ours, Pyre);
    for number in 0..300 {
        alice.join(&format!("{number}"));
        bob.expects(&alice.joined(&format!("{number}")));
    }
    for number in 0..300 {
        alice.leave(&format!("{number}"));
        bob.expects(&alice.left(&format!("{number}")));
    }
}

/// Not more than 255 in all its life, of which pyre would die.
fn many_groups() {
    let (alice, mut bob) = meet(Ours, Pyre);
    for number in 0..255 {
        bob.join(&format!("{number}"));
        alice.expects(&bob.joined(&format!("{number}")));
    }
    assert_eq!(alice.node().peer_groups().len(), 255);
}

fn killed() {
    let port = beacon_port();
    let alice = Member::ours("alice", port, |node| {
        node.interval(Duration::from_millis(100))
            .evasive(Duration::from_millis(200))
            .silent(Duration::from_millis(200))
            .expired(Duration::from_secs(2))
    });
    let bob = Pyre.start("bob", port);
    alice.expects(&bob.entered());
    let gone = bob.gone();
    drop(bob);
    let event = std::iter::repeat_with(|| alice.event())
        .find(|event| !event.starts_with("Evasive") && !event.starts_with("Silent"));
    assert_eq!(event, Some(gone));
}

/// Longer than its expiry: it is asked, and answers.
fn quiet() {
    let port = beacon_port();
    let expired = Duration::from_secs(2);
    let alice = Member::ours("alice", port, |node| {
        node.evasive(expired / 4)
            .silent(expired / 4)
            .expired(expired)
    });
    let bob = Pyre.start("bob", port);
    alice.expects(&bob.entered());
    let event = alice.node().recv_timeout(2 * expired);
    assert_eq!(event.unwrap_err(), Error::Timeout);
}

fn cut_name() {
    let port = beacon_port();
    let alice = Ours.start("alice", port);
    let _zoe = Pyre.start("Zoë", port);
    match alice.node().recv_timeout(LIMIT) {
        Ok(Event::Enter { peer }) => {
            assert_eq!(peer.name(), "Zo\u{fffd}");
            assert_eq!(peer.header("X-KIND"), Some("Pyre"));
        }
        other => panic!("{other:?}"),
    }
}

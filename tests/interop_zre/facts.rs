//! Facts that hold between our nodes and those of any other kind.

use std::time::Duration;

use zeroless::zre::Event;
use zeroless::{Frames, Message};

use crate::member::{Kind, LIMIT, Member, Ours, Pyre, Zyre};
use crate::support::beacon_port;

/// More than a sequence number counts.
const MANY: u32 = 70_000;

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

pub(crate) fn enter(one: Kind, two: Kind) {
    let (alice, bob) = meet(one, two);
    if one == Ours {
        let known = alice.node().peers();
        assert_eq!(known.len(), 1);
        assert_eq!(known[0].name(), "bob");
        assert_eq!(*known[0].endpoint(), *bob.endpoint);
        assert_eq!(known[0].header("X-KIND"), Some(format!("{two:?}").as_str()));
    }
}

pub(crate) fn groups(one: Kind, two: Kind) {
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
    // A late comer learns of groups joined earlier.
    alice.join("again");
    bob.expects(&alice.joined("again"));
    let carol = two.start("carol", port);
    carol.expects_all([alice.entered(), alice.joined("again"), bob.entered()]);
    alice.leave("again");
    bob.expects_all([carol.entered(), alice.left("again")]);
    carol.expects(&alice.left("again"));
}

pub(crate) fn whisper(one: Kind, two: Kind) {
    let (mut alice, bob) = meet(one, two);
    for message in messages().iter().filter(|it| one.sends(it)) {
        alice.whisper(&bob, message);
        bob.expects(&alice.whispered(&two.keeps(message)));
    }
}

pub(crate) fn shout(one: Kind, two: Kind) {
    let (mut alice, mut bob) = meet_in_group(one, two);
    for message in messages().iter().filter(|it| one.sends(it)) {
        alice.shout("nobody's", message);
        alice.shout("G", message);
        bob.expects(&alice.shouted("G", &two.keeps(message)));
    }
    bob.leave("G");
    alice.expects(&bob.left("G"));
    alice.shout("G", &message("not for it"));
    alice.whisper(&bob, &message("for it"));
    bob.expects(&alice.whispered(&message("for it")));
}

pub(crate) fn goodbye(one: Kind, two: Kind) {
    let (alice, bob) = meet(one, two);
    let gone = alice.gone();
    alice.stop();
    bob.expects(&gone);
    if two == Ours {
        assert!(bob.node().peers().is_empty());
    }
}

pub(crate) fn restart(one: Kind, two: Kind) {
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

pub(crate) fn three(one: Kind, two: Kind, three: Kind) {
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
        let text = message(format!("from {}", all[place].name));
        all[place].shout("G", &text);
        for step in [1, 2] {
            all[(place + step) % all.len()].expects(&all[place].shouted("G", &text));
        }
    }
    let [mut alice, bob, carol] = all;
    for to in [&bob, &carol] {
        let text = message(format!("for {}", to.name));
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

/// Our node, which never pings here: a busy peer answers late.
fn patient(name: &str, port: u16) -> Member {
    Member::ours(name, port, |node| {
        node.evasive(2 * LIMIT).expired(2 * LIMIT)
    })
}

pub(crate) fn many_to(them: Kind) {
    let port = beacon_port();
    // At the ports on which zyre looks for one, we count as zyre does.
    let bob = std::iter::repeat_with(|| them.start("bob", port))
        .find(|bob| matches!(bob.port(), 49152..=49407) == (them == Zyre))
        .expect("one of a fitting port");
    let mut alice = patient("alice", port);
    alice.expects(&bob.entered());
    bob.expects(&alice.entered());
    alice.whisper_numbers(&bob, MANY);
    for number in 0..MANY {
        bob.expects(&alice.whispered(&message(number.to_string())));
    }
}

pub(crate) fn many_from(them: Kind) {
    let port = beacon_port();
    let alice = patient("alice", port);
    let mut bob = them.start("bob", port);
    alice.expects(&bob.entered());
    bob.expects(&alice.entered());
    bob.whisper_numbers(&alice, MANY);
    for number in 0..MANY {
        alice.expects(&bob.whispered(&message(number.to_string())));
    }
}

/// More often than the status counts.
pub(crate) fn come_and_go(one: Kind, two: Kind) {
    let (mut alice, bob) = meet(one, two);
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
pub(crate) fn many_groups(them: Kind) {
    let (alice, mut bob) = meet(Ours, them);
    for number in 0..255 {
        bob.join(&format!("{number}"));
        alice.expects(&bob.joined(&format!("{number}")));
    }
    assert_eq!(alice.node().peer_groups().len(), 255);
}

pub(crate) fn killed(them: Kind) {
    let port = beacon_port();
    let alice = Member::ours("alice", port, |node| {
        node.interval(Duration::from_millis(100))
            .evasive(Duration::from_millis(200))
            .silent(Duration::from_millis(200))
            .expired(Duration::from_secs(2))
    });
    let bob = them.start("bob", port);
    alice.expects(&bob.entered());
    let gone = bob.gone();
    drop(bob);
    let event = std::iter::repeat_with(|| alice.event())
        .find(|event| !event.starts_with("Evasive") && !event.starts_with("Silent"));
    assert_eq!(event, Some(gone));
}

/// Longer than its expiry: it is asked, and answers.
pub(crate) fn quiet(them: Kind) {
    let port = beacon_port();
    let expired = Duration::from_secs(5);
    let alice = Member::ours("alice", port, |node| {
        node.evasive(expired / 4)
            .silent(expired / 4)
            .expired(expired)
    });
    let bob = them.start("bob", port);
    alice.expects(&bob.entered());
    let event = alice.node().recv_timeout(2 * expired);
    assert!(event.unwrap_err().is_timeout());
}

pub(crate) fn cut_name() {
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

//! Facts of single steps, with frames by hand.

mod bounds;
mod claims;
mod forwarding;
mod links;
mod watching;
mod weaker;

use std::time::{Duration, Instant};

use super::rules::Rules;
use super::{LinkId, LinkKind, Routes, RoutesAction, RoutesLimits};
use crate::station::Life;
use crate::station::wire::{
    Admitted, Claim, Content, LinkMessage, Outcome, Registration, Routed, Row, RowState, TTL,
};

const SECOND: Duration = Duration::from_secs(1);
const UP: LinkId = LinkId(1);
const A: LinkId = LinkId(2);
const B: LinkId = LinkId(3);

fn life(byte: u8) -> Life {
    Life::from([byte; 16])
}

fn claim(name: &str, owner: u8, moves: &[u32]) -> Claim {
    Claim {
        name: name.to_owned(),
        life: life(owner),
        moves: moves.to_vec(),
    }
}

fn register(name: &str, owner: u8, moves: &[u32], is_held: bool) -> LinkMessage {
    LinkMessage::Register(Registration {
        claim: claim(name, owner, moves),
        is_held,
    })
}

fn row(name: &str, owner: u8, moves: &[u32], state: RowState) -> Row {
    let claim = claim(name, owner, moves);
    Row { claim, state }
}

/// An answer of the station with the life 100, which has no ancestors.
fn admitted(name: &str, owner: u8, outcome: Outcome) -> LinkMessage {
    LinkMessage::Registered(Admitted {
        name: name.to_owned(),
        life: life(owner),
        outcome,
        station: life(100),
        ancestors: Vec::new(),
    })
}

fn watch(prefix: &str) -> LinkMessage {
    LinkMessage::Watch {
        prefix: prefix.to_owned(),
        is_on: true,
    }
}

fn new(name: &str, is_station: bool, now: Instant) -> Routes {
    Routes::new(name, life(200), is_station, RoutesLimits::default(), now)
}

/// A station without a parent, at a time when it gives names; its life is 200.
fn top() -> (Routes, Instant) {
    top_of()
}

/// One with these rules.
fn top_of<R: Rules>() -> (Routes<R>, Instant) {
    let now = Instant::now();
    let mut top = Routes::new("top", life(200), true, RoutesLimits::default(), now);
    let now = now + 5 * SECOND;
    top.poll(now);
    top.link_up(A, LinkKind::Child, now);
    top.link_up(B, LinkKind::Child, now);
    actions(&mut top);
    (top, now)
}

/// A station with a parent whose life is 100; its own is 200.
fn middle() -> (Routes, Instant) {
    let now = Instant::now();
    let mut middle = new("middle", true, now);
    middle.link_up(UP, LinkKind::Parent, now);
    let ok = admitted("middle", 200, Outcome::Ok);
    middle.received(UP, ok, now);
    middle.link_up(A, LinkKind::Child, now);
    middle.link_up(B, LinkKind::Child, now);
    actions(&mut middle);
    (middle, now)
}

fn actions<R: Rules>(routes: &mut Routes<R>) -> Vec<RoutesAction> {
    std::iter::from_fn(|| routes.take_action()).collect()
}

/// What it tells the other ends of its links now.
fn sent<R: Rules>(routes: &mut Routes<R>) -> Vec<(LinkId, LinkMessage)> {
    let sent = actions(routes).into_iter().filter_map(|it| match it {
        RoutesAction::Send { link, message } => Some((link, message)),
        _ => None,
    });
    sent.collect()
}

/// The outcomes that it tells, and of whose names.
fn outcomes(routes: &mut Routes) -> Vec<(LinkId, Life, Outcome)> {
    let sent = sent(routes).into_iter();
    let outcomes = sent.filter_map(|(link, message)| match message {
        LinkMessage::Registered(it) => Some((link, it.life, it.outcome)),
        _ => None,
    });
    outcomes.collect()
}

/// Lets time pass until then, while these links are not silent.
fn pass(routes: &mut Routes, links: &[LinkId], from: Instant, until: Instant) {
    let mut now = from;
    while now < until {
        now = (now + SECOND / 2).min(until);
        links.iter().for_each(|link| routes.heard(*link, now));
        routes.poll(now);
    }
}

fn alive(name: &str, owner: u8) -> Routed {
    Routed {
        ttl: TTL,
        lane: 0,
        to: "top".to_owned(),
        from: name.to_owned(),
        hops: Vec::new(),
        content: Content::Alive { life: life(owner) },
    }
}

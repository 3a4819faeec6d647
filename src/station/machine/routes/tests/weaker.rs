//! Rules that no history shows, as what they do wrong is mended by others in seconds: it is seen at once in single steps.

use super::super::moves::Age;
use super::super::rules::Protocol;
use super::*;

/// D: takes the last way that was told for the newest.
#[derive(Debug)]
struct LastWins;

impl Rules for LastWins {
    fn age(_: &[u32], _: &[u32]) -> Age {
        Age::Newer
    }
}

/// E: does not tell those on an old way.
#[derive(Debug)]
struct TellsNobody;

impl Rules for TellsNobody {
    fn withdraws() -> bool {
        false
    }
}

/// By which link a node is reached that has moved from one to the other, of which the first tells once more, late; and
/// whether those behind the first have heard of it.
fn after_a_move<R: Rules>() -> (Option<LinkId>, bool) {
    let (mut top, now) = top_of::<R>();
    top.received(A, register("left", 3, &[1], false), now);
    top.received(B, register("right", 4, &[1], false), now);
    let told = |moves: &[u32]| LinkMessage::Advert(vec![row("rig", 1, moves, RowState::Confirmed)]);
    top.received(A, told(&[1, 1]), now);
    top.received(B, told(&[2, 1]), now);
    let withdraw = (A, LinkMessage::Withdraw(claim("rig", 1, &[2, 1])));
    let is_withdrawn = sent(&mut top).contains(&withdraw);
    top.received(A, told(&[1, 1]), now);
    (top.table.row("rig").map(|row| row.link), is_withdrawn)
}

#[test]
fn the_newest_way_is_used_and_the_old_one_withdrawn() {
    assert_eq!(after_a_move::<Protocol>(), (Some(B), true));
    assert_eq!(after_a_move::<LastWins>(), (Some(A), true));
    assert_eq!(after_a_move::<TellsNobody>(), (Some(B), false));
}

//! Facts of links that come and go.

use super::*;

fn pong(is_registered: bool, ancestors: &[u8]) -> LinkMessage {
    LinkMessage::Pong {
        life: life(100),
        is_registered,
        ancestors: ancestors.iter().map(|byte| life(*byte)).collect(),
    }
}

#[test]
fn a_node_registers_and_pings_each_second() {
    let now = Instant::now();
    let mut node = new("rig", false, now);
    node.link_up(UP, LinkKind::Parent, now);
    assert_eq!(sent(&mut node), [(UP, register("rig", 200, &[1], false))]);
    node.received(UP, admitted("rig", 200, Outcome::Ok), now);
    assert_eq!(actions(&mut node), [RoutesAction::Registered]);
    pass(&mut node, &[UP], now, now + 3 * SECOND);
    assert_eq!(sent(&mut node), vec![(UP, LinkMessage::Ping); 3]);
}

#[test]
fn a_node_registers_again_when_it_is_not_registered() {
    let (mut middle, now) = middle();
    middle.watch("r", true, now);
    middle.received(A, register("rig", 1, &[7], true), now);
    actions(&mut middle);
    middle.received(UP, pong(true, &[]), now + SECOND);
    assert_eq!(sent(&mut middle), []);
    middle.received(UP, pong(false, &[]), now + SECOND);
    let whole = [
        (UP, register("middle", 200, &[2], true)),
        (UP, watch("r")),
        (
            UP,
            LinkMessage::Advert(vec![row("rig", 1, &[7, 2], RowState::Confirmed)]),
        ),
    ];
    assert_eq!(sent(&mut middle), whole);
}

#[test]
fn three_seconds_of_silence_end_a_link_on_both_sides() {
    let (mut middle, now) = middle();
    pass(&mut middle, &[A], now, now + 3 * SECOND);
    let close = |link| RoutesAction::Close {
        link,
        pause: Duration::ZERO,
    };
    let after = actions(&mut middle);
    assert!(after.contains(&close(UP)) && after.contains(&close(B)));
    assert!(!after.contains(&close(A)));
}

#[test]
fn rows_of_a_lost_link_stay_five_seconds_and_claims_go_at_once() {
    let (mut middle, now) = middle();
    middle.received(A, register("held", 1, &[7], true), now);
    middle.received(B, register("new", 2, &[1], false), now);
    actions(&mut middle);
    middle.link_lost(A, now);
    middle.link_lost(B, now);
    let gone = |name, owner, moves: &[u32]| {
        LinkMessage::Advert(vec![row(name, owner, moves, RowState::Gone)])
    };
    assert_eq!(sent(&mut middle), [(UP, gone("new", 2, &[1, 1]))]);
    pass(&mut middle, &[UP], now, now + 5 * SECOND);
    let told = sent(&mut middle);
    assert!(told.contains(&(UP, gone("held", 1, &[7, 1]))), "{told:?}");
}

#[test]
fn a_node_that_comes_back_in_time_is_not_told_to_be_gone() {
    let (mut top, now) = top();
    top.watch("", true, now);
    top.received(A, register("rig", 1, &[1], false), now);
    actions(&mut top);
    top.link_lost(A, now);
    top.received(B, register("rig", 1, &[2], true), now + 4 * SECOND);
    top.heard(B, now + 7 * SECOND);
    pass(&mut top, &[B], now + 4 * SECOND, now + 8 * SECOND);
    let after = actions(&mut top);
    let is_answer = |it: &RoutesAction| matches!(it, RoutesAction::Send { link: B, .. });
    assert!(after.iter().all(is_answer), "{after:?}");
}

#[test]
fn a_station_below_its_parent_leaves_it_for_five_seconds() {
    let now = Instant::now();
    let leaves = [RoutesAction::Close {
        link: UP,
        pause: 5 * SECOND,
    }];
    let mut above = LinkMessage::Registered(Admitted {
        name: "middle".to_owned(),
        life: life(200),
        outcome: Outcome::Ok,
        station: life(100),
        ancestors: vec![life(101), life(200)],
    });
    for _ in 0..2 {
        let mut middle = new("middle", true, now);
        middle.link_up(UP, LinkKind::Parent, now);
        actions(&mut middle);
        middle.received(UP, above, now);
        assert_eq!(actions(&mut middle), leaves);
        above = admitted("middle", 200, Outcome::Loop);
    }
}

#[test]
fn the_first_of_a_circle_leaves_it_and_the_others_only_if_it_goes_on() {
    let leaves = [RoutesAction::Close {
        link: UP,
        pause: 5 * SECOND,
    }];
    let (mut last, now) = middle();
    last.received(UP, pong(true, &[101, 200]), now);
    assert_eq!(actions(&mut last), []);
    last.received(UP, pong(true, &[101, 200]), now + 3 * SECOND);
    assert_eq!(actions(&mut last), leaves);
    let (mut first, now) = middle();
    let circle = LinkMessage::Pong {
        life: life(210),
        is_registered: true,
        ancestors: vec![life(200), life(1)],
    };
    first.received(UP, circle, now);
    assert_eq!(actions(&mut first), leaves);
}

#[test]
fn a_station_refuses_one_that_is_above_it() {
    let (mut middle, now) = middle();
    middle.received(A, register("parent", 100, &[1], true), now);
    assert_eq!(outcomes(&mut middle), [(A, life(100), Outcome::Loop)]);
    middle.received(A, LinkMessage::Ping, now);
    let pong = sent(&mut middle).remove(0).1;
    assert!(matches!(
        pong,
        LinkMessage::Pong {
            is_registered: false,
            ..
        }
    ));
}

#[test]
fn a_station_without_its_parent_is_the_top_after_five_seconds() {
    let (mut middle, now) = middle();
    middle.received(A, register("rig", 1, &[1], false), now);
    middle.link_lost(UP, now);
    actions(&mut middle);
    pass(&mut middle, &[A], now, now + 4 * SECOND);
    assert_eq!(outcomes(&mut middle), []);
    pass(&mut middle, &[A], now + 4 * SECOND, now + 5 * SECOND);
    assert_eq!(outcomes(&mut middle), [(A, life(1), Outcome::Ok)]);
}

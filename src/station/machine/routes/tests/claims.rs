//! Facts of who gets a name.

use super::*;

#[test]
fn the_top_gives_a_new_name_at_once() {
    let (mut top, now) = top();
    top.received(A, register("rig", 1, &[1], false), now);
    assert_eq!(outcomes(&mut top), [(A, life(1), Outcome::Ok)]);
}

#[test]
fn a_young_top_gives_held_names_at_once_and_new_ones_after_five_seconds() {
    let now = Instant::now();
    let mut top = new("top", true, now);
    top.link_up(A, LinkKind::Child, now);
    top.link_up(B, LinkKind::Child, now);
    top.received(A, register("new", 1, &[1], false), now);
    top.received(B, register("held", 2, &[3], true), now);
    assert_eq!(outcomes(&mut top), [(B, life(2), Outcome::Ok)]);
    pass(&mut top, &[A, B], now, now + 5 * SECOND);
    assert_eq!(outcomes(&mut top), [(A, life(1), Outcome::Ok)]);
}

#[test]
fn a_new_name_is_passed_up_and_the_answer_down() {
    let (mut middle, now) = middle();
    middle.received(A, register("rig", 1, &[7], false), now);
    let told = vec![row("rig", 1, &[7, 1], RowState::Claimed)];
    assert_eq!(sent(&mut middle), [(UP, LinkMessage::Advert(told))]);
    middle.received(UP, admitted("rig", 1, Outcome::Ok), now);
    assert_eq!(outcomes(&mut middle), [(A, life(1), Outcome::Ok)]);
}

#[test]
fn a_refused_name_is_refused_below() {
    let (mut middle, now) = middle();
    middle.received(A, register("rig", 1, &[7], false), now);
    actions(&mut middle);
    middle.received(UP, admitted("rig", 1, Outcome::Duplicate), now);
    assert_eq!(outcomes(&mut middle), [(A, life(1), Outcome::Duplicate)]);
}

#[test]
fn a_name_is_a_duplicate_once_its_holder_answers() {
    let (mut top, now) = top();
    top.received(A, register("rig", 1, &[1], false), now);
    actions(&mut top);
    top.received(B, register("rig", 2, &[1], false), now);
    let asked = actions(&mut top);
    assert!(
        matches!(&asked[..], [RoutesAction::SendRouted { link: A, routed }]
            if routed.to == "rig" && routed.content == Content::Probe { life: life(1) }),
        "{asked:?}"
    );
    top.probed(Some(A), &alive("rig", 1), now);
    assert_eq!(outcomes(&mut top), [(B, life(2), Outcome::Duplicate)]);
}

#[test]
fn names_above_and_below_anothers_are_duplicates_too() {
    for other in ["rig.arm.camera", "rig"] {
        let (mut top, now) = top();
        top.received(A, register("rig.arm", 1, &[1], false), now);
        actions(&mut top);
        top.received(B, register(other, 2, &[1], false), now);
        top.probed(Some(A), &alive("rig.arm", 1), now);
        assert_eq!(outcomes(&mut top), [(B, life(2), Outcome::Duplicate)]);
    }
}

#[test]
fn a_name_below_anothers_is_given_by_the_same_link() {
    let (mut top, now) = top();
    top.received(A, register("rig", 1, &[1], false), now);
    top.received(B, register("desk", 3, &[1], false), now);
    actions(&mut top);
    let camera = |moves: &[u32]| row("rig.camera", 2, moves, RowState::Claimed);
    top.received(A, LinkMessage::Advert(vec![camera(&[1, 1])]), now);
    assert_eq!(outcomes(&mut top), [(A, life(2), Outcome::Ok)]);
    // It has left, and the other is still there.
    top.received(B, LinkMessage::Advert(vec![camera(&[2, 1])]), now);
    actions(&mut top);
    top.probed(Some(A), &alive("rig", 1), now);
    assert_eq!(outcomes(&mut top), [(B, life(2), Outcome::Duplicate)]);
}

#[test]
fn whoever_stepped_back_is_asked_about_again_and_again() {
    let now = Instant::now();
    let mut top = new("top", true, now);
    top.link_up(A, LinkKind::Child, now);
    top.link_up(B, LinkKind::Child, now);
    top.received(A, register("rig", 1, &[1], false), now);
    top.received(B, register("rig", 2, &[1], true), now);
    actions(&mut top);
    pass(&mut top, &[A, B], now, now + 2 * SECOND);
    let asked = actions(&mut top).into_iter();
    let asked = asked.filter(|it| matches!(it, RoutesAction::SendRouted { link: B, .. }));
    assert_eq!(asked.count(), 2);
}

#[test]
fn one_life_may_have_names_below_each_other() {
    let (mut top, now) = top();
    top.received(A, register("rig", 1, &[1], false), now);
    let camera = row("rig.camera", 1, &[1, 1], RowState::Confirmed);
    top.received(A, LinkMessage::Advert(vec![camera]), now);
    actions(&mut top);
    let way = |name| top.forward(Some(B), name, &[], TTL);
    assert!(matches!(
        way("rig.camera"),
        super::super::Forward::To { link: A, .. }
    ));
}

#[test]
fn the_name_of_a_crashed_node_is_free_after_five_seconds() {
    let (mut top, now) = top();
    top.received(A, register("rig", 1, &[1], false), now);
    top.received(B, register("rig", 2, &[1], false), now);
    top.link_lost(A, now);
    actions(&mut top);
    pass(&mut top, &[B], now, now + 4 * SECOND);
    assert_eq!(outcomes(&mut top), []);
    pass(&mut top, &[B], now + 4 * SECOND, now + 5 * SECOND);
    assert_eq!(outcomes(&mut top), [(B, life(2), Outcome::Ok)]);
}

#[test]
fn silence_of_a_holder_decides_nothing() {
    let (mut top, now) = top();
    top.received(A, register("rig", 1, &[1], false), now);
    top.received(B, register("rig", 2, &[1], false), now);
    actions(&mut top);
    pass(&mut top, &[A, B], now, now + 60 * SECOND);
    let after = actions(&mut top);
    let is_probe = |it: &RoutesAction| matches!(it, RoutesAction::SendRouted { .. });
    assert!(after.iter().all(is_probe), "{after:?}");
    assert!((59..=61).contains(&after.len()), "{}", after.len());
}

#[test]
fn claims_are_taken_in_their_order_and_held_ones_first() {
    let (mut top, now) = top();
    let (c, d) = (LinkId(4), LinkId(5));
    top.received(A, register("rig", 1, &[1], false), now);
    top.received(B, register("rig", 2, &[1], false), now);
    for (link, owner, is_held) in [(c, 3, false), (d, 4, true)] {
        top.link_up(link, LinkKind::Child, now);
        top.received(link, register("rig", owner, &[1], is_held), now);
    }
    actions(&mut top);
    for (link, owner, next) in [(A, 1, (d, 4)), (d, 4, (B, 2)), (B, 2, (c, 3))] {
        let gone = vec![row("rig", owner, &[1], RowState::Gone)];
        top.received(link, LinkMessage::Advert(gone), now);
        let (next, owner) = next;
        assert_eq!(outcomes(&mut top), [(next, life(owner), Outcome::Ok)]);
    }
}

#[test]
fn a_held_name_is_taken_before_one_that_is_not_confirmed() {
    let now = Instant::now();
    let mut top = new("top", true, now);
    top.link_up(A, LinkKind::Child, now);
    top.link_up(B, LinkKind::Child, now);
    top.received(A, register("rig", 1, &[1], false), now);
    top.received(B, register("rig.arm", 2, &[1], true), now);
    assert_eq!(outcomes(&mut top), [(B, life(2), Outcome::Ok)]);
    top.probed(Some(B), &alive("rig.arm", 2), now);
    assert_eq!(outcomes(&mut top), [(A, life(1), Outcome::Duplicate)]);
}

#[test]
fn a_claim_dies_with_its_link() {
    let (mut top, now) = top();
    top.received(A, register("rig", 1, &[1], false), now);
    top.received(B, register("rig", 2, &[1], false), now);
    top.link_lost(B, now);
    top.link_lost(A, now);
    pass(&mut top, &[], now, now + 6 * SECOND);
    let c = LinkId(4);
    top.link_up(c, LinkKind::Child, now + 6 * SECOND);
    actions(&mut top);
    top.received(c, register("rig", 3, &[1], false), now + 6 * SECOND);
    assert_eq!(outcomes(&mut top), [(c, life(3), Outcome::Ok)]);
}

#[test]
fn a_node_that_moves_is_withdrawn_from_its_old_link() {
    let (mut top, now) = top();
    let told = |moves: &[u32]| LinkMessage::Advert(vec![row("rig", 1, moves, RowState::Confirmed)]);
    top.received(A, register("left", 3, &[1], false), now);
    top.received(B, register("right", 4, &[1], false), now);
    top.received(A, told(&[1, 1]), now);
    actions(&mut top);
    top.received(B, told(&[2, 1]), now);
    let withdraw = LinkMessage::Withdraw(claim("rig", 1, &[2, 1]));
    assert_eq!(sent(&mut top), [(A, withdraw.clone())]);
    top.received(A, told(&[1, 1]), now);
    assert_eq!(sent(&mut top), [(A, withdraw)], "it is old");
    top.received(A, told(&[2, 1, 5]), now);
    assert_eq!(sent(&mut top), [], "it is an echo");
}

#[test]
fn what_is_withdrawn_is_dropped_and_withdrawn_below_if_it_is_older() {
    let (mut middle, now) = middle();
    middle.received(A, register("rig", 1, &[7], true), now);
    actions(&mut middle);
    let older = LinkMessage::Withdraw(claim("rig", 1, &[6, 9]));
    middle.received(UP, older, now);
    assert_eq!(sent(&mut middle), []);
    let newer = LinkMessage::Withdraw(claim("rig", 1, &[8, 9]));
    middle.received(UP, newer.clone(), now);
    assert_eq!(sent(&mut middle), [(A, newer)]);
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
fn a_duplicate_is_told_once_and_tries_again_after_five_seconds() {
    let now = Instant::now();
    let mut node = new("rig", false, now);
    node.link_up(UP, LinkKind::Parent, now);
    let duplicate = admitted("rig", 200, Outcome::Duplicate);
    actions(&mut node);
    node.received(UP, duplicate.clone(), now);
    assert_eq!(
        actions(&mut node),
        [RoutesAction::Duplicate("rig".to_owned())]
    );
    pass(&mut node, &[UP], now, now + 5 * SECOND);
    let tried = |(_, it): &(LinkId, LinkMessage)| matches!(it, LinkMessage::Register(_));
    assert_eq!(sent(&mut node).iter().filter(|it| tried(it)).count(), 1);
    node.received(UP, duplicate, now + 5 * SECOND);
    assert_eq!(actions(&mut node), []);
    node.received(UP, admitted("rig", 200, Outcome::Ok), now + 5 * SECOND);
    assert_eq!(actions(&mut node), [RoutesAction::Registered]);
}

#[test]
fn a_station_does_not_take_its_name_from_one_below_it() {
    let now = Instant::now();
    let mut station = new("rig", true, now);
    station.link_up(UP, LinkKind::Parent, now);
    station.received(UP, admitted("rig", 200, Outcome::Duplicate), now);
    station.link_up(A, LinkKind::Child, now);
    station.received(A, register("rig", 1, &[1], true), now);
    actions(&mut station);
    // The parent has got our claim, and not yet that of the child.
    station.received(UP, admitted("rig", 200, Outcome::Ok), now);
    assert_eq!(actions(&mut station), []);
    assert!(!station.own.is_held());
}

#[test]
fn a_station_that_gives_itself_its_name_tells_a_parent_that_has_not_answered() {
    let now = Instant::now();
    let mut station = new("rig", true, now);
    let late = now + 4 * SECOND;
    station.link_up(UP, LinkKind::Parent, late);
    actions(&mut station);
    pass(&mut station, &[UP], late, now + 5 * SECOND);
    let held = register("rig", 200, &[1], true);
    assert!(sent(&mut station).contains(&(UP, held)));
}

#[test]
fn whoever_has_left_the_holder_of_a_name_above_is_asked_about_until_that_answers() {
    let (mut top, now) = top();
    let told = |name: &str, owner, moves: &[u32]| {
        LinkMessage::Advert(vec![row(name, owner, moves, RowState::Confirmed)])
    };
    top.received(A, register("rig1", 1, &[1], true), now);
    top.received(A, told("rig1.camera", 2, &[1, 1]), now);
    top.received(B, register("other", 3, &[1], true), now);
    actions(&mut top);
    // It is behind another station now, and the first PROBE is lost.
    top.received(B, told("rig1.camera", 2, &[2, 1]), now);
    let asks = |top: &mut Routes| {
        let mut sent = actions(top).into_iter();
        sent.any(
            |it| matches!(it, RoutesAction::SendRouted { link: A, routed } if routed.to == "rig1"),
        )
    };
    assert!(asks(&mut top));
    pass(&mut top, &[A, B], now, now + SECOND);
    assert!(asks(&mut top));
    top.probed(Some(A), &alive("rig1", 1), now + SECOND);
    assert_eq!(outcomes(&mut top), [(B, life(2), Outcome::Duplicate)]);
    pass(&mut top, &[A, B], now + SECOND, now + 3 * SECOND);
    assert!(!asks(&mut top));
}

#[test]
fn a_holder_answers_in_its_life_alone() {
    let now = Instant::now();
    let mut node = new("rig", false, now);
    node.link_up(UP, LinkKind::Parent, now);
    actions(&mut node);
    let mut probe = alive("top", 0);
    probe.to = "rig".to_owned();
    for (asked, answers) in [(200, 1), (201, 0)] {
        probe.content = Content::Probe { life: life(asked) };
        node.probed(Some(UP), &probe, now);
        assert_eq!(actions(&mut node).len(), answers);
    }
}

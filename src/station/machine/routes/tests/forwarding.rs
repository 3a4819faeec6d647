//! Facts of where a frame goes.

use super::super::Forward;
use super::*;
use crate::station::wire::Refusal;

fn to(link: LinkId, hops_passed: usize, ttl: u8) -> Forward {
    Forward::To {
        link,
        hops_passed,
        ttl,
    }
}

/// A station above rig1, by the link A.
fn above_rig1() -> (Routes, Instant) {
    let (mut middle, now) = middle();
    middle.received(A, register("rig1", 1, &[1], true), now);
    (middle, now)
}

#[test]
fn a_name_and_what_is_below_it_go_by_its_link() {
    let (station, _) = above_rig1();
    for name in ["rig1", "rig1.camera", "rig1.camera.lens"] {
        assert_eq!(station.forward(Some(B), name, &[], 16), to(A, 0, 15));
    }
    assert_eq!(station.forward(None, "rig1", &[], 16), to(A, 0, 16));
}

#[test]
fn all_others_go_up_unless_they_came_from_there() {
    let (station, _) = above_rig1();
    assert_eq!(station.forward(Some(A), "rig12", &[], 16), to(UP, 0, 15));
    let back = station.forward(Some(UP), "rig12", &[], 16);
    assert_eq!(back, Forward::Refuse(Refusal::NoRoute));
}

#[test]
fn our_own_name_is_here_and_what_is_below_that_of_a_node() {
    let (station, _) = above_rig1();
    assert_eq!(station.forward(Some(B), "middle", &[], 0), Forward::Here);
    let node = new("desk", false, Instant::now());
    for name in ["desk", "desk.lamp"] {
        assert_eq!(node.forward(Some(UP), name, &[], 0), Forward::Here);
    }
}

#[test]
fn what_is_below_a_stations_name_stands_behind_it_or_is_nowhere() {
    let (mut station, now) = middle();
    let way = |station: &Routes| station.forward(Some(UP), "middle.lamp", &[], 16);
    assert_eq!(way(&station), Forward::Refuse(Refusal::NoRoute));
    station.received(A, register("middle.lamp", 1, &[1], true), now);
    assert_eq!(outcomes(&mut station), [(A, life(1), Outcome::Ok)]);
    assert_eq!(way(&station), to(A, 0, 15));
}

#[test]
fn hops_come_first_and_our_own_are_passed() {
    let (station, _) = above_rig1();
    let hops = |names: &[&str]| names.iter().map(|it| it.to_string()).collect::<Vec<_>>();
    let by = |names: &[&str]| station.forward(None, "far", &hops(names), 16);
    assert_eq!(by(&["middle", "rig1"]), to(A, 1, 16));
    assert_eq!(by(&["rig1", "middle"]), to(A, 0, 16));
    assert_eq!(by(&["middle", "middle"]), to(UP, 2, 16));
}

#[test]
fn a_frame_never_goes_back_where_it_came_from() {
    let (station, _) = above_rig1();
    let back = station.forward(Some(A), "rig1", &[], 16);
    assert_eq!(back, Forward::Refuse(Refusal::Loop));
}

#[test]
fn a_frame_that_was_sent_on_too_often_is_refused() {
    let (station, _) = above_rig1();
    let refused = station.forward(Some(B), "rig1", &[], 0);
    assert_eq!(refused, Forward::Refuse(Refusal::Ttl));
}

#[test]
fn what_goes_to_a_lost_link_is_refused_for_a_while() {
    let (mut top, now) = top();
    top.received(A, register("rig1", 1, &[1], false), now);
    top.link_lost(A, now);
    let way = |top: &Routes| top.forward(Some(B), "rig1", &[], 16);
    assert_eq!(way(&top), Forward::Refuse(Refusal::Settling));
    pass(&mut top, &[B], now, now + 5 * SECOND);
    assert_eq!(way(&top), Forward::Refuse(Refusal::NoRoute));
}

#[test]
fn a_name_that_is_not_confirmed_is_not_sent_to() {
    let (mut middle, now) = middle();
    middle.received(A, register("rig1", 1, &[1], false), now);
    assert_eq!(middle.forward(Some(B), "rig1", &[], 16), to(UP, 0, 15));
}

#[test]
fn a_node_that_is_not_a_station_sends_to_its_children_and_not_between_them() {
    let now = Instant::now();
    let mut node = new("desk", false, now);
    node.link_up(A, LinkKind::Child, now);
    node.link_up(B, LinkKind::Child, now);
    node.received(A, register("rig1", 1, &[1], false), now);
    assert_eq!(outcomes(&mut node), [(A, life(1), Outcome::Ok)]);
    assert_eq!(node.forward(None, "rig1", &[], 16), to(A, 0, 16));
    let between = node.forward(Some(B), "rig1", &[], 16);
    assert_eq!(between, Forward::Refuse(Refusal::NoRoute));
    assert_eq!(node.forward(Some(B), "desk", &[], 16), Forward::Here);
}

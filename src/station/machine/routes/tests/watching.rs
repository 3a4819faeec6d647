//! Facts of who is told which names are reached.

use super::*;

fn told(name: &str, owner: u8, state: RowState) -> LinkMessage {
    LinkMessage::Advert(vec![row(name, owner, &[], state)])
}

fn appeared(name: &str) -> RoutesAction {
    RoutesAction::Appeared(name.to_owned())
}

fn gone(name: &str) -> RoutesAction {
    RoutesAction::Gone(name.to_owned())
}

#[test]
fn a_watcher_is_told_the_whole_and_then_the_differences() {
    let (mut top, now) = top();
    top.received(A, register("rig", 1, &[1], false), now);
    top.received(B, watch("r"), now);
    let sent_now = sent(&mut top);
    assert_eq!(
        sent_now.last(),
        Some(&(B, told("rig", 1, RowState::Confirmed)))
    );
    let rows = vec![
        row("ria", 1, &[1], RowState::Confirmed),
        row("other", 1, &[1], RowState::Confirmed),
        row("rig", 1, &[1], RowState::Gone),
    ];
    top.received(A, LinkMessage::Advert(rows), now);
    let change = LinkMessage::Advert(vec![
        row("ria", 1, &[], RowState::Confirmed),
        row("rig", 1, &[], RowState::Gone),
    ]);
    assert_eq!(sent(&mut top), [(B, change)]);
}

#[test]
fn a_station_watches_at_its_parent_what_is_watched_at_it() {
    let (mut middle, now) = middle();
    middle.received(A, watch("r"), now);
    middle.received(B, watch("r"), now);
    assert_eq!(sent(&mut middle), [(UP, watch("r"))]);
    let far = told("rig", 1, RowState::Confirmed);
    middle.received(UP, far.clone(), now);
    assert_eq!(sent(&mut middle), [(A, far.clone()), (B, far)]);
    middle.received(UP, told("other", 1, RowState::Confirmed), now);
    assert_eq!(sent(&mut middle), [], "nobody watches it");
}

#[test]
fn what_is_not_watched_any_more_is_not_watched_above() {
    let (mut middle, now) = middle();
    middle.received(A, watch("r"), now);
    middle.watch("r", true, now);
    middle.link_lost(A, now);
    actions(&mut middle);
    middle.watch("r", false, now);
    let off = LinkMessage::Watch {
        prefix: "r".to_owned(),
        is_on: false,
    };
    assert_eq!(sent(&mut middle), [(UP, off)]);
}

#[test]
fn a_user_learns_what_appears_and_what_goes() {
    let now = Instant::now();
    let mut node = new("desk", false, now);
    node.link_up(UP, LinkKind::Parent, now);
    node.watch("rig", true, now);
    actions(&mut node);
    node.received(UP, told("rig1", 1, RowState::Confirmed), now);
    node.received(UP, told("rig1", 2, RowState::Confirmed), now);
    assert_eq!(actions(&mut node), [appeared("rig1")], "it was restarted");
    assert_eq!(node.addresses("").collect::<Vec<_>>(), ["rig1"]);
    node.received(UP, told("rig1", 2, RowState::Gone), now);
    assert_eq!(actions(&mut node), [gone("rig1")]);
}

#[test]
fn a_parent_that_was_restarted_has_six_seconds_to_tell_all_again() {
    let now = Instant::now();
    let mut node = new("desk", false, now);
    node.link_up(UP, LinkKind::Parent, now);
    node.watch("", true, now);
    for name in ["rig1", "rig2"] {
        node.received(UP, told(name, 1, RowState::Confirmed), now);
    }
    node.link_lost(UP, now);
    let again = LinkId(9);
    node.link_up(again, LinkKind::Parent, now + SECOND);
    node.received(again, told("rig1", 1, RowState::Confirmed), now + SECOND);
    actions(&mut node);
    pass(&mut node, &[again], now + SECOND, now + 6 * SECOND);
    assert!(!actions(&mut node).contains(&gone("rig2")));
    pass(&mut node, &[again], now + 6 * SECOND, now + 7 * SECOND);
    assert!(actions(&mut node).contains(&gone("rig2")));
    assert_eq!(node.addresses("").collect::<Vec<_>>(), ["rig1"]);
}

#[test]
fn a_parent_that_has_connected_unseen_is_asked_for_all_again() {
    let now = Instant::now();
    let mut node = new("desk", false, now);
    node.link_up(UP, LinkKind::Parent, now);
    node.watch("", true, now);
    node.received(UP, told("rig", 1, RowState::Confirmed), now);
    // Late enough for the first registration to be beyond doubt.
    pass(&mut node, &[UP], now, now + 10 * SECOND);
    actions(&mut node);
    let now = now + 10 * SECOND;
    let unknown = LinkMessage::Pong {
        life: life(100),
        is_registered: false,
        ancestors: Vec::new(),
    };
    node.received(UP, unknown, now);
    assert!(sent(&mut node).contains(&(UP, watch(""))));
    // It does not tell that the name is there, which went meanwhile.
    pass(&mut node, &[UP], now, now + 6 * SECOND);
    assert!(actions(&mut node).contains(&gone("rig")));
}

#[test]
fn a_duplicate_that_tries_again_tells_all_that_it_reaches_and_watches() {
    let now = Instant::now();
    let mut station = new("rig", true, now);
    station.link_up(UP, LinkKind::Parent, now);
    station.received(UP, admitted("rig", 200, Outcome::Duplicate), now);
    station.watch("a", true, now);
    station.link_up(A, LinkKind::Child, now);
    station.received(A, register("disk", 1, &[1], true), now);
    actions(&mut station);
    pass(&mut station, &[UP, A], now, now + 5 * SECOND);
    let sent = sent(&mut station);
    let reached = row("disk", 1, &[1, 1], RowState::Confirmed);
    assert!(sent.contains(&(UP, watch("a"))));
    assert!(sent.contains(&(UP, LinkMessage::Advert(vec![reached]))));
}

#[test]
fn what_a_lost_parent_told_is_gone_after_five_seconds() {
    let now = Instant::now();
    let mut node = new("desk", false, now);
    node.link_up(UP, LinkKind::Parent, now);
    node.received(UP, admitted("desk", 200, Outcome::Ok), now);
    node.watch("", true, now);
    node.received(UP, told("rig", 1, RowState::Confirmed), now);
    node.link_lost(UP, now);
    actions(&mut node);
    pass(&mut node, &[], now, now + 4 * SECOND);
    assert_eq!(actions(&mut node), []);
    pass(&mut node, &[], now + 4 * SECOND, now + 5 * SECOND);
    assert_eq!(actions(&mut node), [gone("rig")]);
}

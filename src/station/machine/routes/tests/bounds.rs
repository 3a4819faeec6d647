//! Facts of what a peer can make us keep.

use super::*;

const LIMITS: RoutesLimits = RoutesLimits {
    links: 3,
    rows: 4,
    claims: 2,
    watches: 2,
    depth: 3,
};

fn small_top() -> (Routes, Instant) {
    let now = Instant::now();
    let mut top = Routes::new("top", life(200), true, LIMITS, now);
    let now = now + 5 * SECOND;
    top.poll(now);
    for link in 2..5 {
        top.link_up(LinkId(link), LinkKind::Child, now);
    }
    actions(&mut top);
    (top, now)
}

fn is_closed(routes: &mut Routes, closed: LinkId) -> bool {
    let mut after = actions(routes).into_iter();
    after.any(|it| matches!(it, RoutesAction::Close { link, .. } if link == closed))
}

#[test]
fn a_link_too_many_is_closed() {
    let (mut top, now) = small_top();
    top.link_up(LinkId(9), LinkKind::Child, now);
    assert!(is_closed(&mut top, LinkId(9)));
}

#[test]
fn a_link_with_too_many_names_is_closed() {
    let (mut top, now) = small_top();
    top.received(A, register("a", 1, &[1], false), now);
    let names = ["a", "b", "c", "d", "a"].map(|name| row(name, 1, &[1], RowState::Confirmed));
    top.received(A, LinkMessage::Advert(names.to_vec()), now);
    assert!(!is_closed(&mut top, A));
    let one_more = vec![row("e", 1, &[1], RowState::Confirmed)];
    top.received(A, LinkMessage::Advert(one_more), now);
    assert!(is_closed(&mut top, A));
}

#[test]
fn a_claim_too_many_is_a_duplicate() {
    let (mut top, now) = small_top();
    top.received(A, register("a", 1, &[1], false), now);
    actions(&mut top);
    top.received(B, register("b", 2, &[1], false), now);
    let rivals = [3, 4, 5].map(|owner| row("a", owner, &[1], RowState::Claimed));
    for (link, rival) in (3..6).zip(rivals) {
        let link = LinkId(link);
        top.link_up(link, LinkKind::Child, now);
        top.received(
            link,
            register(&format!("l{}", link.0), 10 + link.0 as u8, &[1], false),
            now,
        );
        top.received(link, LinkMessage::Advert(vec![rival]), now);
    }
    top.link_lost(A, now);
    pass(&mut top, &[B, LinkId(4)], now, now + 5 * SECOND);
    let way = top.forward(None, "a", &[], 16);
    assert!(matches!(way, super::super::Forward::To { link: B, .. }));
}

#[test]
fn a_link_that_watches_too_much_is_closed() {
    let (mut top, now) = small_top();
    for prefix in ["a", "b", "a"] {
        top.received(A, watch(prefix), now);
    }
    assert!(!is_closed(&mut top, A));
    top.received(A, watch("c"), now);
    assert!(is_closed(&mut top, A));
}

#[test]
fn a_name_that_has_moved_through_too_many_stations_closes_its_link() {
    let (mut top, now) = small_top();
    top.received(A, register("a", 1, &[1, 2, 3, 4], false), now);
    assert!(is_closed(&mut top, A));
}

#[test]
fn a_parent_that_tells_too_much_or_is_too_deep_is_left() {
    let now = Instant::now();
    let rows = (0..9).map(|at| row(&format!("n{at}"), 1, &[], RowState::Confirmed));
    let deep = LinkMessage::Pong {
        life: life(100),
        is_registered: true,
        ancestors: (1..9).map(life).collect(),
    };
    for message in [LinkMessage::Advert(rows.collect()), deep] {
        let mut node = Routes::new("desk", life(200), false, LIMITS, now);
        node.link_up(UP, LinkKind::Parent, now);
        node.watch("", true, now);
        actions(&mut node);
        node.received(UP, message, now);
        assert!(is_closed(&mut node, UP));
    }
}

#[test]
fn frames_of_the_wrong_end_and_of_unknown_links_are_ignored() {
    let (mut middle, now) = middle();
    let of_children = [register("a", 1, &[1], true), LinkMessage::Ping, watch("")];
    let of_parents = [
        admitted("middle", 200, Outcome::Duplicate),
        LinkMessage::Withdraw(claim("a", 1, &[9])),
    ];
    let unknown = LinkId(77);
    for (link, messages) in [
        (UP, &of_children[..]),
        (A, &of_parents),
        (unknown, &of_children),
        (unknown, &of_parents),
    ] {
        for message in messages {
            middle.received(link, message.clone(), now);
            assert_eq!(actions(&mut middle), [], "{link:?}: {message:?}");
        }
    }
}

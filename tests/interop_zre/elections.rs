//! Facts that hold where our nodes and zyre's elect the leader of a group.

use crate::member::{Kind, Member, Ours};
use crate::support::{beacon_port, until};

/// Members of these kinds, all in the group; those marked true contest.
fn electorate<const N: usize>(kinds: [(Kind, bool); N]) -> [Member; N] {
    let port = beacon_port();
    let mut place = 0;
    let mut all = kinds.map(|(kind, contests)| {
        place += 1;
        let name = format!("node{place}");
        match (kind, contests) {
            (Ours, true) => Member::ours(&name, port, |node| node.contest("G")),
            (_, false) => kind.start(&name, port),
            (_, true) => {
                let mut member = kind.start(&name, port);
                member.contest("G");
                member
            }
        }
    });
    // A contesting node begins an election when another joins later, not when it joins itself.
    let (mut ours, mut theirs): (Vec<_>, Vec<_>) = all.iter_mut().partition(|it| it.is_ours());
    for member in &mut theirs {
        member.join("G");
    }
    for member in &ours {
        until(|| member.node().peers_in("G").len() == theirs.len());
    }
    for member in &mut ours {
        member.join("G");
    }
    all
}

/// The one with the lowest identity.
fn lowest<'a>(all: impl IntoIterator<Item = &'a Member>) -> &'a Member {
    let lowest = all.into_iter().min_by(|one, two| one.id.cmp(&two.id));
    lowest.expect("there is one")
}

/// All come to say that it leads: ours at once, while zyre may name others before.
#[track_caller]
fn assert_leads<'a>(leader: &Member, all: impl IntoIterator<Item = &'a Member>) {
    for member in all {
        let said = std::iter::repeat_with(|| member.event())
            .filter(|event| event.starts_with("LEADER"))
            .find(|event| member.is_ours() || *event == leader.leads("G"));
        assert_eq!(said, Some(leader.leads("G")), "{}", member.name);
    }
}

/// The lowest contesting node leads.
pub(crate) fn elect<const N: usize>(kinds: [(Kind, bool); N]) {
    let all = electorate(kinds);
    let contest = all.iter().zip(kinds).filter(|(_, (_, contests))| *contests);
    let leader = lowest(contest.map(|(member, _)| member));
    assert_leads(leader, &all);
}

/// The leader leaves the group, and the next one leads.
pub(crate) fn succeed<const N: usize>(kinds: [Kind; N]) {
    let mut all = Vec::from(electorate(kinds.map(|kind| (kind, true))));
    assert_leads(lowest(&all), &all);
    all.sort_by(|one, two| one.id.cmp(&two.id));
    let mut leader = all.remove(0);
    leader.leave("G");
    assert_leads(lowest(&all), &all);
}

/// The leader says goodbye, and the next one leads.
pub(crate) fn inherit<const N: usize>(kinds: [Kind; N]) {
    let mut all = Vec::from(electorate(kinds.map(|kind| (kind, true))));
    assert_leads(lowest(&all), &all);
    all.sort_by(|one, two| one.id.cmp(&two.id));
    all.remove(0).stop();
    assert_leads(lowest(&all), &all);
}

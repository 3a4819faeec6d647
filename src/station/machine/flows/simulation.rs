//! Senders and a receiver in one thread and in simulated time, for many histories: what gets lost, comes twice, late
//! or forged, networks that are cut, and programs that are killed.

mod history;
mod mutants;
mod network;
mod records;
mod script;

use std::collections::BTreeMap;

use super::rules::{Protocol, Rules};
use history::History;
use script::Script;

/// Runs a history; what was broken in it, if anything.
fn broken<R: Rules>(script: fn(u64) -> Script, seed: u64) -> Option<String> {
    History::<R>::new(script(seed)).run().err()
}

/// How many of these histories are broken, and how the first was.
fn count_broken<R: Rules>(
    script: fn(u64) -> Script,
    seeds: std::ops::Range<u64>,
) -> (usize, String) {
    let mut broken_ones = seeds.filter_map(|seed| {
        let rule = broken::<R>(script, seed)?;
        Some(format!("history {seed}: {rule}"))
    });
    let first = broken_ones.next();
    let count = usize::from(first.is_some()) + broken_ones.count();
    (count, first.unwrap_or_default())
}

/// How many histories are run in all, usually.
const USUALLY: u64 = 2735;

/// How many histories are run of a script, of which there are so many usually: as many more as `cargo xtask flows` says.
fn how_many(usually: u64) -> u64 {
    let asked = std::env::var("ZEROLESS_FLOWS").ok();
    let asked = asked.map_or(USUALLY, |asked| asked.parse().expect("a number"));
    (usually * asked).div_ceil(USUALLY)
}

#[track_caller]
fn assert_holds(script: fn(u64) -> Script, usually: u64) {
    let count = how_many(usually);
    let (broken, first) = count_broken::<Protocol>(script, 0..count);
    assert!(broken == 0, "{broken} of {count} are broken; {first}");
    println!("{count} histories hold");
}

#[test]
fn histories_of_all_that_can_happen_hold() {
    assert_holds(Script::anything, 1500);
}

#[test]
fn histories_with_little_room_hold() {
    assert_holds(Script::little_room, 500);
}

#[test]
fn histories_with_a_full_table_hold() {
    assert_holds(Script::full_table, 400);
}

#[test]
fn histories_with_long_rests_hold() {
    assert_holds(Script::rests, 300);
}

#[test]
fn histories_with_many_failures_hold() {
    assert_holds(Script::failures, 20);
}

#[test]
fn histories_of_streams_hold() {
    assert_holds(Script::streams, 15);
}

#[test]
fn histories_have_all_kinds_of_frames_and_ends() {
    let mut seen = BTreeMap::new();
    for script in [
        Script::anything,
        Script::little_room,
        Script::full_table,
        Script::failures,
    ] {
        for seed in 0..20 {
            let mut history = History::<Protocol>::new(script(seed));
            history.run().expect("it holds");
            for (what, times) in history.seen {
                *seen.entry(what).or_insert(0) += times;
            }
        }
    }
    println!("{seen:?}");
    for what in [
        "OPEN",
        "OPENED",
        "DATA",
        "ACK",
        "RESET",
        "BUSY",
        "END",
        "REFUSE",
        "flagged",
        "no room",
        "many failures",
        "Delivered",
        "Failed",
        "NotSent",
        "Unknown",
    ] {
        assert!(seen.contains_key(what), "no {what}: {seen:?}");
    }
}

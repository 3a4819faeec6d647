//! Senders and a receiver in one thread and in simulated time, for many histories: what gets lost, comes twice, late
//! or forged, networks that are cut, and programs that are killed.

mod history;
mod mutants;
mod network;
mod records;
mod script;

use std::collections::BTreeMap;
use std::ops::Range;

use super::super::histories;
use super::rules::{Protocol, Rules};
use history::History;
use script::Script;

/// How many of these histories are broken, and how the first was.
fn count_broken<R: Rules>(script: fn(u64) -> Script, seeds: Range<u64>) -> (usize, String) {
    histories::count_broken(seeds, |seed| History::<R>::new(script(seed)).run())
}

/// How many histories are run in all, usually; as many more as `cargo xtask flows` says.
const USUALLY: u64 = 2735;

#[track_caller]
fn assert_holds(script: fn(u64) -> Script, usually: u64) {
    let count = histories::how_many("ZEROLESS_FLOWS", usually, USUALLY);
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

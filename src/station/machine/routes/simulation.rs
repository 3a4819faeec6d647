//! Trees of nodes and stations in one thread and in simulated time, for many histories: links that break, seen and
//! unseen, what comes late, networks that are cut, programs that are killed and that move, names that are taken twice,
//! and stations that have each other as parents.

mod history;
mod mutants;
mod network;
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

/// How many histories are run in all, usually; as many more as ZEROLESS_ROUTES says.
const USUALLY: u64 = 64;

#[track_caller]
fn assert_holds(script: fn(u64) -> Script, usually: u64) {
    let count = histories::how_many("ZEROLESS_ROUTES", usually, USUALLY);
    let (broken, first) = count_broken::<Protocol>(script, 0..count);
    assert!(broken == 0, "{broken} of {count} are broken; {first}");
    println!("{count} histories hold");
}

#[test]
fn histories_of_all_that_can_happen_hold() {
    assert_holds(Script::anything, 30);
}

#[test]
fn histories_of_rivals_hold() {
    assert_holds(Script::rivals, 12);
}

#[test]
fn histories_of_circles_hold() {
    assert_holds(Script::circles, 12);
}

#[test]
fn histories_of_restarts_hold() {
    assert_holds(Script::restarts, 10);
}

#[test]
fn tables_of_very_many_are_right_five_seconds_after_restarts() {
    let in_full = std::env::var_os("ZEROLESS_ROUTES").is_some();
    let nodes = if in_full { 5_000 } else { 300 };
    let mut history = History::<Protocol>::new(Script::crowd(nodes));
    assert_eq!(history.run(), Ok(()));
    let (frames, rows) = history.frames;
    println!("{frames} frames with {rows} rows");
}

#[test]
fn histories_have_all_kinds_of_frames() {
    let mut seen = BTreeMap::new();
    for seed in 0..4 {
        let mut history = History::<Protocol>::new(Script::rivals(seed));
        history.run().expect("it holds");
        for (what, times) in history.seen {
            *seen.entry(what).or_insert(0) += times;
        }
    }
    println!("{seen:?}");
    for what in [
        "REGISTER",
        "REGISTERED",
        "ADVERT",
        "WITHDRAW",
        "WATCH",
        "PROBE",
        "ALIVE",
        "registered",
        "duplicate",
    ] {
        assert!(seen.contains_key(what), "no {what}: {seen:?}");
    }
}

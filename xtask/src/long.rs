//! The chores that are too long to be run for each change.

use std::time::{Duration, Instant};

use crate::full::{attack, calls, flows, overload, partition, relay, routes, stations};
use crate::fuzz::fuzz;
use crate::stress::stress;
use crate::{libzmq, link};

/// A chore, and its name.
type Chore = (&'static str, fn() -> bool);

const CHORES: [Chore; 13] = [
    ("link all", || link::link(true)),
    ("patches", libzmq::patches),
    ("cross", libzmq::cross),
    ("attack", attack),
    ("partition", || partition("20")),
    ("relay", || relay("600")),
    ("calls", || calls("1000")),
    ("stations", || stations("100")),
    ("overload", || overload("60")),
    ("flows", || flows("100000")),
    ("routes", || routes("10240")),
    ("stress", || stress(50, "5000000")),
    ("fuzz", || fuzz("-runs=10000000".to_owned())),
];

/// Runs all of them, also after one that failed, and says in the end how each went.
pub(crate) fn long() -> bool {
    let mut said = Vec::new();
    let mut all_passed = true;
    for (name, chore) in CHORES {
        println!("== cargo xtask {name}");
        let began = Instant::now();
        let passed = chore();
        all_passed &= passed;
        let verdict = if passed { "passed" } else { "FAILED" };
        said.push(format!("{name}: {verdict} in {}", minutes(began.elapsed())));
    }
    println!("\n{}", said.join("\n"));
    all_passed
}

fn minutes(time: Duration) -> String {
    format!("{}:{:02}", time.as_secs() / 60, time.as_secs() % 60)
}

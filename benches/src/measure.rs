//! What is measured: one file a part.

mod builds;
mod cpu;
mod in_flight;
mod inproc;
mod instructions;
pub mod kept;
mod roundtrip;
mod throughput;
mod tuning;
mod zre;

use crate::contender::Contender;
use crate::job::Job;
use crate::peer::Peer;
use crate::table::{head, ratio, row};

/// A part of the benchmark.
pub struct Part {
    pub name: &'static str,
    pub title: &'static str,
    pub run: fn(&Plan),
}

pub const PARTS: &[Part] = &[
    throughput::PART,
    throughput::ONE_PROCESS,
    inproc::PART,
    roundtrip::PART,
    in_flight::PART,
    cpu::PART,
    instructions::PART,
    kept::PART,
    builds::PART,
    tuning::THREADS,
    tuning::BATCH,
    tuning::SPIN,
    zre::enter::PART,
    zre::shout::PART,
    zre::mesh::PART,
    zre::stopped::PART,
];

/// How thoroughly to measure.
pub struct Plan {
    /// How often all contenders take their turn.
    pub rounds: usize,
    /// How often for round trips, which vary more.
    pub round_trip_rounds: usize,
    /// How long a turn is.
    pub seconds: f64,
    /// How long processor time is counted.
    pub cpu_seconds: f64,
    /// How many messages are counted instructions of.
    pub counted: u64,
    /// How often two nodes meet.
    pub meetings: usize,
    /// How long nodes shout to one that hears, or is stopped.
    pub shout_seconds: f64,
    pub stopped_seconds: f64,
    /// How long a mesh idles.
    pub idle_seconds: f64,
}

impl Plan {
    pub const FULL: Plan = Plan {
        rounds: 5,
        round_trip_rounds: 15,
        seconds: 0.6,
        cpu_seconds: 2.0,
        counted: 100_000,
        meetings: 25,
        shout_seconds: 2.0,
        stopped_seconds: 6.0,
        idle_seconds: 20.0,
    };

    /// Shows that all works; the numbers say little.
    pub const QUICK: Plan = Plan {
        rounds: 1,
        round_trip_rounds: 1,
        seconds: 0.1,
        cpu_seconds: 0.5,
        counted: 20_000,
        meetings: 3,
        shout_seconds: 0.3,
        stopped_seconds: 0.5,
        idle_seconds: 2.0,
    };
}

/// Two ends of a pattern, each in a process of its own: who binds, and who connects to it.
fn ends(contender: &dyn Contender, roles: [&str; 2], job: &Job) -> (Peer, Peer) {
    let [bind, connect] = roles.map(|role| job.clone().role(role.into()));
    let bound = Peer::start(contender, &bind);
    let connected = Peer::start(contender, &connect.endpoint(bound.line()));
    (bound, connected)
}

/// Lets everybody take their turn in each round, and gives each one's measurements.
///
/// Noise that lasts hits all of them alike, so their ratios within a round hold.
fn in_turns<T: Copy, R>(rounds: usize, all: &[T], measure: impl Fn(T) -> R) -> Vec<Vec<R>> {
    let mut results: Vec<Vec<R>> = all.iter().map(|_| Vec::new()).collect();
    for round in 0..rounds {
        for turn in 0..all.len() {
            let place = (turn + round) % all.len();
            results[place].push(measure(all[place]));
        }
    }
    results
}

/// Prints the head of a table: the first contender's values, and its ratios to the others.
fn head_of_ratios(case: &str, contenders: &[&dyn Contender]) {
    let mut cells = vec![case, contenders[0].name()];
    cells.extend(contenders[1..].iter().map(|contender| contender.name()));
    head(&cells);
}

/// Prints a row of such a table.
fn row_of_ratios(case: String, first: String, results: &[Vec<f64>]) {
    let ratios = results[1..].iter();
    let ratios = ratios.map(|others| format!("{:.2}", ratio(&results[0], others)));
    row(&[vec![case, first], ratios.collect()].concat());
}

//! How thoroughly to measure, and which parts.

use std::sync::atomic::{AtomicBool, Ordering};

#[derive(Debug)]
pub struct Plan {
    /// How often all contenders take their turn.
    pub rounds: usize,
    /// How often for round trips, which vary more.
    pub round_trip_rounds: usize,
    /// How often for two builds, which differ less.
    pub build_rounds: usize,
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
    /// The rows that are wanted; none for all.
    only: Vec<String>,
    /// The contenders that are wanted beside the first; none for all.
    against: Vec<String>,
    /// Whether there was a wanted row.
    found: AtomicBool,
}

impl Plan {
    pub fn full() -> Plan {
        Plan {
            rounds: 5,
            round_trip_rounds: 15,
            build_rounds: 10,
            seconds: 0.6,
            cpu_seconds: 2.0,
            counted: 100_000,
            meetings: 25,
            shout_seconds: 2.0,
            stopped_seconds: 6.0,
            idle_seconds: 20.0,
            only: Vec::new(),
            against: Vec::new(),
            found: AtomicBool::new(false),
        }
    }

    /// Shows that all works; the numbers say little.
    pub fn quick() -> Plan {
        Plan {
            rounds: 1,
            round_trip_rounds: 1,
            build_rounds: 1,
            seconds: 0.06,
            cpu_seconds: 0.2,
            counted: 20_000,
            meetings: 3,
            shout_seconds: 0.3,
            stopped_seconds: 0.5,
            idle_seconds: 2.0,
            ..Plan::full()
        }
    }

    /// All contenders take as many turns, in all parts.
    pub fn rounds(mut self, rounds: usize) -> Plan {
        self.rounds = rounds;
        self.round_trip_rounds = rounds;
        self.build_rounds = rounds;
        self
    }

    /// Measures the rows with this in their names, beside others that are wanted.
    pub fn only(mut self, name: &str) -> Plan {
        self.only.push(plain(name));
        self
    }

    /// Measures against the contenders with this in their names, beside others that are wanted.
    pub fn against(mut self, name: &str) -> Plan {
        self.against.push(plain(name));
        self
    }

    /// Whether a row is wanted.
    pub fn wants(&self, row: &str) -> bool {
        let wants = is_among(&self.only, row);
        self.found.fetch_or(wants, Ordering::Relaxed);
        wants
    }

    /// Whether it is wanted that the first contender is measured against this one.
    pub fn wants_against(&self, contender: &str) -> bool {
        is_among(&self.against, contender)
    }

    /// Whether rows were chosen, and none is called so.
    pub fn found_nothing(&self) -> bool {
        !self.only.is_empty() && !self.found.load(Ordering::Relaxed)
    }
}

fn is_among(wanted: &[String], name: &str) -> bool {
    let name = plain(name);
    wanted.is_empty() || wanted.iter().any(|wanted| name.contains(wanted))
}

/// As it is easily typed.
fn plain(name: &str) -> String {
    name.to_lowercase().replace('×', "x")
}

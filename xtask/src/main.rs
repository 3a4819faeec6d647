//! The project's chores: `cargo xtask <chore>`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const USAGE: &str = "\
cargo xtask stress [RUNS [MESSAGES]]   many threads on one socket, 50 runs of 5,000,000 messages,
                                       with both cores busy
cargo xtask fuzz [RUNS | SECONDSs]     each fuzz target, side by side: 10,000,000 runs, or for some time
cargo xtask attack                     strangers by the hundred thousand against a ZRE node
cargo xtask partition [TIMES]          two ZRE nodes in networks that are cut 20 times; needs root
cargo xtask ci                         all checks, as before a change goes in";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["stress"] => stress(50, "5000000"),
        ["stress", runs] => runs.parse().is_ok_and(|runs| stress(runs, "5000000")),
        ["stress", runs, messages] => runs.parse().is_ok_and(|runs| stress(runs, messages)),
        ["fuzz"] => fuzz("-runs=10000000".to_owned()),
        ["fuzz", many] => limit(many).is_some_and(fuzz),
        ["attack"] => in_full("zre_attacks", "ZEROLESS_ATTACK", "full"),
        ["partition"] => in_full("zre_partition", "ZEROLESS_PARTITIONS", "20"),
        ["partition", times] => in_full("zre_partition", "ZEROLESS_PARTITIONS", times),
        ["ci"] => run(Command::new("bash").arg(".ci/run")),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Runs the stress test again and again, beside threads that keep two cores busy.
fn stress(runs: u32, messages: &str) -> bool {
    for _ in 0..2 {
        std::thread::spawn(|| {
            loop {
                std::hint::spin_loop();
            }
        });
    }
    (1..=runs).all(|number| {
        println!("run {number} of {runs}");
        let mut test = Command::new(env!("CARGO"));
        test.args(["test", "--release", "--quiet", "--test", "stress"]);
        run(test.env("ZEROLESS_STRESS", messages))
    })
}

/// The fuzz targets, and how long their inputs are at most: longer ones find no more, later.
const TARGETS: [(&str, u32); 4] = [
    ("beacon", 32),
    ("codec", 1024),
    ("gossip", 256),
    ("state", 128),
];

/// When a fuzz target ends, as it is told: after a number of runs, or of seconds.
fn limit(many: &str) -> Option<String> {
    let (option, number) = match many.strip_suffix('s') {
        Some(seconds) => ("max_total_time", seconds),
        None => ("runs", many),
    };
    let number: u64 = number.parse().ok()?;
    Some(format!("-{option}={number}"))
}

/// Runs all fuzz targets from their seeds.
fn fuzz(limit: String) -> bool {
    let limit = limit.as_str();
    run(&mut cargo_fuzz("build"))
        && std::thread::scope(|scope| {
            let runs =
                TARGETS.map(|(target, len)| scope.spawn(move || try_out(target, len, limit)));
            let passed = runs.map(|run| run.join().is_ok_and(|passed| passed));
            passed.iter().all(|passed| *passed)
        })
}

fn cargo_fuzz(what: &str) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.args(["fuzz", what, "--fuzz-dir"]).arg(folder());
    // There is no unsafe code in what is tried out: a sanitizer would only make it slow.
    cargo.args(["--sanitizer", "none"]);
    cargo
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("fuzz")
}

fn try_out(target: &str, len: u32, limit: &str) -> bool {
    let corpus = folder().join("corpus").join(target);
    let seeds = folder().join("seeds").join(target);
    let log = folder().join("target").join(target).with_extension("log");
    println!("{target}: see {}", log.display());
    let tried = fs::create_dir_all(&corpus).and_then(|()| {
        let mut fuzz = cargo_fuzz("run");
        fuzz.arg(target).args([corpus, seeds]);
        fuzz.args(["--", "-print_final_stats=1", limit]);
        fuzz.arg(format!("-max_len={len}"));
        let passed = run(fuzz.stderr(File::create(&log)?));
        // What it found, or its figures, are at the end.
        let said = fs::read_to_string(&log)?;
        let lines: Vec<_> = said.lines().collect();
        let from = lines.len().saturating_sub(if passed { 6 } else { 60 });
        println!("{target}:\n{}", lines[from..].join("\n"));
        Ok(passed)
    });
    tried.unwrap_or_else(|error| {
        eprintln!("{target}: {error}");
        false
    })
}

/// Runs a test as long as it can be, one fact after the other, and shows its figures.
fn in_full(test: &str, variable: &str, value: &str) -> bool {
    let mut command = Command::new(env!("CARGO"));
    command.args(["test", "--release", "--quiet", "--test", test]);
    command.args(["--", "--nocapture", "--test-threads=1"]);
    run(command.env(variable, value))
}

fn run(command: &mut Command) -> bool {
    match command.status() {
        Ok(status) => status.success(),
        Err(error) => {
            eprintln!("{command:?}: {error}");
            false
        }
    }
}

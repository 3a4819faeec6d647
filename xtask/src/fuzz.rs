//! The fuzz targets, side by side.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

use crate::command::{root, run};

/// The fuzz targets, and how long their inputs are at most: longer ones find no more, later.
const TARGETS: [(&str, u32); 11] = [
    ("beacon", 32),
    ("packet", 1024),
    ("gossip", 256),
    ("machine", 128),
    ("certificate", 512),
    ("z85", 64),
    ("zap", 512),
    ("zmqrpc", 512),
    ("envelope", 256),
    ("station", 512),
    ("net_node", 512),
];

/// When a fuzz target ends, as it is told: after a number of runs, or of seconds.
pub(crate) fn limit(many: &str) -> Option<String> {
    let (option, number) = match many.strip_suffix('s') {
        Some(seconds) => ("max_total_time", seconds),
        None => ("runs", many),
    };
    let number: u64 = number.parse().ok()?;
    Some(format!("-{option}={number}"))
}

/// Runs all fuzz targets from their seeds.
pub(crate) fn fuzz(limit: String) -> bool {
    let limit = limit.as_str();
    run(&mut cargo_fuzz("build"))
        && std::thread::scope(|scope| {
            let runs =
                TARGETS.map(|(target, len)| scope.spawn(move || try_out(target, len, limit)));
            let passed = runs.map(|run| run.join().is_ok_and(|passed| passed));
            passed.iter().all(|passed| *passed)
        })
}

fn cargo_fuzz(command: &str) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.args(["fuzz", command, "--fuzz-dir"]).arg(folder());
    // There is no unsafe code in the targets: a sanitizer would only make them slow.
    cargo.args(["--sanitizer", "none"]);
    cargo
}

fn folder() -> PathBuf {
    root().join("fuzz")
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
        // Its finding, or its figures, are at the end.
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

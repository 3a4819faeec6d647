//! The project's chores: `cargo xtask <chore>`.

mod fuzz;
mod libzmq;
mod link;
mod long;
mod stress;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use fuzz::{fuzz, limit};
use stress::stress;

const USAGE: &str = "\
cargo xtask ci                         what must pass before a change goes in: an hour on two cores
cargo xtask long                       all the rest, one after the other: many hours

cargo xtask stress [RUNS [MESSAGES]]   many threads on one socket, 50 runs of 5,000,000 messages,
                                       with both cores busy
cargo xtask fuzz [RUNS | SECONDSs]     each fuzz target, side by side: 10,000,000 runs, or for some time
cargo xtask attack                     strangers by the hundred thousand against a ZRE node
cargo xtask partition [TIMES]          two ZRE nodes in networks that are cut 20 times; needs root
cargo xtask link [all]                 programs without a configuration have our libzmq, by any linker;
                                       all: with CURVE, from packages, installed
cargo xtask patches                    without a patch of libzmq, its test fails
cargo xtask cross                      compiled for ARM, by Debian's compilers, and run in an emulator
cargo xtask measure [--quick]          our libzmq against zmq-sys's, as ratios from one run";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["ci"] => run(Command::new("bash").arg(".ci/run")),
        ["long"] => long::long(),
        ["stress"] => stress(50, "5000000"),
        ["stress", runs] => runs.parse().is_ok_and(|runs| stress(runs, "5000000")),
        ["stress", runs, messages] => runs.parse().is_ok_and(|runs| stress(runs, messages)),
        ["fuzz"] => fuzz("-runs=10000000".to_owned()),
        ["fuzz", many] => limit(many).is_some_and(fuzz),
        ["attack"] => attack(),
        ["partition"] => partition("20"),
        ["partition", times] => partition(times),
        ["link"] => link::link(false),
        ["link", "all"] => link::link(true),
        ["patches"] => libzmq::patches(),
        ["cross"] => libzmq::cross(),
        ["measure"] => libzmq::measure(&[]),
        ["measure", "--quick"] => libzmq::measure(&["--quick"]),
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

fn attack() -> bool {
    in_full("zre_attacks", "ZEROLESS_ATTACK", "full")
}

fn partition(times: &str) -> bool {
    in_full("zre_partition", "ZEROLESS_PARTITIONS", times)
}

/// The project's folder.
fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_owned()
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

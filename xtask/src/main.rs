//! The project's chores: `cargo xtask <chore>`.

mod command;
mod full;
mod fuzz;
mod libzmq;
mod link;
mod long;
mod manual;
mod measure;
mod stress;

use std::process::{Command, ExitCode};

use command::run;
use full::{attack, calls, flows, overload, partition, relay, routes, stations};
use fuzz::{fuzz, limit};
use measure::measure;
use stress::stress;

const USAGE: &str = "\
cargo xtask ci                         all that must pass before a change goes in: an hour on two cores
cargo xtask long                       all the rest, one after the other: many hours

cargo xtask stress [RUNS [MESSAGES]]   many threads on one socket, 50 runs of 5,000,000 messages,
                                       with both cores busy
cargo xtask fuzz [RUNS | SECONDSs]     each fuzz target, side by side: 10,000,000 runs, or for some time
cargo xtask attack                     strangers by the hundred thousand against a ZRE node, and by the ten
                                       thousand against a secured server
cargo xtask partition [TIMES]          two ZRE nodes in networks that are cut 20 times; needs root
cargo xtask relay [SECONDS]            relays whose peers are killed and started again, 600 seconds each
cargo xtask calls [TIMES]              calls from 16 threads while their servers are killed 1000 times
cargo xtask stations [KILLS]           messages through a station, while it and the receiver are killed, 100 times
cargo xtask overload [SECONDS]         a server that is asked for ten times what it can do, for 60 seconds
cargo xtask flows [HISTORIES]          stations' flows in simulated time: 100,000 histories
cargo xtask routes [HISTORIES]         trees of stations in simulated time: 10,240 histories
cargo xtask link [all]                 programs without a configuration have our libzmq, by any linker;
                                       all: with CURVE, from packages, installed
cargo xtask patches                    without a patch of libzmq, its test fails
cargo xtask manual                     the command's manual page, as target/zeroless.1
cargo xtask cross                      compiled for ARM, by Debian's compilers, and run in an emulator
cargo xtask measure [--quick]          our libzmq against zmq-sys's, as ratios from one run
cargo xtask measure PART...            these parts of the benchmarks, with their options: see
                                       benches/README.md";

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
        ["manual"] => manual::manual(),
        ["partition"] => partition("20"),
        ["partition", times] => partition(times),
        ["relay"] => relay("600"),
        ["relay", seconds] => relay(seconds),
        ["calls"] => calls("1000"),
        ["calls", times] => calls(times),
        ["stations"] => stations("100"),
        ["stations", kills] => stations(kills),
        ["overload"] => overload("60"),
        ["overload", seconds] => overload(seconds),
        ["flows"] => flows("100000"),
        ["flows", histories] => flows(histories),
        ["routes"] => routes("10240"),
        ["routes", histories] => routes(histories),
        ["link"] => link::link(false),
        ["link", "all"] => link::link(true),
        ["patches"] => libzmq::patches(),
        ["cross"] => libzmq::cross(),
        ["measure", ref options @ ..] => measure(options),
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

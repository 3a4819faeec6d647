//! Tests that can be run for longer than `cargo test` does.

use std::process::Command;

use crate::command::run;

/// Strangers by the hundred thousand against a node of ZRE, and by the ten thousand against a secured
/// server.
pub(crate) fn attack() -> bool {
    let attack = |test| in_full(test, "ZEROLESS_ATTACK", "full");
    let passed = ["zre_attacks", "security_attacks"].map(attack);
    passed == [true; 2]
}

/// Two nodes of ZRE in networks that are cut so many times.
pub(crate) fn partition(times: &str) -> bool {
    in_full("zre_partition", "ZEROLESS_PARTITIONS", times)
}

/// Relays whose peers are killed and started again, for so many seconds.
pub(crate) fn relay(seconds: &str) -> bool {
    in_full("relay_restarts", "ZEROLESS_RELAY", seconds)
}

/// Calls under load while so many of their servers are killed and started again.
pub(crate) fn calls(restarts: &str) -> bool {
    in_full("rpc_restarts", "ZEROLESS_RPC", restarts)
}

/// Messages through a station, while it and the receiver are killed and started again so many times.
pub(crate) fn stations(kills: &str) -> bool {
    in_full("station_restarts", "ZEROLESS_STATION", kills)
}

/// Servers of calls that are asked for ten times what they can do, for so many seconds.
pub(crate) fn overload(seconds: &str) -> bool {
    in_full("rpc_overload", "ZEROLESS_OVERLOAD", seconds)
}

/// So many histories of flows, and how many of them each weaker protocol breaks.
pub(crate) fn flows(histories: &str) -> bool {
    simulated("flows::simulation", "ZEROLESS_FLOWS", histories)
}

/// So many histories of trees of stations, and how many of them each weaker protocol breaks.
pub(crate) fn routes(histories: &str) -> bool {
    simulated("routes::simulation", "ZEROLESS_ROUTES", histories)
}

/// Runs so many histories in simulated time.
fn simulated(tests: &str, variable: &str, histories: &str) -> bool {
    let mut command = Command::new(env!("CARGO"));
    command.args(["test", "--release", "--quiet", "--features", "station"]);
    command.args(["--package", "zeroless", "--lib", tests]);
    command.args(["--", "--nocapture", "--test-threads=2"]);
    run(command.env(variable, histories))
}

/// Runs a test as long as it can be, one fact after the other, and shows its figures.
fn in_full(test: &str, variable: &str, value: &str) -> bool {
    let mut command = Command::new(env!("CARGO"));
    command.args(["test", "--release", "--quiet", "--features", "rpc,station"]);
    command.args(["--test", test]);
    command.args(["--", "--nocapture", "--test-threads=1"]);
    run(command.env(variable, value))
}

//! This process, as the system sees it: its time, memory and files.

use std::fs;
use std::time::Duration;

use nix::sys::resource::{Resource, UsageWho, getrlimit, getrusage, setrlimit};
use nix::sys::time::TimeValLike;
use nix::time::{ClockId, clock_gettime};

/// The processor time that this process has used, in all its threads.
pub fn used() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("no argument can be wrong");
    let microseconds = (usage.user_time() + usage.system_time()).num_microseconds();
    Duration::from_micros(microseconds as u64)
}

/// The memory that it has, in bytes.
pub fn resident() -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("a Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next());
    kibibytes
        .expect("a number")
        .parse::<f64>()
        .expect("a number")
        * 1024.0
}

/// Nanoseconds of the clock that all processes of a machine share.
pub fn now() -> u64 {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).expect("a Linux");
    Duration::from(now).as_nanos() as u64
}

/// Lets it have as many files as it may.
pub fn raise_files() {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).expect("a Linux");
    setrlimit(Resource::RLIMIT_NOFILE, most, most).expect("not more than the most");
}

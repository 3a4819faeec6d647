//! How much of the system a process has.

#![allow(dead_code, reason = "each test uses its own part of this")]

use std::fs;

/// The memory of a process, in kilobytes, and its other resources.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    pub(crate) memory: u64,
    /// The most that it has had since [`forget_peak`].
    pub(crate) peak: u64,
    pub(crate) files: usize,
    pub(crate) threads: u64,
}

impl Usage {
    pub(crate) fn of(process: u32) -> Usage {
        let status = fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let digits = line.and_then(|line| line.split_whitespace().next());
            digits.and_then(|it| it.parse().ok()).expect("a number")
        };
        Usage {
            memory: number("VmRSS:"),
            peak: number("VmHWM:"),
            files: files(process),
            threads: number("Threads:"),
        }
    }
}

/// How many files a process has open.
pub(crate) fn files(process: u32) -> usize {
    let folder = fs::read_dir(format!("/proc/{process}/fd")).expect("it runs");
    folder.count()
}

/// Counts from here on the most memory that a process has had.
pub(crate) fn forget_peak(process: u32) {
    fs::write(format!("/proc/{process}/clear_refs"), "5").expect("a kernel that can forget");
}

//! A part of the benchmark.

use crate::plan::Plan;

/// Measurements that are made together, and printed as one table.
pub struct Part {
    pub name: &'static str,
    pub title: &'static str,
    pub run: fn(&Plan),
}

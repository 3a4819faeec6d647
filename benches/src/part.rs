//! A part of the benchmark.

use crate::plan::Plan;

/// What is measured together, and printed as one table.
pub struct Part {
    pub name: &'static str,
    pub title: &'static str,
    pub run: fn(&Plan),
}

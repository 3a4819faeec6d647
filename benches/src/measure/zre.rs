//! Nodes that find each other: the measurements of ZRE.

pub mod enter;
pub mod mesh;
mod network;
pub mod shout;
pub mod stopped;

use crate::contender::Contender;
use crate::table::{head, row};

/// Prints the head of a table with a column for each of at most two, and one for their ratio.
fn head_of_all(case: &str, contenders: &[&dyn Contender]) {
    let names = contenders.iter().map(|one| one.name());
    let ratio = (contenders.len() > 1).then_some("ratio");
    let cells: Vec<&str> = std::iter::once(case).chain(names).chain(ratio).collect();
    head(&cells);
}

/// Prints a row of such a table.
fn row_of_all(case: &str, values: impl IntoIterator<Item = String>, ratio: Option<String>) {
    let cells = std::iter::once(case.to_owned()).chain(values).chain(ratio);
    row(&cells.collect::<Vec<_>>());
}

//! auto-pi-lot 0.5.1, unchanged: its nodes and stations, and ours, are nodes of one network.
//!
//! `ZEROLESS_PEER_PYTHON` names a Python with auto-pi-lot; `.ci/run` makes one. Without it these tests say that they
//! were not run.

#![cfg(feature = "station")]

#[path = "interop_station/peer.rs"]
mod peer;
#[path = "support/process.rs"]
mod process;
#[path = "support/program.rs"]
mod program;

#[path = "interop_station/arrays.rs"]
mod arrays;
#[path = "interop_station/children.rs"]
mod children;
#[path = "interop_station/example.rs"]
mod example;
#[path = "interop_station/parents.rs"]
mod parents;
#[path = "interop_station/table.rs"]
mod table;

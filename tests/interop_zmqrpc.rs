//! pyzmqrpc3 3.2.2, unchanged: our clients call its servers, and its clients ours; each of its proxies between our ends,
//! and ours between its ends.
//!
//! `ZEROLESS_PEER_PYTHON` names a Python with pyzmqrpc3; `.ci/run` makes one. Without it these tests say that they
//! were not run.

#![cfg(feature = "zmqrpc")]

#[path = "interop_zmqrpc/peer.rs"]
mod peer;
#[path = "support/process.rs"]
mod process;
#[path = "support/program.rs"]
mod program;
#[path = "support/zmqrpc.rs"]
mod recorded;
mod support;

#[path = "interop_zmqrpc/calls.rs"]
mod calls;
#[path = "interop_zmqrpc/proxies.rs"]
mod proxies;
#[path = "interop_zmqrpc/publishing.rs"]
mod publishing;
#[path = "interop_zmqrpc/table.rs"]
mod table;

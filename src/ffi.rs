//! All unsafe code: libzmq's C functions that the zmq crate cannot call as we need them, and a few of
//! the system's.
//!
//! Each function here is sound for every argument that safe code can give it.

#![allow(unsafe_code)]

mod address;
mod capability;
mod connection;
mod context;
mod curve;
mod dropped_here;
mod errno;
mod fork;
mod interfaces;
mod message;
mod options;
mod per_process;
mod poll;
mod poll_set;
mod socket;
mod system;

pub(crate) use address::peer_address;
pub(crate) use capability::{
    SAFE_HEARTBEATS, disconnects_at_once, has, keeps_refused, reports_connect_failures,
    reports_undelivered,
};
pub(crate) use connection::{ConnectionNumbers, numbers_connections};
pub(crate) use context::RawContext;
pub(crate) use curve::{curve_keypair, curve_public};
pub(crate) use dropped_here::DroppedHere;
pub(crate) use errno::{Errno, keep_errno, system};
#[cfg(test)]
pub(crate) use fork::tests;
pub(crate) use fork::{count_forks, forks};
pub(crate) use interfaces::{interface_index, interfaces};
pub(crate) use message::RawMessage;
pub(crate) use options::{IntOption, set_int};
pub(crate) use per_process::PerProcess;
pub(crate) use poll::poll;
pub(crate) use poll_set::PollSet;
pub(crate) use socket::{bind, recv, recv_following, send, send_bytes};
pub(crate) use system::{file_limit, monotonic_time};

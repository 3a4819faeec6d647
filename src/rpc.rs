//! Calls: typed, with deadlines, and errors that tell whether a call may have run.
//!
//! A command is a type with serde, and [`command!`] says what its reply is. Programs in other languages call and serve
//! as well: docs/rpc.md has the bytes.

mod call_error;
mod client;
mod command;
mod envelope;
mod failure;
#[cfg(any(fuzzing, test))]
#[doc(hidden)]
pub mod fuzzing;
mod nearest;
pub mod relay;
mod server;
mod stop;
#[cfg(feature = "zmqrpc")]
pub mod zmqrpc;

pub use call_error::CallError;
pub use client::{Balance, ByEndpoint, CallResult, Client, PendingCall};
pub use command::Command;
#[doc(hidden)]
pub use command::is_name;
pub use failure::Failure;
pub use server::{
    Answer, Call, CommandStatistics, Handler, IntoOutcome, Later, Outcome, Running, Server,
};

pub use crate::__rpc_command as command;
pub use crate::codec::{BodyType, MAX_BODY};

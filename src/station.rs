//! Nodes that are reached by name, by way of stations, and that know what became of each message.
//!
//! The beginning: the bytes, the flows and the routes (see docs/station.md). A user has no use of it yet, so nothing of it
//! is public.

mod array;
mod autopilot;
#[cfg(any(fuzzing, test))]
#[doc(hidden)]
pub mod fuzzing;
mod life;
mod machine;
mod wire;

pub(crate) use array::{Array, Dtype};
pub(crate) use life::Life;

//! The libzmq that [zeroless](https://docs.rs/zeroless) links: 4.3.5, configured as Linux wants
//! it, and patched.
//!
//! The crate zmq-sys always compiles a libzmq 4.3.4 without a configuration, and no library that
//! depends on it can change that. This crate outranks it: it depends on zmq-sys, so its own
//! archive comes first where a program is linked; all of that is linked, and nothing is left
//! for which the linker would look into zmq-sys's. The functions are called by way of zmq-sys as
//! before. To get it, name it:
//!
//! ```
//! use zeroless_libzmq as _;
//! ```
//!
//! On another system than Linux, and where your configuration names a library for
//! `links = "zmq"`, it compiles nothing, and that library is linked.
//!
//! The feature `curve` adds CURVE, by libsodium.
//!
//! libzmq's licence is the MPL 2.0; its sources are those of the package
//! [zeromq-src](https://crates.io/crates/zeromq-src), and the patches stand in `build/patches`
//! here.

// This crate exists for the order of these two in the linker's arguments.
#[cfg(feature = "curve")]
use libsodium_sys as _;
use zmq_sys as _;

/// Whether this crate compiled a libzmq; otherwise zmq-sys's, or the system's, is linked.
pub const COMPILED: bool = cfg!(compiled);

mod connection;
mod receive;

pub use connection::{CONNECTION, Connection};
pub use receive::{RECEIVE, Receive, ReceivedFrame};

//! Who may enter: passwords, keys, and the files that they are in.
//!
//! - [`Password`]: for PLAIN. It is read by everybody between the two ends, so it is for loopback and ipc.
//! - [`Keys`], [`PublicKey`] and [`SecretKey`]: for CURVE, which encrypts all messages. Where the linked libzmq has none,
//!   errors say how to get it; [`capabilities`](crate::capabilities) tells beforehand.

mod certificate;
mod constant_time;
#[cfg(fuzzing)]
pub mod fuzzing;
mod key_files;
mod keys;
mod password;
mod public_key;
mod secret_file;
mod secret_key;
mod z85;

pub use keys::Keys;
pub use password::Password;
pub use public_key::PublicKey;
pub use secret_key::SecretKey;

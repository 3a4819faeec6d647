//! Who may enter: passwords, keys, and the files that they are in.
//!
//! - [`Access`]: who may enter a server, by PLAIN or by CURVE.
//! - [`Password`]: for PLAIN. It is read by everybody between the two ends, so it is for loopback and ipc.
//! - [`Keys`], [`PublicKey`] and [`SecretKey`]: for CURVE, which encrypts all messages. Where the linked libzmq has none,
//!   errors say how to get it; [`capabilities`](crate::capabilities) tells beforehand.

mod access;
mod access_request;
mod certificate;
mod constant_time;
#[cfg(fuzzing)]
pub mod fuzzing;
mod guesses;
mod key_files;
mod key_folder;
mod keys;
mod networks;
mod password;
mod peer_address;
mod public_key;
mod revocations;
mod rules;
mod secret_file;
mod secret_key;
mod user_id;
mod z85;
mod zap_message;

pub use access::Access;
pub(crate) use access::{ADMISSION, Question, Verdict};
pub use access_request::AccessRequest;
pub use keys::Keys;
pub use password::Password;
pub(crate) use peer_address::PeerAddress;
pub use public_key::PublicKey;
pub(crate) use revocations::OnRevoke;
pub(crate) use rules::{Closure, Denial};
pub use secret_key::SecretKey;
pub(crate) use zap_message::{ZapCode, ZapCredentials, ZapRequest, property as zap_property};

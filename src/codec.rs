//! The bodies of messages: values in MessagePack, in JSON or as bare bytes.
//!
//! Decoding is bounded whatever the bytes are: in size, in depth and in what is allocated. An error says where in
//! the value the mistake is, and which it is.

#[cfg(any(feature = "zmqrpc", feature = "station"))]
mod base64;
mod body_type;
mod bounded;
mod bytes;
mod error;
#[cfg(any(feature = "zmqrpc", feature = "station"))]
pub(crate) mod exact;
pub(crate) mod finite;
mod json;
mod message_pack;
mod mistake;
#[cfg(feature = "station")]
#[allow(dead_code, reason = "stations are not offered yet")]
pub(crate) mod python_json;
#[cfg(any(feature = "zmqrpc", feature = "station"))]
pub(crate) mod raw_json;
#[cfg(test)]
mod tests;

#[cfg(any(feature = "zmqrpc", feature = "station"))]
pub(crate) use base64::PYTHON_BASE64;
pub use body_type::BodyType;
pub(crate) use error::{BodyError, cut};

/// How many bytes a body may have, at most: 16 MiB.
pub const MAX_BODY: usize = 16 << 20;

/// In how many lists and maps a value may be, at most: as many as serde_json allows.
const MAX_DEPTH: usize = 127;

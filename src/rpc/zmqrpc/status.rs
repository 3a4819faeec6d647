//! The status codes of replies, and their texts.

/// Done.
pub const OK: u16 = 200;

/// The request is not a command that the server can read.
pub const BAD_REQUEST: u16 = 400;

/// The server has no service for the command.
pub const NO_SERVICE: u16 = 451;

/// The service has failed.
pub const SERVICE_FAILED: u16 = 463;

/// A proxy got no reply that it could pass on.
pub const PROXY_FAILED: u16 = 482;

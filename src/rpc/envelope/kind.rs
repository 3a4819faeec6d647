//! The numbers of the kinds of envelopes, and of errors.

pub(super) const CALL: u64 = 0;
pub(super) const REPLY: u64 = 1;
pub(super) const ERROR: u64 = 2;
pub(super) const ACCEPTED: u64 = 3;
pub(super) const CANCEL: u64 = 4;
pub(super) const PING: u64 = 5;
pub(super) const PONG: u64 = 6;
pub(super) const LIST: u64 = 7;
pub(super) const CAST: u64 = 8;

pub(super) const SERVICE: u64 = 0;
pub(super) const BUSY: u64 = 1;
pub(super) const NO_SUCH_COMMAND: u64 = 2;
pub(super) const BAD_REQUEST: u64 = 3;
pub(super) const BAD_REPLY: u64 = 4;
pub(super) const TOO_LARGE: u64 = 5;
pub(super) const DENIED: u64 = 6;
pub(super) const CANCELLED: u64 = 7;
pub(super) const PANICKED: u64 = 8;
pub(super) const EXPIRED: u64 = 9;
pub(super) const PROTOCOL: u64 = 10;
pub(super) const NOT_SENT: u64 = 11;
pub(super) const MAY_HAVE_RUN: u64 = 12;

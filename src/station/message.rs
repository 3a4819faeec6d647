//! Messages: as they come, and as they are sent.

mod builder;
mod incoming;
mod item;
mod outgoing;
mod received;

pub use builder::MessageBuilder;
pub(super) use builder::{BatchForm, Composed};
pub(super) use incoming::Incoming;
pub(super) use outgoing::Outgoing;
pub use received::Message;
pub(super) use received::{Finish, Receipt};

/// The headers by which the items of a stream tell its name, and its subject.
pub(super) const STREAM: &str = "stream";
pub(super) const SUBJECT: &str = "subject";

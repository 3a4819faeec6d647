//! Messages: as they come, and as they are sent.

mod builder;
mod incoming;
mod outgoing;
mod received;

pub(super) use builder::Composed;
pub use builder::MessageBuilder;
pub(super) use incoming::Incoming;
pub(super) use outgoing::Outgoing;
pub use received::Message;
pub(super) use received::{Finish, Receipt};

//! The wire of autopilot's Net_Node and Station ([auto-pi-lot](https://pypi.org/project/auto-pi-lot/) 0.5.1), for nodes
//! that talk with them: docs/station.md has the frames. Nothing here knows of a socket or of time.
//!
//! Whatever a peer sends is read, or refused with the mistake in words. No message makes us end, and no pickle is
//! opened.

mod address;
mod array;
mod frames;
mod headers;
mod message;
mod message_id;
mod outgoing;
mod read;
mod repeats;
mod stream;
mod timestamp;
mod unreadable;
pub(crate) mod value;

#[cfg(test)]
mod tests;

pub(crate) use address::Address;
pub(crate) use array::{ArrayMember, Sendable};
pub(crate) use frames::{Arrived, Received, Side, is_native};
pub(crate) use message::{PeerMessage, flag, key};
pub(crate) use message_id::MessageId;
pub(crate) use outgoing::{Link, ping};
pub(crate) use repeats::Repeats;
pub(crate) use stream::StreamBatch;
pub(crate) use timestamp::timestamp;
pub(crate) use unreadable::Unreadable;

//! The first frame of each message between nodes and stations, and the body of an array: docs/station.md has the bytes.
//! Nothing here knows of a socket or of time.
//!
//! A frame is read whole or refused, with the mistake in words; whatever is read is written as the same bytes.

mod array;
mod batch;
mod body_kind;
mod content;
mod data;
mod error;
mod fields;
mod flags;
mod header;
mod link;
mod reader;
mod writer;

#[cfg(test)]
mod tests;

pub(crate) use array::ArrayHeader;
pub(crate) use batch::{
    BatchItems, MAX_BATCH, MAX_ITEMS, append_item, compress, decompressed_size, item_size,
};
pub(crate) use body_kind::BodyKind;
pub(crate) use content::{Ack, Content, Credit, Failed, Fault, Open, Opened, Refusal};
pub(crate) use data::Data;
pub(crate) use error::{Malformed, Oversized};
pub(crate) use fields::{Compression, ReplyTo};
pub(crate) use header::{Header, MAX_HEADER, Routed, SIGNATURE, TTL};
pub(crate) use link::{Admitted, Claim, LinkMessage, Outcome, Registration, Row, RowState};

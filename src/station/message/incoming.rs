//! A message that has come, before its handler has it.

use std::sync::Arc;
use std::time::Instant;

use crate::station::Life;
use crate::station::body::Body;
use crate::station::machine::Payload;
use crate::station::wire::{ReplyTo, decompressed_size};

/// A message that has come.
#[derive(Debug)]
pub(in crate::station) struct Incoming {
    pub(in crate::station) to: String,
    pub(in crate::station) from: String,
    /// The stations that it still is to pass.
    pub(in crate::station) hops: Vec<String>,
    /// The sender's.
    pub(in crate::station) life: Life,
    pub(in crate::station) seq: u64,
    pub(in crate::station) key: String,
    pub(in crate::station) headers: Vec<(String, String)>,
    /// Nanoseconds since 1970; 0 if it is not told.
    pub(in crate::station) time: u64,
    pub(in crate::station) deadline: Option<Instant>,
    pub(in crate::station) is_redelivered: bool,
    pub(in crate::station) is_unconfirmed: bool,
    pub(in crate::station) is_request: bool,
    /// It is a batch of a stream: its body has several items.
    pub(in crate::station) is_batch: bool,
    pub(in crate::station) is_compressed: bool,
    pub(in crate::station) reply_to: Option<ReplyTo>,
    pub(in crate::station) body: Body,
}

impl Payload for Arc<Incoming> {
    fn size(&self) -> usize {
        let texts = self
            .headers
            .iter()
            .map(|(key, value)| key.len() + value.len());
        self.body_size() + self.key.len() + texts.sum::<usize>()
    }
}

impl Incoming {
    /// How many bytes its body has: decompressed, since it will be.
    fn body_size(&self) -> usize {
        let bytes = self.body.frames.byte_count();
        match self.is_compressed {
            true => {
                decompressed_size(self.body.frames.as_bytes()).map_or(bytes, |it| it.max(bytes))
            }
            false => bytes,
        }
    }
}

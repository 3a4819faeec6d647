//! A message that is sent, again if need be, until it has ended.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::message::Message as FrameList;
use crate::station::machine::{Parcel, Payload};
use crate::station::wire::{BodyKind, Compression, Data, ReplyTo};

/// A message that is sent.
#[derive(Debug)]
pub(in crate::station) struct Outgoing {
    pub(in crate::station) ttl: u8,
    pub(in crate::station) key: String,
    pub(in crate::station) headers: Vec<(String, String)>,
    pub(in crate::station) time: u64,
    pub(in crate::station) unconfirmed: bool,
    pub(in crate::station) is_request: bool,
    pub(in crate::station) reply_to: Option<ReplyTo>,
    pub(in crate::station) is_batch: bool,
    pub(in crate::station) compression: Option<Compression>,
    pub(in crate::station) kind: BodyKind,
    pub(in crate::station) size: usize,
    /// Sharing frames changes how they are kept.
    pub(in crate::station) frames: Mutex<FrameList>,
}

impl Payload for Arc<Outgoing> {
    fn size(&self) -> usize {
        self.size
    }
}

impl Outgoing {
    /// What the first frame tells of it.
    pub(in crate::station) fn data(parcel: &Parcel<Arc<Outgoing>>) -> Data {
        let message = &parcel.message;
        Data {
            token: parcel.token,
            seq: parcel.seq,
            base: parcel.base,
            is_redelivered: parcel.is_redelivered,
            at_most_once: parcel.at_most_once,
            unconfirmed: message.unconfirmed,
            is_request: message.is_request,
            reply_to: message.reply_to,
            is_stream_batch: message.is_batch,
            body: message.kind,
            left: Some(milliseconds(parcel.left)),
            time: message.time,
            key: message.key.clone(),
            headers: message.headers.clone(),
            compression: message.compression,
        }
    }
}

/// At least one: none would be no deadline.
fn milliseconds(time: Duration) -> NonZeroU32 {
    let milliseconds = u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
    NonZeroU32::new(milliseconds).unwrap_or(NonZeroU32::MIN)
}

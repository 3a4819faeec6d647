//! A message of a user's, as its first frame tells of it; its body is the frames that follow.

use std::mem::take;
use std::num::NonZeroU32;

use super::fields::{Compression, Fields, ReplyTo};
use super::flags::Flags;
use super::{BodyKind, Malformed};

/// What the first frame tells of a message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Data {
    /// The flow at the receiver.
    pub(crate) token: u64,
    pub(crate) seq: u64,
    /// The first message of the flow that has not ended: what is below is skipped. Not above `seq`.
    pub(crate) base: u64,
    /// It may have been handled already, in another life of the receiver.
    pub(crate) is_redelivered: bool,
    /// It is never handled twice.
    pub(crate) at_most_once: bool,
    /// Nobody waits for its end.
    pub(crate) unconfirmed: bool,
    pub(crate) is_request: bool,
    /// The request that this is the reply to.
    pub(crate) reply_to: Option<ReplyTo>,
    pub(crate) is_stream_batch: bool,
    pub(crate) body: BodyKind,
    /// How many milliseconds are left until its deadline.
    pub(crate) left: Option<NonZeroU32>,
    /// When it was sent, in nanoseconds since 1970; 0 if it is not told.
    pub(crate) time: u64,
    pub(crate) key: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) compression: Option<Compression>,
}

impl Data {
    pub(super) fn fields(&self) -> Fields {
        let flags = [
            (self.is_redelivered, Flags::REDELIVERED),
            (self.at_most_once, Flags::AT_MOST_ONCE),
            (self.unconfirmed, Flags::UNCONFIRMED),
            (self.is_request, Flags::REQUEST),
            (self.reply_to.is_some(), Flags::REPLY),
            (self.is_stream_batch, Flags::STREAM_BATCH),
            (self.compression.is_some(), Flags::COMPRESSED),
        ];
        let set = flags.iter().filter(|(is_set, _)| *is_set);
        Fields {
            flags: Flags::of(set.map(|(_, flag)| *flag)),
            body: self.body,
            token: self.token,
            seq: self.seq,
            back: self.seq.saturating_sub(self.base),
            left: self.left.map_or(0, NonZeroU32::get),
            time: self.time,
            reply_to: self.reply_to,
            key: self.key.clone(),
            headers: self.headers.clone(),
            compression: self.compression,
            ..Fields::default()
        }
    }

    pub(super) fn take_from(fields: &mut Fields) -> Result<Data, Malformed> {
        let (seq, base) = fields.take_seq_and_base()?;
        let flags = take(&mut fields.flags);
        Ok(Data {
            token: take(&mut fields.token),
            seq,
            base,
            is_redelivered: flags.has(Flags::REDELIVERED),
            at_most_once: flags.has(Flags::AT_MOST_ONCE),
            unconfirmed: flags.has(Flags::UNCONFIRMED),
            is_request: flags.has(Flags::REQUEST),
            reply_to: fields.reply_to.take(),
            is_stream_batch: flags.has(Flags::STREAM_BATCH),
            body: take(&mut fields.body),
            left: NonZeroU32::new(take(&mut fields.left)),
            time: take(&mut fields.time),
            key: take(&mut fields.key),
            headers: take(&mut fields.headers),
            compression: fields.compression.take(),
        })
    }
}

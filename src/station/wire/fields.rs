//! The fields that all routed frames have, at the same places: each kind uses some, and the others are zero.

use super::flags::Flags;
use super::reader::Reader;
use super::writer::Writer;
use super::{BodyKind, Malformed};
use crate::station::Life;

/// The fields. Whoever reads a kind takes out those that the kind has.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub(super) lane: u8,
    pub(super) to: String,
    pub(super) from: String,
    pub(super) hops: Vec<String>,
    pub(super) flags: Flags,
    pub(super) body: BodyKind,
    pub(super) token: u64,
    pub(super) seq: u64,
    /// The difference of `seq` and a number that is not larger.
    pub(super) back: u64,
    /// Milliseconds; 0 for none.
    pub(super) left: u32,
    /// Nanoseconds since 1970; 0 if it is not told.
    pub(super) time: u64,
    pub(super) reply_to: Option<ReplyTo>,
    pub(super) key: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) compression: Option<Compression>,
}

impl Fields {
    /// What follows kind and ttl.
    pub(super) fn encode(&self, writer: &mut Writer) {
        writer.u16(self.flags.bits());
        writer.u8(self.body.number());
        writer.u8(self.lane);
        writer.u64(self.token);
        writer.u64(self.seq);
        writer.difference("distance to the base", self.back);
        writer.u32(self.left);
        writer.u64(self.time);
        if let Some(reply_to) = self.reply_to {
            writer.life(reply_to.life);
            writer.u64(reply_to.seq);
        }
        writer.text("to", &self.to);
        writer.text("from", &self.from);
        writer.text("key", &self.key);
        writer.count8("number of hops", self.hops.len());
        self.hops.iter().for_each(|hop| writer.text("hop", hop));
        writer.count8("number of headers", self.headers.len());
        for (key, value) in &self.headers {
            writer.text("header's key", key);
            writer.long_text("header's value", value);
        }
        if let Some(compression) = self.compression {
            writer.u8(compression.number());
        }
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Fields, Malformed> {
        let flags = Flags::from_bits(reader.u16("flags")?)?;
        let mut fields = Fields {
            flags,
            body: BodyKind::from_number(reader.u8("kind of body")?)?,
            lane: reader.u8("lane")?,
            token: reader.u64("token")?,
            seq: reader.u64("seq")?,
            back: reader.u32("distance to the base")?.into(),
            left: reader.u32("milliseconds left")?,
            time: reader.u64("time")?,
            ..Fields::default()
        };
        if flags.has(Flags::REPLY) {
            fields.reply_to = Some(ReplyTo {
                life: reader.life("reply-to")?,
                seq: reader.u64("reply-to")?,
            });
        }
        fields.to = reader.text("to")?;
        fields.from = reader.text("from")?;
        fields.key = reader.text("key")?;
        let hops = reader.u8("number of hops")?;
        fields.hops = reader.list(hops.into(), |reader| reader.text("hop"))?;
        let headers = reader.u8("number of headers")?;
        fields.headers = reader.list(headers.into(), |reader| {
            let key = reader.text("header's key")?;
            Ok((key, reader.long_text("header's value")?))
        })?;
        if flags.has(Flags::COMPRESSED) {
            fields.compression = Some(Compression::from_number(reader.u8("compression")?)?);
        }
        Ok(fields)
    }

    /// The numbers `seq` and, as far below it as is told, the other.
    pub(super) fn take_seq_and_base(&mut self) -> Result<(u64, u64), Malformed> {
        let (seq, back) = (
            std::mem::take(&mut self.seq),
            std::mem::take(&mut self.back),
        );
        let base = seq.checked_sub(back).ok_or(Malformed::Base)?;
        Ok((seq, base))
    }

    /// That nothing is left which the kind does not have.
    pub(super) fn check_unused(&self) -> Result<(), Malformed> {
        let unused = [
            ("flag", self.flags != Flags::default()),
            ("body", self.body != BodyKind::None),
            ("token", self.token != 0),
            ("seq", self.seq != 0),
            ("base", self.back != 0),
            ("time to live", self.left != 0),
            ("time", self.time != 0),
            ("key", !self.key.is_empty()),
            ("header", !self.headers.is_empty()),
        ];
        match unused.iter().find(|(_, is_there)| *is_there) {
            Some((field, _)) => Err(Malformed::Unused(field)),
            None => Ok(()),
        }
    }
}

/// A request: the life of who asks, and the number of its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReplyTo {
    pub(crate) life: Life,
    pub(crate) seq: u64,
}

/// How the frames of a body are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    Lz4,
}

impl Compression {
    pub(super) fn from_number(number: u8) -> Result<Compression, Malformed> {
        match number {
            1 => Ok(Compression::Lz4),
            value => Err(Malformed::Value {
                field: "compression",
                value: value.into(),
            }),
        }
    }

    pub(super) fn number(self) -> u8 {
        match self {
            Compression::Lz4 => 1,
        }
    }
}

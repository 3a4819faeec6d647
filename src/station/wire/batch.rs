//! A batch of a stream: one frame with the bodies of several items, compressed where that pays.

use lz4_flex::block::{compress_into, decompress_into, get_maximum_output_size};

use super::reader::Reader;
use super::{BodyKind, Malformed, Oversized};
use crate::message::{Frame, Message as FrameList};

/// How many bytes a batch has at most, before it is compressed.
pub(crate) const MAX_BATCH: usize = 16 << 20;

/// How many items a batch has at most: a few bytes could stand for millions of empty ones.
pub(crate) const MAX_ITEMS: usize = 65_536;

/// How many bytes a byte of LZ4 may stand for.
const MOST: usize = 255;

/// How few bytes are not worth the attempt to compress them.
const FEW: usize = 256;

/// How many bytes an item with this body takes in a batch; an item without one of its own takes a whole batch at most.
pub(crate) fn item_size(kind: BodyKind, body: &FrameList) -> Result<usize, Oversized> {
    let (count, frames) = match kind.frames() {
        Some(_) => (0, 0),
        None => (2, body.frame_count()),
    };
    let size = 1 + count + body.iter().map(|frame| 4 + frame.len()).sum::<usize>();
    for (field, size, max) in [
        ("number of frames", frames, u16::MAX.into()),
        ("item", size, MAX_BATCH),
    ] {
        if size > max {
            let (size, max) = (size as u64, max as u64);
            return Err(Oversized { field, size, max });
        }
    }
    Ok(size)
}

/// Adds an item to a batch, where it has room: see [`item_size`].
pub(crate) fn append_item(batch: &mut Vec<u8>, kind: BodyKind, body: &FrameList) {
    batch.push(kind.number());
    if kind.frames().is_none() {
        batch.extend((body.frame_count() as u16).to_be_bytes());
    }
    for frame in body.iter() {
        batch.extend((frame.len() as u32).to_be_bytes());
        batch.extend_from_slice(frame);
    }
}

/// The items of a batch that was received, one after the other.
#[derive(Debug)]
pub(crate) struct BatchItems {
    bytes: Vec<u8>,
    at: usize,
}

impl BatchItems {
    /// The items in a frame: all of them, or the mistake.
    pub(crate) fn read(frame: &[u8], is_compressed: bool) -> Result<BatchItems, Malformed> {
        let bytes = match is_compressed {
            true => decompress(frame)?,
            false => check_size(frame.len()).map(|()| frame.to_vec())?,
        };
        let mut reader = Reader::new(&bytes);
        let mut items = 0;
        while !reader.is_at_end() {
            item(&mut reader, |_| {})?;
            items += 1;
            if items > MAX_ITEMS {
                return Err(Malformed::Items {
                    items: items as u64,
                    bytes: bytes.len(),
                });
            }
        }
        Ok(BatchItems { bytes, at: 0 })
    }

    /// The body of the next item.
    pub(crate) fn next_body(&mut self) -> Option<(BodyKind, FrameList)> {
        let mut reader = Reader::new(self.bytes.get(self.at..)?);
        if reader.is_at_end() {
            return None;
        }
        let mut body = FrameList::new();
        let kind = item(&mut reader, |frame| body.push(Frame::from(frame))).ok()?;
        self.at = self.bytes.len() - reader.left();
        Some((kind, body))
    }
}

/// Reads an item: each of its frames, and of which kind they are.
fn item<'a>(
    reader: &mut Reader<'a>,
    mut take: impl FnMut(&'a [u8]),
) -> Result<BodyKind, Malformed> {
    let kind = BodyKind::from_number(reader.u8("item's kind")?)?;
    let frames = match kind.frames() {
        Some(frames) => frames,
        None => reader.u16("item's number of frames")?,
    };
    for _ in 0..frames {
        let len = reader.u32("item's length")?;
        take(reader.bytes("item", len as usize)?);
    }
    Ok(kind)
}

fn check_size(len: usize) -> Result<(), Malformed> {
    match len <= MAX_BATCH {
        true => Ok(()),
        false => Err(Malformed::TooLong {
            len,
            max: MAX_BATCH,
        }),
    }
}

/// A batch, compressed: its length, and a block of LZ4. `None` if that is hardly shorter.
pub(crate) fn compress(batch: &[u8]) -> Option<Vec<u8>> {
    let len = u32::try_from(batch.len()).ok()?;
    if batch.len() < FEW {
        return None;
    }
    let mut compressed = len.to_be_bytes().to_vec();
    let begin = compressed.len();
    compressed.resize(begin + get_maximum_output_size(batch.len()), 0);
    let written = compress_into(batch, &mut compressed[begin..]).ok()?;
    compressed.truncate(begin + written);
    (compressed.len() < batch.len() / 8 * 7).then_some(compressed)
}

/// How many bytes a compressed batch is to have, if it can.
pub(crate) fn decompressed_size(frame: &[u8]) -> Result<usize, Malformed> {
    let mut reader = Reader::new(frame);
    let len = reader.u32("length")? as usize;
    check_size(len)?;
    match len <= MOST.saturating_mul(reader.left()) {
        true => Ok(len),
        false => Err(Malformed::Compressed),
    }
}

fn decompress(frame: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut batch = vec![0; decompressed_size(frame)?];
    let block = frame.get(4..).unwrap_or_default();
    match decompress_into(block, &mut batch) {
        Ok(len) if len == batch.len() => Ok(batch),
        _ => Err(Malformed::Compressed),
    }
}

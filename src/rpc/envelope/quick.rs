//! The envelopes of calls and their replies in MessagePack, as nearly all are: byte by byte, without serde.
//!
//! All others, and those that somebody has written in another way, go through serde.

use std::borrow::Cow;
use std::time::Duration;

use smallvec::SmallVec;

use super::{Envelope, VERSION, kind};
use crate::codec::BodyType;
use crate::rpc::command::MAX_NAME;

/// The bytes of an envelope; as a rule they need no allocation.
pub(super) type Bytes = SmallVec<[u8; 64]>;

/// Beginnings of values: lists of so many elements, nothing, numbers and texts of so many bytes.
const LIST_OF_4: u8 = 0x94;
const LIST_OF_6: u8 = 0x96;
const NIL: u8 = 0xc0;
const U8: u8 = 0xcc;
const U16: u8 = 0xcd;
const U32: u8 = 0xce;
const U64: u8 = 0xcf;
const SHORT_TEXT: u8 = 0xa0;
const TEXT: u8 = 0xd9;

/// The shortest numbers and texts have their value, or their length, in the first byte.
const MAX_SMALL: u8 = 0x7f;
const MAX_SHORT: u8 = 0x1f;

/// The envelope, if it is the one of a call or of its reply, and written as usual.
pub(super) fn read(bytes: &[u8]) -> Option<Envelope<'_>> {
    let mut rest = bytes;
    let [length, version, kind] = take(&mut rest)?;
    if u64::from(version) != VERSION {
        return None;
    }
    let id = number(&mut rest)?;
    let envelope = match (u64::from(kind), length) {
        (kind @ (kind::CALL | kind::CAST), LIST_OF_6) => {
            let left = match rest {
                [NIL, after @ ..] => {
                    rest = after;
                    None
                }
                _ => Some(Duration::from_millis(number(&mut rest)?)),
            };
            let name = Cow::Borrowed(text(&mut rest)?);
            let body = BodyType::from_number(number(&mut rest)?)?;
            match kind {
                kind::CALL => Envelope::Call {
                    id,
                    left,
                    name,
                    body,
                },
                _ => Envelope::Cast {
                    id,
                    left,
                    name,
                    body,
                },
            }
        }
        (kind::REPLY, LIST_OF_4) => {
            let body = BodyType::from_number(number(&mut rest)?)?;
            Envelope::Reply { id, body }
        }
        _ => return None,
    };
    rest.is_empty().then_some(envelope)
}

#[inline]
fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*taken)
}

fn number(rest: &mut &[u8]) -> Option<u64> {
    let [marker] = take(rest)?;
    Some(match marker {
        0..=MAX_SMALL => marker.into(),
        U8 => u8::from_be_bytes(take(rest)?).into(),
        U16 => u16::from_be_bytes(take(rest)?).into(),
        U32 => u32::from_be_bytes(take(rest)?).into(),
        U64 => u64::from_be_bytes(take(rest)?),
        _ => return None,
    })
}

fn text<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let [marker] = take(rest)?;
    let length = match marker {
        TEXT => u8::from_be_bytes(take(rest)?),
        _ => marker
            .checked_sub(SHORT_TEXT)
            .filter(|it| *it <= MAX_SHORT)?,
    };
    let (text, after) = rest.split_at_checked(length.into())?;
    *rest = after;
    std::str::from_utf8(text).ok()
}

/// The bytes of the envelope, if it is the one of a call or of its reply.
pub(super) fn write(envelope: &Envelope<'_>) -> Option<Bytes> {
    let mut bytes = Bytes::new();
    let (kind, id, left, name, body) = match envelope {
        Envelope::Call {
            id,
            left,
            name,
            body,
        } => (kind::CALL, id, left, name, body),
        Envelope::Cast {
            id,
            left,
            name,
            body,
        } => (kind::CAST, id, left, name, body),
        Envelope::Reply { id, body } => {
            bytes.push(LIST_OF_4);
            for number in [VERSION, kind::REPLY, *id, body.number()] {
                put_number(&mut bytes, number);
            }
            return Some(bytes);
        }
        _ => return None,
    };
    let length = u8::try_from(name.len()).ok()?;
    bytes.push(LIST_OF_6);
    for number in [VERSION, kind, *id] {
        put_number(&mut bytes, number);
    }
    match left {
        Some(left) => put_number(&mut bytes, millis(*left)),
        None => bytes.push(NIL),
    }
    match length {
        0..=MAX_SHORT => bytes.push(SHORT_TEXT + length),
        _ => bytes.extend_from_slice(&[TEXT, length]),
    }
    bytes.extend_from_slice(name.as_bytes());
    put_number(&mut bytes, body.number());
    Some(bytes)
}

fn put_number(bytes: &mut Bytes, number: u64) {
    let all = number.to_be_bytes();
    let (marker, from) = match number {
        0..=0x7f => return bytes.push(all[7]),
        0x80..=0xff => (U8, 7),
        0x100..=0xffff => (U16, 6),
        0x1_0000..=0xffff_ffff => (U32, 4),
        _ => (U64, 0),
    };
    bytes.push(marker);
    bytes.extend_from_slice(&all[from..]);
}

/// In milliseconds, rounded up: what is left is not nothing.
pub(super) fn millis(time: Duration) -> u64 {
    let millis = time.as_nanos().div_ceil(1_000_000);
    u64::try_from(millis).unwrap_or(u64::MAX)
}

/// A name's length fits into a byte.
const _: () = assert!(MAX_NAME <= u8::MAX as usize);

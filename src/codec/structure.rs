//! A look at MessagePack before it is decoded: that it is one value, whole, and not nested too deep.
//!
//! rmp-serde takes bytes after the value, and does not bound how deep variants of enums are nested: a recursive type
//! would overflow the stack.

use super::MAX_DEPTH;

/// Refuses bytes that are not exactly one value, with the reason.
pub(super) fn check(bytes: &[u8]) -> Result<(), &'static str> {
    let mut rest = bytes;
    // Of each value around the next one, how many are missing.
    let mut open = [0u64; MAX_DEPTH];
    let mut depth = 0;
    loop {
        let values = skip(&mut rest).ok_or(ENDS_EARLY)??;
        if values > 0 {
            let Some(missing) = open.get_mut(depth) else {
                return Err(TOO_DEEP);
            };
            *missing = values;
            depth += 1;
            continue;
        }
        // A value is complete, and perhaps those around it.
        loop {
            let Some(missing) = depth.checked_sub(1).and_then(|last| open.get_mut(last)) else {
                return if rest.is_empty() { Ok(()) } else { Err(AFTER) };
            };
            *missing -= 1;
            if *missing > 0 {
                break;
            }
            depth -= 1;
        }
    }
}

const ENDS_EARLY: &str = "it ends in the middle of a value";
const AFTER: &str = "there are bytes after the value";
const TOO_DEEP: &str = "it is nested deeper than 128 levels";
const UNUSED: &str = "the byte 0xc1 does not begin a value";

/// Passes over what begins a value, with its bytes if it has some: the number of values in it; `None` if the bytes end.
#[inline]
fn skip(rest: &mut &[u8]) -> Option<Result<u64, &'static str>> {
    let (marker, after) = rest.split_first()?;
    *rest = after;
    let (bytes, values) = match marker {
        0x00..=0x7f | 0xc0 | 0xc2 | 0xc3 | 0xe0..=0xff => (0, 0),
        0x80..=0x8f => (0, 2 * u64::from(marker & 0x0f)),
        0x90..=0x9f => (0, u64::from(marker & 0x0f)),
        0xa0..=0xbf => (u64::from(marker & 0x1f), 0),
        0xc1 => return Some(Err(UNUSED)),
        0xc4 | 0xd9 => (number::<1>(rest)?, 0),
        0xc5 | 0xda => (number::<2>(rest)?, 0),
        0xc6 | 0xdb => (number::<4>(rest)?, 0),
        // Extensions have a type, of one byte.
        0xc7 => (number::<1>(rest)? + 1, 0),
        0xc8 => (number::<2>(rest)? + 1, 0),
        0xc9 => (number::<4>(rest)? + 1, 0),
        0xd4..=0xd8 => ((1 << (marker - 0xd4)) + 1, 0),
        0xcc | 0xd0 => (1, 0),
        0xcd | 0xd1 => (2, 0),
        0xca | 0xce | 0xd2 => (4, 0),
        0xcb | 0xcf | 0xd3 => (8, 0),
        0xdc => (0, number::<2>(rest)?),
        0xdd => (0, number::<4>(rest)?),
        0xde => (0, 2 * number::<2>(rest)?),
        0xdf => (0, 2 * number::<4>(rest)?),
    };
    *rest = rest.get(usize::try_from(bytes).ok()?..)?;
    Some(Ok(values))
}

/// A length of so many bytes, the highest first.
#[inline]
fn number<const N: usize>(rest: &mut &[u8]) -> Option<u64> {
    let (bytes, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(
        bytes
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte)),
    )
}

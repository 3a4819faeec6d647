//! Frames as ZMTP 3.1 (RFC 37) has them: a byte of flags, the length, the bytes.

use zeroless::{Frame, Message};

/// Another frame of the message follows.
const MORE: u8 = 1;
/// The length has eight bytes, not one.
const LONG: u8 = 2;

/// Writes a message.
pub(super) fn encode(message: &Message, out: &mut Vec<u8>) {
    let last = message.frame_count().saturating_sub(1);
    for (place, frame) in message.iter().enumerate() {
        let more = if place < last { MORE } else { 0 };
        match u8::try_from(frame.len()) {
            Ok(length) => out.extend([more, length]),
            Err(_) => {
                out.push(more | LONG);
                // A length in memory fits.
                out.extend(u64::try_from(frame.len()).unwrap_or(u64::MAX).to_be_bytes());
            }
        }
        out.extend_from_slice(frame);
    }
}

/// A frame's place in bytes.
struct Place {
    has_more: bool,
    start: usize,
    end: usize,
}

/// Where the next frame is, if its head is there.
fn head(bytes: &[u8], at: usize) -> Result<Option<Place>, String> {
    let Some(rest) = bytes.get(at..) else {
        return Ok(None);
    };
    let (flags, length, head) = match rest {
        [flags, ..] if flags & !(MORE | LONG) != 0 => {
            return Err(format!(
                "0x{flags:02x} is not the flags of a frame: is it written by --out frames?"
            ));
        }
        [flags, length, ..] if flags & LONG == 0 => (flags, Some(usize::from(*length)), 2),
        [flags, a, b, c, d, e, f, g, h, ..] if flags & LONG != 0 => {
            let length = u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]);
            (flags, usize::try_from(length).ok(), 9)
        }
        _ => return Ok(None),
    };
    let start = at + head;
    let end = length.and_then(|length| start.checked_add(length));
    let end = end.ok_or("a frame is longer than any memory")?;
    Ok(Some(Place {
        has_more: flags & MORE != 0,
        start,
        end,
    }))
}

/// Where the first message ends, if all of it is there.
pub(super) fn end(bytes: &[u8]) -> Result<Option<usize>, String> {
    let mut at = 0;
    while let Some(place) = head(bytes, at)?.filter(|place| place.end <= bytes.len()) {
        if !place.has_more {
            return Ok(Some(place.end));
        }
        at = place.end;
    }
    Ok(None)
}

/// Reads a message, and nothing but it.
pub(super) fn decode(item: &[u8]) -> Result<Message, String> {
    let mut message = Message::new();
    let mut at = 0;
    while let Some(place) = head(item, at)? {
        let frame = item.get(place.start..place.end);
        let frame = frame.ok_or("the end of a frame is missing")?;
        message.push(Frame::from(frame));
        at = place.end;
        match place.has_more {
            false if at == item.len() => return Ok(message),
            false => return Err("there are bytes after the message".to_owned()),
            true => {}
        }
    }
    Err("the end of the message is missing".to_owned())
}

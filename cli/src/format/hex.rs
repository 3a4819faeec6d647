//! Frames as hexadecimal digits.

use zeroless::{Frame, Message};

use super::escapes::{digit, push_hex};

/// Writes a frame; an empty one is a dash, so that it is seen.
pub(super) fn encode(frame: &[u8], out: &mut Vec<u8>) {
    if frame.is_empty() {
        out.push(b'-');
    }
    for byte in frame {
        push_hex(*byte, out);
    }
}

/// Reads frames with spaces between them.
pub(super) fn decode(item: &[u8]) -> Result<Message, String> {
    let words = item.split(u8::is_ascii_whitespace);
    let words = words.filter(|word| !word.is_empty());
    let message = words.map(frame).collect::<Result<Message, String>>()?;
    match message.frame_count() {
        0 => Err("nothing there (an empty frame is written as -)".to_owned()),
        _ => Ok(message),
    }
}

fn frame(word: &[u8]) -> Result<Frame, String> {
    if word == b"-" {
        return Ok(Frame::new());
    }
    let pairs = word.chunks(2);
    let bytes = pairs.map(|pair| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    });
    let bytes: Option<Vec<u8>> = bytes.collect();
    let word = || String::from_utf8_lossy(word);
    bytes
        .map(Frame::from)
        .ok_or_else(|| format!("`{}` is not pairs of hexadecimal digits", word()))
}

//! Frames in quotation marks, with escapes.

use zeroless::{Frame, Message};

use super::escapes::{escape, push_hex};

/// Writes a frame; text that is UTF-8 stays readable.
pub(super) fn encode(frame: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for chunk in frame.utf8_chunks() {
        for char in chunk.valid().chars() {
            match char {
                '\n' => out.extend(b"\\n"),
                '\t' => out.extend(b"\\t"),
                '\r' => out.extend(b"\\r"),
                '"' => out.extend(b"\\\""),
                '\\' => out.extend(b"\\\\"),
                char => {
                    let mut bytes = [0; 4];
                    let bytes = char.encode_utf8(&mut bytes).as_bytes();
                    match char.is_control() {
                        true => bytes.iter().for_each(|byte| escaped(*byte, out)),
                        false => out.extend(bytes),
                    }
                }
            }
        }
        chunk.invalid().iter().for_each(|byte| escaped(*byte, out));
    }
    out.push(b'"');
}

fn escaped(byte: u8, out: &mut Vec<u8>) {
    out.extend(b"\\x");
    push_hex(byte, out);
}

/// Reads frames with spaces between them.
pub(super) fn decode(item: &[u8]) -> Result<Message, String> {
    let mut rest = item.trim_ascii();
    let mut message = Message::new();
    while let [b'"', inside @ ..] = rest {
        let (frame, length) = frame(inside)?;
        message.push(frame);
        rest = inside[length..].trim_ascii_start();
    }
    match (rest, message.frame_count()) {
        ([], 1..) => Ok(message),
        _ => Err("a frame must stand in \"\"".to_owned()),
    }
}

/// Reads a frame up to its closing mark, and tells how long it is with that.
fn frame(inside: &[u8]) -> Result<(Frame, usize), String> {
    let mut bytes = Vec::new();
    let mut at = 0;
    while let Some(byte) = inside.get(at) {
        at += 1;
        match byte {
            b'"' => return Ok((bytes.into(), at)),
            b'\\' => {
                let (byte, length) = escape(&inside[at..])?;
                bytes.push(byte);
                at += length;
            }
            byte => bytes.push(*byte),
        }
    }
    Err("a \" is not closed".to_owned())
}

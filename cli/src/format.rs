//! How messages are written as bytes, and read from them.

mod escapes;
mod frames;
mod hex;
mod json;
mod quoted;
mod template;

pub(crate) use escapes::unescape;
pub(crate) use template::Template;

use clap::ValueEnum;
use zeroless::Message;

/// A format of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// As they are
    Text,
    /// In quotation marks, with escapes: "a\n" "b"
    Quoted,
    /// Hexadecimal digits, an empty frame as -
    Hex,
    /// {"parts":["text",{"base64":"AP8="}]}
    Json,
    /// Without anything between them
    Raw,
    /// As ZMTP has frames: flags, length, bytes
    Frames,
}

/// What stands between frames and after messages.
#[derive(Debug, Clone)]
pub(crate) struct Separators {
    /// Splits what is read into frames.
    pub(crate) part: Option<Vec<u8>>,
    /// Ends a message.
    pub(crate) end: Vec<u8>,
}

impl Separators {
    /// What is printed between frames.
    fn between(&self) -> &[u8] {
        self.part.as_deref().unwrap_or(b" ")
    }
}

impl Format {
    /// Writes a message, with what ends it.
    pub(crate) fn encode(self, message: &Message, separators: &Separators, out: &mut Vec<u8>) {
        match self {
            Format::Frames => return frames::encode(message, out),
            Format::Json => json::encode(message, out),
            Format::Quoted => join(message, b" ", out, quoted::encode),
            Format::Hex => join(message, b" ", out, hex::encode),
            Format::Text | Format::Raw => {
                let between = match (self, &separators.part) {
                    (Format::Raw, None) => b"",
                    _ => separators.between(),
                };
                join(message, between, out, |frame, out| {
                    out.extend_from_slice(frame)
                });
            }
        }
        if self != Format::Raw {
            out.extend_from_slice(&separators.end);
        }
    }

    /// Reads a message from its bytes, without what ends it.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub(crate) fn decode(self, item: &[u8], separators: &Separators) -> Result<Message, String> {
        match self {
            Format::Frames => frames::decode(item),
            Format::Json => json::decode(item),
            Format::Quoted => quoted::decode(item),
            Format::Hex => hex::decode(item),
            Format::Raw => Ok(item.into()),
            Format::Text => Ok(match &separators.part {
                None => item.into(),
                Some(part) => split(item, part).collect(),
            }),
        }
    }

    /// Where the first message of these bytes ends, if all of it is there; for the format that says it itself.
    pub(crate) fn end_of_frames(bytes: &[u8]) -> Result<Option<usize>, String> {
        frames::end(bytes)
    }
}

/// Frames, with this between them.
fn join(
    message: &Message,
    between: &[u8],
    out: &mut Vec<u8>,
    mut write: impl FnMut(&[u8], &mut Vec<u8>),
) {
    for (place, frame) in message.iter().enumerate() {
        if place > 0 {
            out.extend_from_slice(between);
        }
        write(frame, out);
    }
}

/// The parts between separators, which are not empty.
fn split<'a>(bytes: &'a [u8], separator: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = Some(bytes);
    std::iter::from_fn(move || {
        let bytes = rest?;
        match find(bytes, separator) {
            Some(at) => {
                rest = Some(&bytes[at + separator.len()..]);
                Some(&bytes[..at])
            }
            None => rest.take(),
        }
    })
}

/// Where a text, which is not empty, begins in another.
pub(crate) fn find(bytes: &[u8], text: &[u8]) -> Option<usize> {
    match text {
        [one] => bytes.iter().position(|byte| byte == one),
        _ => bytes.windows(text.len()).position(|window| window == text),
    }
}

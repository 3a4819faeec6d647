//! Texts and counts as both protocols write them: read from a frame, and put into one.

use std::fmt;

/// How many groups and how many headers a peer may have.
pub(crate) const MOST: usize = 1024;

/// The longest text that a length of one byte can tell.
pub(crate) const LONGEST: usize = u8::MAX as usize;

/// Why bytes are not a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed(&'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

pub(super) fn put(frame: &mut Vec<u8>, text: &str) {
    let text = &text.as_bytes()[..text.len().min(LONGEST)];
    frame.push(text.len() as u8);
    frame.extend(text);
}

pub(super) fn put_long(frame: &mut Vec<u8>, text: &str) {
    put_count(frame, text.len());
    frame.extend(text.as_bytes());
}

pub(super) fn put_count(frame: &mut Vec<u8>, count: usize) {
    frame.extend(u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes());
}

/// The rest of a frame, to be read.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(frame: &'a [u8]) -> Reader<'a> {
        Reader(frame)
    }

    pub(super) fn take<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Malformed::SHORT)?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, Malformed> {
        self.take().map(|[byte]| byte)
    }

    fn bytes(&mut self, len: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or(Malformed::SHORT)?;
        self.0 = rest;
        Ok(taken)
    }

    /// How many things follow.
    pub(super) fn count(&mut self) -> Result<u32, Malformed> {
        match u32::from_be_bytes(self.take()?) {
            count if count as usize <= MOST => Ok(count),
            _ => Err(Malformed(
                "it has more groups or headers than anybody needs",
            )),
        }
    }

    pub(super) fn text(&mut self) -> Result<String, Malformed> {
        let len = self.byte()?;
        self.bytes(len.into()).map(lossy)
    }

    pub(super) fn long(&mut self) -> Result<String, Malformed> {
        let len = u32::from_be_bytes(self.take()?);
        self.bytes(len as usize).map(lossy)
    }
}

impl Malformed {
    const SHORT: Malformed = Malformed("it ends too early");

    pub(super) fn new(reason: &'static str) -> Malformed {
        Malformed(reason)
    }
}

/// Reads a text that may have bytes which are not UTF-8. It is at most twice as long as the bytes
/// (and a byte): each run of such bytes becomes one character.
fn lossy(bytes: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    let mut text = String::with_capacity(2 * bytes.len() + 1);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() && !text.ends_with(char::REPLACEMENT_CHARACTER) {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_utf8_takes_no_more_than_twice_its_room() {
        for garbage in [&b"\xff"[..], b"\xffa", b"\xf0\x90a", b"\xe2\x82"] {
            let bytes = garbage.repeat(1000);
            let text = lossy(&bytes);
            assert!(text.contains('\u{fffd}'), "{garbage:?}");
            assert!(text.capacity() <= 2 * bytes.len() + 1, "{garbage:?}");
        }
        assert_eq!(
            lossy(b"\xffa\xff\xffb\xe2\x82"),
            "\u{fffd}a\u{fffd}b\u{fffd}"
        );
    }
}

//! A frame: one part of a message, a run of bytes.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::ffi::RawMessage;
use crate::printable::Printable;

/// One frame of a [`Message`](super::Message): bytes.
///
/// It dereferences to `[u8]`, and cannot be written to: several receivers in one process may share
/// its memory. Up to 70 bytes are kept inline; more stay in libzmq's memory, as
/// they were received, without a copy. Such a frame keeps alive the buffer that it came in (of
/// the [batch size](crate::Options::batch), 256 KiB): of those that are to be kept for long,
/// keep a [`to_vec`](slice::to_vec).
///
/// # Examples
///
/// ```
/// use zeroless::Frame;
///
/// let frame = Frame::from("payload");
/// assert_eq!(frame.len(), 7);
/// assert_eq!(frame.as_str(), Ok("payload"));
/// assert_eq!(frame, "payload");
/// ```
pub struct Frame(Repr);

/// Where the bytes are.
enum Repr {
    /// Here: libzmq's own small messages need more work to make, read and give up.
    Inline { len: u8, bytes: [u8; INLINE] },
    /// In libzmq's memory, of a message that may be shared.
    Message(RawMessage),
}

/// How many bytes fit beside the tag without making a frame any larger.
const INLINE: usize = 70;

impl Frame {
    /// A frame of no bytes.
    ///
    /// ```
    /// assert!(zeroless::Frame::new().is_empty());
    /// ```
    #[inline]
    pub const fn new() -> Frame {
        let bytes = [0; INLINE];
        Frame(Repr::Inline { len: 0, bytes })
    }

    /// Keeps these bytes inline, in place of those that are inline; false if they are too many,
    /// or the frame holds a message.
    #[inline]
    pub(crate) fn set_inline(&mut self, new: &[u8]) -> bool {
        match &mut self.0 {
            Repr::Inline { len, bytes } if new.len() <= INLINE => {
                bytes[..new.len()].copy_from_slice(new);
                // No more than INLINE, which fits.
                *len = new.len() as u8;
                true
            }
            _ => false,
        }
    }

    /// A frame that holds libzmq's message.
    pub(crate) fn message(message: RawMessage) -> Frame {
        Frame(Repr::Message(message))
    }

    /// The bytes that are inline, or the message that holds them.
    #[inline]
    pub(crate) fn parts(&mut self) -> Result<&[u8], &mut RawMessage> {
        match &mut self.0 {
            Repr::Inline { len, bytes } => Ok(&bytes[..usize::from(*len)]),
            Repr::Message(message) => Err(message),
        }
    }

    /// The message that holds the bytes, if they are not inline.
    pub(crate) fn raw(&self) -> Option<&RawMessage> {
        match &self.0 {
            Repr::Inline { .. } => None,
            Repr::Message(message) => Some(message),
        }
    }

    /// The same frame again, without a copy of more than is inline.
    pub(crate) fn share(&mut self) -> Frame {
        match &mut self.0 {
            Repr::Inline { .. } => self.clone(),
            Repr::Message(message) => Frame::message(message.share()),
        }
    }

    /// Copies bytes.
    #[inline]
    fn copy(bytes: &[u8]) -> Frame {
        let mut frame = Frame::new();
        match frame.set_inline(bytes) {
            true => frame,
            false => Frame::message(RawMessage::copy(bytes)),
        }
    }

    /// Moves bytes.
    fn adopt(bytes: Vec<u8>) -> Frame {
        let mut frame = Frame::new();
        match frame.set_inline(&bytes) {
            true => frame,
            false => Frame::message(RawMessage::adopt(bytes)),
        }
    }

    /// The bytes.
    ///
    /// ```
    /// assert_eq!(zeroless::Frame::from("a").as_bytes(), b"a");
    /// ```
    pub fn as_bytes(&self) -> &[u8] {
        self
    }

    /// The bytes as text.
    ///
    /// # Errors
    ///
    /// [`Error::NotUtf8`] if they are not UTF-8.
    ///
    /// ```
    /// use zeroless::{Error, Frame};
    /// assert_eq!(Frame::from("a").as_str(), Ok("a"));
    /// assert_eq!(Frame::from([0xff]).as_str(), Err(Error::NotUtf8));
    /// ```
    pub fn as_str(&self) -> Result<&str> {
        std::str::from_utf8(self).map_err(|_| Error::NotUtf8)
    }

    /// The bytes as text, with a replacement character for bytes that are not UTF-8.
    ///
    /// ```
    /// assert_eq!(zeroless::Frame::from(b"a\xff").to_string_lossy(), "a\u{fffd}");
    /// ```
    pub fn to_string_lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self)
    }
}

impl Default for Frame {
    fn default() -> Frame {
        Frame::new()
    }
}

/// Copies the bytes.
impl Clone for Frame {
    fn clone(&self) -> Frame {
        Frame::copy(self)
    }
}

impl Deref for Frame {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match &self.0 {
            Repr::Inline { len, bytes } => &bytes[..usize::from(*len)],
            Repr::Message(message) => message,
        }
    }
}

impl AsRef<[u8]> for Frame {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

/// How many bytes [`Display`](fmt::Display) and [`Debug`](fmt::Debug) show of a frame.
const SHOWN: usize = 1024;

/// The text; bytes that are not text or would disturb a terminal are escaped, and a frame of more than
/// 1 KiB is cut, with its size.
impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self[..self.len().min(SHOWN)].utf8_chunks() {
            write!(f, "{}", Printable(chunk.valid()))?;
            // The cut may fall inside a character: its bytes are then not shown.
            if chunk.invalid().len() < 4 && self.len() > SHOWN && ends_with(self, chunk.invalid()) {
                break;
            }
            write!(f, "{}", chunk.invalid().escape_ascii())?;
        }
        if self.len() > SHOWN {
            write!(f, "… ({} bytes)", self.len())?;
        }
        Ok(())
    }
}

/// Whether `tail` is the very end of the part of `frame` that is shown.
fn ends_with(frame: &[u8], tail: &[u8]) -> bool {
    !tail.is_empty() && std::ptr::eq(frame[..SHOWN].as_ptr_range().end, tail.as_ptr_range().end)
}

/// As bytes in quotes, every byte that is not printable ASCII escaped, cut after 1 KiB.
impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = &self[..self.len().min(SHOWN)];
        write!(f, "b\"{}\"", shown.escape_ascii())?;
        if self.len() > SHOWN {
            write!(f, "… ({} bytes)", self.len())?;
        }
        Ok(())
    }
}

impl std::hash::Hash for Frame {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self[..].hash(state);
    }
}

macro_rules! frame_from {
    ($how:ident, $doc:literal: $([$($generics:tt)*] $from:ty, $value:ident => $bytes:expr;)*) => {$(
        #[doc = $doc]
        impl<$($generics)*> From<$from> for Frame {
            #[inline]
            fn from($value: $from) -> Frame {
                Frame::$how($bytes)
            }
        }
    )*};
}

frame_from! { copy, "Copies the bytes.":
    ['a] &'a [u8], value => value;
    ['a] &'a str, value => value.as_bytes();
    ['a, const N: usize] &'a [u8; N], value => value;
    [const N: usize] [u8; N], value => &value;
    ['a] &'a String, value => value.as_bytes();
    ['a] &'a Vec<u8>, value => value;
    ['a] &'a Frame, value => value;
    ['a] &'a &str, value => value.as_bytes();
    ['a] &'a &[u8], value => value;
    ['a, const N: usize] &'a &[u8; N], value => *value;
    [] Arc<[u8]>, value => &value;
    [] Arc<str>, value => value.as_bytes();
}

frame_from! { adopt, "Moves the bytes without a copy, unless they are few.":
    [] Vec<u8>, value => value;
    [] Box<[u8]>, value => value.into_vec();
    [] String, value => value.into_bytes();
    [] Box<str>, value => value.into_boxed_bytes().into_vec();
}

/// Copies a borrowed value and moves an owned one.
impl From<Cow<'_, [u8]>> for Frame {
    fn from(value: Cow<'_, [u8]>) -> Frame {
        match value {
            Cow::Borrowed(bytes) => bytes.into(),
            Cow::Owned(bytes) => bytes.into(),
        }
    }
}

/// Copies a borrowed value and moves an owned one.
impl From<Cow<'_, str>> for Frame {
    fn from(value: Cow<'_, str>) -> Frame {
        match value {
            Cow::Borrowed(text) => text.into(),
            Cow::Owned(text) => text.into(),
        }
    }
}

impl From<Frame> for Vec<u8> {
    fn from(frame: Frame) -> Vec<u8> {
        frame.to_vec()
    }
}

/// Fails with [`Error::NotUtf8`].
impl TryFrom<Frame> for String {
    type Error = Error;

    fn try_from(frame: Frame) -> Result<String> {
        frame.as_str().map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_frame_is_the_same_bytes_and_outlives_the_first() {
        let mut frame = Frame::from(vec![7; 1000]);
        let shared = [frame.share(), frame.share()];
        assert!(shared.iter().all(|it| it.as_ptr() == frame.as_ptr()));
        drop(frame);
        let [one, two] = shared;
        drop(one);
        assert_eq!(two, vec![7; 1000]);
        assert_eq!(Frame::from("small").share(), "small");
    }
}

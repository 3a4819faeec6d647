//! A frame: one part of a message, a run of bytes in libzmq's memory.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use crate::error::{Error, Result};

/// One frame of a [`Message`](super::Message): bytes, received without a copy.
///
/// It dereferences to `[u8]`. A frame that was received may keep alive the buffer that it
/// came in (up to the batch size, 256 KiB): keep [`to_vec`](slice::to_vec) of small frames
/// that live long, not the frames.
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
pub struct Frame(pub(crate) zmq::Message);

impl Frame {
    /// A frame of no bytes.
    ///
    /// ```
    /// assert!(zeroless::Frame::new().is_empty());
    /// ```
    pub fn new() -> Frame {
        Frame(zmq::Message::new())
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

    /// The bytes as text, with a replacement character for what is not UTF-8.
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
        Frame(zmq::Message::from(&self[..]))
    }
}

impl Deref for Frame {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for Frame {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl AsRef<[u8]> for Frame {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

/// How many bytes [`Display`](fmt::Display) and [`Debug`](fmt::Debug) show of a frame.
const SHOWN: usize = 1024;

/// The text; what is not text or would disturb a terminal is escaped, and what is longer than
/// 1 KiB is cut, with its size.
impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self[..self.len().min(SHOWN)].utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    '\n' | '\t' => write!(f, "{c}")?,
                    c if c.is_control() => write!(f, "{}", c.escape_default())?,
                    c => write!(f, "{c}")?,
                }
            }
            // The cut may fall inside a character: that is no reason to show its bytes.
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

/// Whether `tail` is the very end of what is shown of `frame`.
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

impl Eq for Frame {}

impl<T: AsRef<[u8]> + ?Sized> PartialEq<T> for Frame {
    fn eq(&self, other: &T) -> bool {
        self[..] == *other.as_ref()
    }
}

impl std::hash::Hash for Frame {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self[..].hash(state);
    }
}

macro_rules! frame_from {
    ($($(#[$doc:meta])* [$($generics:tt)*] $from:ty, $value:ident => $frame:expr;)*) => {$(
        $(#[$doc])*
        impl<$($generics)*> From<$from> for Frame {
            fn from($value: $from) -> Frame {
                Frame(zmq::Message::from($frame))
            }
        }
    )*};
}

frame_from! {
    /// Copies.
    ['a] &'a [u8], value => value;
    /// Copies.
    ['a] &'a str, value => value.as_bytes();
    /// Copies.
    ['a, const N: usize] &'a [u8; N], value => &value[..];
    /// Copies.
    [const N: usize] [u8; N], value => &value[..];
    /// Copies.
    ['a] &'a String, value => value.as_bytes();
    /// Copies.
    ['a] &'a Vec<u8>, value => &value[..];
    /// Copies.
    ['a] &'a Frame, value => &value[..];
    /// Copies.
    ['a] &'a &str, value => value.as_bytes();
    /// Copies.
    ['a] &'a &[u8], value => *value;
    /// Copies.
    ['a, const N: usize] &'a &[u8; N], value => &value[..];
    /// Copies.
    [] Arc<[u8]>, value => &value[..];
    /// Copies.
    [] Arc<str>, value => value.as_bytes();
    /// Moves the bytes, without a copy (of the capacity in excess, if there is one, first).
    [] Vec<u8>, value => value;
    /// Moves the bytes, without a copy.
    [] Box<[u8]>, value => value;
    /// Moves the text, without a copy.
    [] String, value => value.into_bytes();
    /// Moves the text, without a copy.
    [] Box<str>, value => value.into_boxed_bytes();
}

/// Copies what is borrowed and moves what is owned.
impl From<Cow<'_, [u8]>> for Frame {
    fn from(value: Cow<'_, [u8]>) -> Frame {
        match value {
            Cow::Borrowed(bytes) => bytes.into(),
            Cow::Owned(bytes) => bytes.into(),
        }
    }
}

/// Copies what is borrowed and moves what is owned.
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

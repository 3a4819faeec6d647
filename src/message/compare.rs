//! Comparing messages and frames, both ways: with text and bytes, and with lists of them.

use super::{Frame, Message};

impl Eq for Message {}

/// As their frames; where they came from does not count.
impl PartialEq for Message {
    fn eq(&self, other: &Message) -> bool {
        self.frames() == other.frames()
    }
}

/// Whether a message has one frame, of these bytes.
fn is_one(message: &Message, bytes: &[u8]) -> bool {
    matches!(message.frames(), [frame] if frame[..] == *bytes)
}

/// Whether a message has just these frames.
fn is_all(message: &Message, frames: &[impl AsRef<[u8]>]) -> bool {
    message.frame_count() == frames.len() && message.iter().zip(frames).all(|(a, b)| a == b)
}

/// Comparisons, and the same the other way round.
macro_rules! compare {
    ($how:ident, $doc:literal: $([$($generics:tt)*] $type:ty, $value:ident => $other:expr;)*) => {$(
        #[doc = $doc]
        impl<$($generics)*> PartialEq<$type> for Message {
            fn eq(&self, $value: &$type) -> bool {
                $how(self, $other)
            }
        }

        #[doc = $doc]
        impl<$($generics)*> PartialEq<Message> for $type {
            fn eq(&self, message: &Message) -> bool {
                message == self
            }
        }
    )*};
}

compare! { is_one, "Equal if the message has one frame, of these bytes.":
    [] str, text => text.as_bytes();
    [] &str, text => text.as_bytes();
    [] String, text => text.as_bytes();
    [] [u8], bytes => bytes;
    [] &[u8], bytes => bytes;
    [const N: usize] &[u8; N], bytes => &bytes[..];
    [] Vec<u8>, bytes => bytes;
    [] Frame, frame => frame;
}

compare! { is_all, "Equal if the message has just these frames.":
    [T: AsRef<[u8]>, const N: usize] [T; N], frames => frames;
    [] [Frame], frames => frames;
    [] [&str], frames => frames;
    [] [&[u8]], frames => frames;
    [] [String], frames => frames;
    [] [Vec<u8>], frames => frames;
    [] &[Frame], frames => frames;
    [] &[&str], frames => frames;
    [] &[&[u8]], frames => frames;
    [] &[String], frames => frames;
    [] &[Vec<u8>], frames => frames;
    [] Vec<Frame>, frames => frames;
    [] Vec<&str>, frames => frames;
    [] Vec<&[u8]>, frames => frames;
    [] Vec<String>, frames => frames;
    [] Vec<Vec<u8>>, frames => frames;
}

impl Eq for Frame {}

/// Equal if the bytes are.
impl<T: AsRef<[u8]> + ?Sized> PartialEq<T> for Frame {
    fn eq(&self, other: &T) -> bool {
        self[..] == *other.as_ref()
    }
}

macro_rules! compare_frame {
    ($([$($generics:tt)*] $type:ty;)*) => {$(
        /// Equal if the bytes are.
        impl<$($generics)*> PartialEq<Frame> for $type {
            fn eq(&self, frame: &Frame) -> bool {
                frame == self
            }
        }
    )*};
}

compare_frame! {
    [] str;
    [] &str;
    [] String;
    [] [u8];
    [] &[u8];
    [const N: usize] [u8; N];
    [const N: usize] &[u8; N];
    [] Vec<u8>;
}

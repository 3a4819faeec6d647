//! Going over the frames of a message.

use std::iter::FusedIterator;
use std::slice;

use smallvec::SmallVec;

use super::{Frame, INLINE, Message};

/// The frames of a message, owned.
///
/// ```
/// use zeroless::{IntoFrames, Message};
///
/// let mut frames: IntoFrames = Message::from(("id", "payload")).into_iter();
/// assert_eq!(frames.next_back(), Some("payload".into()));
/// assert_eq!(frames.len(), 1);
/// ```
#[derive(Debug)]
pub struct IntoFrames(smallvec::IntoIter<[Frame; INLINE]>);

impl Iterator for IntoFrames {
    type Item = Frame;

    #[inline]
    fn next(&mut self) -> Option<Frame> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl DoubleEndedIterator for IntoFrames {
    fn next_back(&mut self) -> Option<Frame> {
        self.0.next_back()
    }
}

impl ExactSizeIterator for IntoFrames {}
impl FusedIterator for IntoFrames {}

impl IntoIterator for Message {
    type Item = Frame;
    type IntoIter = IntoFrames;

    fn into_iter(self) -> IntoFrames {
        IntoFrames(self.frames.into_iter())
    }
}

impl<'a> IntoIterator for &'a Message {
    type Item = &'a Frame;
    type IntoIter = slice::Iter<'a, Frame>;

    fn into_iter(self) -> slice::Iter<'a, Frame> {
        self.iter()
    }
}

impl<T: Into<Frame>> Extend<T> for Message {
    fn extend<I: IntoIterator<Item = T>>(&mut self, frames: I) {
        self.frames.extend(frames.into_iter().map(Into::into));
    }
}

/// ```
/// let message: zeroless::Message = (1..=3).map(|n| n.to_string()).collect();
/// assert_eq!(message, ["1", "2", "3"]);
/// ```
impl<T: Into<Frame>> FromIterator<T> for Message {
    fn from_iter<I: IntoIterator<Item = T>>(frames: I) -> Message {
        let frames: SmallVec<_> = frames.into_iter().map(Into::into).collect();
        Message {
            frames,
            origin: None,
        }
    }
}

//! A message: one frame or several, sent and received as one.

mod frame;
mod frames;

use std::fmt;
use std::ops::{Index, IndexMut};

pub use frame::Frame;
pub use frames::{DynFrames, Frames};

use crate::error::{Error, Result};

/// A message of one or more frames; all of them arrive, or none.
///
/// A message of one frame costs no allocation of ours.
///
/// # Examples
///
/// ```
/// use zeroless::{Frame, Frames, Message};
///
/// let message = ("id", b"payload").into_message()?;
/// assert_eq!(message.frame_count(), 2);
/// assert_eq!(message[0], "id");
/// assert_eq!(message, ["id", "payload"]);
///
/// let [id, body]: [Frame; 2] = message.try_into()?;
/// assert_eq!((id.as_str()?, &body[..]), ("id", &b"payload"[..]));
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Message {
    first: Frame,
    rest: Vec<Frame>,
}

impl Message {
    /// A message of a first frame and those that follow it.
    #[inline]
    pub(crate) fn new(first: Frame, rest: Vec<Frame>) -> Message {
        Message { first, rest }
    }

    #[inline]
    pub(crate) fn single(first: Frame) -> Message {
        Message::new(first, Vec::new())
    }

    /// How many frames there are: one at least.
    ///
    /// ```
    /// # use zeroless::Frames;
    /// assert_eq!("hello".into_message()?.frame_count(), 1);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[inline]
    pub fn frame_count(&self) -> usize {
        1 + self.rest.len()
    }

    /// How many bytes there are in all frames together.
    ///
    /// ```
    /// # use zeroless::Frames;
    /// assert_eq!(("id", "hello").into_message()?.byte_count(), 7);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn byte_count(&self) -> usize {
        self.iter().map(|frame| frame.len()).sum()
    }

    /// The frame at this place, counted from 0, or `None`.
    ///
    /// ```
    /// # use zeroless::Frames;
    /// let message = ("id", "hello").into_message()?;
    /// assert_eq!(message.get(1).unwrap(), "hello");
    /// assert!(message.get(2).is_none());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn get(&self, place: usize) -> Option<&Frame> {
        match place {
            0 => Some(&self.first),
            _ => self.rest.get(place - 1),
        }
    }

    /// The bytes of the first frame: all there is in a message of one.
    ///
    /// ```
    /// # use zeroless::Frames;
    /// assert_eq!("hello".into_message()?.as_bytes(), b"hello");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.first
    }

    /// The first frame as text.
    ///
    /// # Errors
    ///
    /// [`Error::NotUtf8`] if it is not text.
    ///
    /// ```
    /// # use zeroless::Frames;
    /// assert_eq!("hello".into_message()?.as_str(), Ok("hello"));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn as_str(&self) -> Result<&str> {
        self.first.as_str()
    }

    /// Goes over the frames.
    ///
    /// ```
    /// # use zeroless::Frames;
    /// let message = ("id", "hello").into_message()?;
    /// assert_eq!(message.iter().map(|frame| frame.len()).max(), Some(5));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Frame> + Clone {
        self.into_iter()
    }

    /// The frames as an array, for destructuring.
    ///
    /// # Errors
    ///
    /// [`Error::FrameCount`] if there are not exactly `N`.
    ///
    /// ```
    /// # use zeroless::Frames;
    /// let [id, body] = ("id", "hello").into_message()?.parts()?;
    /// assert_eq!((id, body), ("id".into(), "hello".into()));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn parts<const N: usize>(self) -> Result<[Frame; N]> {
        let got = self.frame_count();
        if got != N {
            return Err(Error::FrameCount { expected: N, got });
        }
        let mut frames = self.into_iter();
        Ok(std::array::from_fn(|_| frames.next().unwrap_or_default()))
    }

    /// How many frames and how many bytes there are, to be logged.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.frame_count(), self.byte_count())
    }

    /// The same message again, its large frames without a copy.
    pub(crate) fn share(&mut self) -> Message {
        let rest = self.rest.iter_mut().map(Frame::share).collect();
        Message::new(self.first.share(), rest)
    }

    pub(crate) fn push_front(&mut self, frame: Frame) {
        let second = std::mem::replace(&mut self.first, frame);
        self.rest.insert(0, second);
    }

    /// Takes the first frame off, if it is not the only one.
    pub(crate) fn pop_front(&mut self) -> Option<Frame> {
        match self.rest.is_empty() {
            true => None,
            false => Some(std::mem::replace(&mut self.first, self.rest.remove(0))),
        }
    }

    pub(crate) fn push(&mut self, frame: Frame) {
        self.rest.push(frame);
    }

    #[inline]
    pub(crate) fn first_mut(&mut self) -> &mut Frame {
        &mut self.first
    }
}

/// The frames, each as its own `Display` shows it, with ` | ` between them; no more than 16.
impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        for frame in self.rest.iter().take(FRAMES_SHOWN - 1) {
            write!(f, " | {frame}")?;
        }
        match self.frame_count() {
            count if count > FRAMES_SHOWN => write!(f, " | … ({count} frames)"),
            _ => Ok(()),
        }
    }
}

/// A list of the frames, no more than 16.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = f.debug_list();
        list.entries(self.iter().take(FRAMES_SHOWN));
        match self.frame_count() {
            count if count > FRAMES_SHOWN => list.finish_non_exhaustive(),
            _ => list.finish(),
        }
    }
}

/// How many frames `Display` and `Debug` show of a message.
const FRAMES_SHOWN: usize = 16;

impl Index<usize> for Message {
    type Output = Frame;

    #[track_caller]
    fn index(&self, place: usize) -> &Frame {
        match self.get(place) {
            Some(frame) => frame,
            None => panic!(
                "no frame {place} (counted from 0): the message has {}",
                self.frame_count()
            ),
        }
    }
}

impl IndexMut<usize> for Message {
    fn index_mut(&mut self, place: usize) -> &mut Frame {
        match place {
            0 => &mut self.first,
            _ => &mut self.rest[place - 1],
        }
    }
}

/// Goes over the frames of a message, owned.
#[derive(Debug)]
pub struct IntoIter(std::iter::Chain<std::iter::Once<Frame>, std::vec::IntoIter<Frame>>);

impl Iterator for IntoIter {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl IntoIterator for Message {
    type Item = Frame;
    type IntoIter = IntoIter;

    fn into_iter(self) -> IntoIter {
        IntoIter(std::iter::once(self.first).chain(self.rest))
    }
}

impl<'a> IntoIterator for &'a Message {
    type Item = &'a Frame;
    type IntoIter = std::iter::Chain<std::iter::Once<&'a Frame>, std::slice::Iter<'a, Frame>>;

    fn into_iter(self) -> Self::IntoIter {
        std::iter::once(&self.first).chain(&self.rest)
    }
}

/// One frame: equal if the message has one frame, of these bytes.
impl PartialEq<str> for Message {
    fn eq(&self, other: &str) -> bool {
        *self == *other.as_bytes()
    }
}

/// One frame: equal if the message has one frame, of these bytes.
impl PartialEq<&str> for Message {
    fn eq(&self, other: &&str) -> bool {
        *self == *other.as_bytes()
    }
}

/// One frame: equal if the message has one frame, of these bytes.
impl PartialEq<String> for Message {
    fn eq(&self, other: &String) -> bool {
        *self == *other.as_bytes()
    }
}

/// One frame: equal if the message has one frame, of these bytes.
impl PartialEq<[u8]> for Message {
    fn eq(&self, other: &[u8]) -> bool {
        self.rest.is_empty() && self.first == *other
    }
}

/// One frame: equal if the message has one frame, of these bytes.
impl PartialEq<&[u8]> for Message {
    fn eq(&self, other: &&[u8]) -> bool {
        *self == **other
    }
}

/// One frame: equal if the message has one frame, of these bytes.
impl<const N: usize> PartialEq<&[u8; N]> for Message {
    fn eq(&self, other: &&[u8; N]) -> bool {
        *self == other[..]
    }
}

/// All frames: equal if the message has just these.
impl<T: AsRef<[u8]>, const N: usize> PartialEq<[T; N]> for Message {
    fn eq(&self, other: &[T; N]) -> bool {
        self.frame_count() == N && self.iter().zip(other).all(|(ours, theirs)| ours == theirs)
    }
}

/// Fails with [`Error::FrameCount`], as [`Message::parts`].
impl<const N: usize> TryFrom<Message> for [Frame; N] {
    type Error = Error;

    fn try_from(message: Message) -> Result<[Frame; N]> {
        message.parts()
    }
}

/// The bytes of a message of one frame; fails with [`Error::FrameCount`] for more.
impl TryFrom<Message> for Vec<u8> {
    type Error = Error;

    fn try_from(message: Message) -> Result<Vec<u8>> {
        message.parts().map(|[frame]| frame.to_vec())
    }
}

/// The text of a message of one frame; fails with [`Error::FrameCount`] or
/// [`Error::NotUtf8`].
impl TryFrom<Message> for String {
    type Error = Error;

    fn try_from(message: Message) -> Result<String> {
        let [frame] = message.parts()?;
        frame.try_into()
    }
}

/// The frames, with their bytes copied out of libzmq's memory.
impl From<Message> for Vec<Vec<u8>> {
    fn from(message: Message) -> Vec<Vec<u8>> {
        message.into_iter().map(Vec::from).collect()
    }
}

/// A message of one frame.
impl<T: Into<Frame>> From<T> for Message {
    fn from(frame: T) -> Message {
        Message::single(frame.into())
    }
}

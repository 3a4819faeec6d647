//! Conversions into a message that cannot fail, and out of one.

use super::{Frame, Message};
use crate::error::{Error, Result};

/// A message of one frame.
impl<T: Into<Frame>> From<T> for Message {
    #[inline]
    fn from(frame: T) -> Message {
        Message::single(frame.into())
    }
}

/// A message of these frames.
impl<T: Into<Frame>, const N: usize> From<[T; N]> for Message {
    fn from(frames: [T; N]) -> Message {
        frames.into_iter().collect()
    }
}

/// A message of these frames.
impl<T: Into<Frame>> From<Vec<T>> for Message {
    fn from(frames: Vec<T>) -> Message {
        frames.into_iter().collect()
    }
}

/// A message of these frames.
impl<'a, T> From<&'a [T]> for Message
where
    &'a T: Into<Frame>,
{
    fn from(frames: &'a [T]) -> Message {
        frames.iter().collect()
    }
}

macro_rules! tuples {
    ($first:ident $($rest:ident)*) => {
        /// A message of these frames.
        impl<$first: Into<Frame>, $($rest: Into<Frame>),*> From<($first, $($rest,)*)> for Message {
            #[allow(non_snake_case)]
            fn from(($first, $($rest,)*): ($first, $($rest,)*)) -> Message {
                let mut message = Message::new();
                message.push($first);
                $(message.push($rest);)*
                message
            }
        }
        tuples! { $($rest)* }
    };
    () => {};
}

tuples! { A B C D E F G H I J K L }

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

/// The frames.
impl From<Message> for Vec<Frame> {
    fn from(message: Message) -> Vec<Frame> {
        message.into_iter().collect()
    }
}

//! What can be sent: one frame, or several as a tuple, an array, a slice or a `Vec`.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Frame, Message};
use crate::error::{Error, Result};

/// What can be sent as a message.
///
/// | as one frame | as several frames |
/// |---|---|
/// | `&str`, `String`, `&String`, `Box<str>`, `Arc<str>`, `Cow<str>` | tuples of these, up to 12, of mixed types |
/// | `&[u8]`, `&[u8; N]`, `[u8; N]`, `Vec<u8>`, `&Vec<u8>`, `Box<[u8]>`, `Arc<[u8]>`, `Cow<[u8]>` | `[T; N]`, `&[T]`, `&[T; N]`, `Vec<T>`, `&Vec<T>` of these |
/// | [`Frame`], `&Frame` | [`Message`], `&Message` |
///
/// What is borrowed is copied once; what is owned (`String`, `Vec<u8>`, `Box<[u8]>`,
/// [`Frame`], [`Message`]) is moved without a copy. Numbers are not frames: whether they
/// should travel as text or as bytes, and in which order, is yours to say
/// (`7.to_string()`, `7u32.to_be_bytes()`).
///
/// # Examples
///
/// ```
/// use zeroless::Frames;
///
/// assert_eq!("hello".into_message()?, "hello");
/// assert_eq!(("7", b"payload", vec![1u8]).into_message()?.frame_count(), 3);
/// assert!(Vec::<String>::new().into_message().is_err());
/// # Ok::<(), zeroless::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent as a message",
    note = "send text or bytes: a number as `n.to_string()` or `n.to_be_bytes()`, a struct serialized \
            to a `String` or a `Vec<u8>`, several frames as a tuple `(id, body)`"
)]
pub trait Frames {
    /// Turns this into a message, all its frames at once.
    ///
    /// # Errors
    ///
    /// [`Error::EmptyMessage`] for an empty slice, array or `Vec` of frames.
    ///
    /// ```
    /// use zeroless::Frames;
    /// assert_eq!(["a", "b"].into_message()?, ["a", "b"]);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    fn into_message(self) -> Result<Message>;

    /// The bytes, if this is a single frame that is copied anyhow: they need not become a
    /// message first.
    #[doc(hidden)]
    #[inline]
    fn single(&self) -> Option<&[u8]> {
        None
    }
}

/// [`Frames`] by reference, for the callable handles: `push(&("id", b"payload"))`.
///
/// Implemented for all [`Frames`] that can be cloned.
///
/// ```
/// use zeroless::DynFrames;
/// let frames: &dyn DynFrames = &("id", b"payload");
/// assert_eq!(frames.to_message()?.frame_count(), 2);
/// # Ok::<(), zeroless::Error>(())
/// ```
///
/// A call takes a reference, to a `&str` too:
///
/// ```compile_fail
/// let push = zeroless::Server::bind(0).unwrap().push().unwrap();
/// push("hello"); // it must be push(&"hello")
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent by calling a handle",
    label = "a reference to frames is needed here",
    note = "a call takes a reference: write `push(&\"hello\")` or `push.send(\"hello\")`",
    note = "a number is sent as `n.to_string()` or `n.to_be_bytes()`"
)]
pub trait DynFrames {
    /// A message with copies of these frames.
    ///
    /// # Errors
    ///
    /// As [`Frames::into_message`].
    ///
    /// ```
    /// use zeroless::DynFrames;
    /// assert_eq!("a".to_message()?, "a");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    fn to_message(&self) -> Result<Message>;
}

#[diagnostic::do_not_recommend]
impl<T: Frames + Clone> DynFrames for T {
    fn to_message(&self) -> Result<Message> {
        self.clone().into_message()
    }
}

impl Frames for Message {
    fn into_message(self) -> Result<Message> {
        Ok(self)
    }
}

impl Frames for &Message {
    fn into_message(self) -> Result<Message> {
        Ok(self.clone())
    }
}

macro_rules! one_frame {
    ($([$($generics:tt)*] $type:ty $(, $value:ident => $bytes:expr)?;)*) => {$(
        impl<$($generics)*> Frames for $type {
            #[inline]
            fn into_message(self) -> Result<Message> {
                Ok(Message::single(self.into()))
            }

            $(
                #[inline]
                fn single(&self) -> Option<&[u8]> {
                    let $value = self;
                    Some($bytes)
                }
            )?
        }
    )*};
}

one_frame! {
    ['a] &'a str, text => text.as_bytes();
    ['a] &'a &'a str, text => text.as_bytes();
    ['a] &'a String, text => text.as_bytes();
    ['a] &'a [u8], bytes => bytes;
    ['a, const N: usize] &'a [u8; N], bytes => &bytes[..];
    [const N: usize] [u8; N], bytes => bytes;
    ['a] &'a Vec<u8>, bytes => bytes;
    ['a] &'a Frame, bytes => bytes;
    [] Arc<[u8]>, bytes => bytes;
    [] Arc<str>, text => text.as_bytes();
    ['a] Cow<'a, str>;
    ['a] Cow<'a, [u8]>;
    [] String;
    [] Box<str>;
    [] Vec<u8>;
    [] Box<[u8]>;
    [] Frame;
}

impl<T: Into<Frame>> Frames for Vec<T> {
    fn into_message(self) -> Result<Message> {
        collect(self)
    }
}

impl<T: Into<Frame>, const N: usize> Frames for [T; N] {
    fn into_message(self) -> Result<Message> {
        collect(self)
    }
}

impl<'a, T> Frames for &'a [T]
where
    &'a T: Into<Frame>,
{
    fn into_message(self) -> Result<Message> {
        collect(self)
    }
}

impl<'a, T> Frames for &'a Vec<T>
where
    &'a T: Into<Frame>,
{
    fn into_message(self) -> Result<Message> {
        collect(self)
    }
}

impl<'a, T, const N: usize> Frames for &'a [T; N]
where
    &'a T: Into<Frame>,
{
    fn into_message(self) -> Result<Message> {
        collect(self)
    }
}

fn collect<T: Into<Frame>>(frames: impl IntoIterator<Item = T>) -> Result<Message> {
    let mut frames = frames.into_iter().map(Into::into);
    let first = frames.next().ok_or(Error::EmptyMessage)?;
    Ok(Message::new(first, frames.collect()))
}

macro_rules! tuples {
    ($first:ident $($rest:ident)*) => {
        impl<$first: Into<Frame>, $($rest: Into<Frame>),*> Frames for ($first, $($rest,)*) {
            #[allow(non_snake_case)]
            fn into_message(self) -> Result<Message> {
                let ($first, $($rest,)*) = self;
                Ok(Message::new($first.into(), vec![$($rest.into()),*]))
            }
        }
        tuples! { $($rest)* }
    };
    () => {};
}

tuples! { A B C D E F G H I J K L }

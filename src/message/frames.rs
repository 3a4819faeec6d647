//! Values that can be sent: one frame, or several as a tuple, an array, a slice or a `Vec`.

use std::borrow::Cow;
use std::sync::Arc;

use smallvec::SmallVec;

use super::{Frame, Message};
use crate::error::{Error, Result};

/// A value that can be sent as a message.
///
/// | as one frame | as several frames |
/// |---|---|
/// | `&str`, `String`, `&String`, `Box<str>`, `Arc<str>`, `Cow<str>` | tuples of these, up to 12, of mixed types |
/// | `&[u8]`, `&[u8; N]`, `[u8; N]`, `Vec<u8>`, `&Vec<u8>`, `Box<[u8]>`, `Arc<[u8]>`, `Cow<[u8]>` | `[T; N]`, `&[T]`, `&[T; N]`, `Vec<T>`, `&Vec<T>` of these |
/// | [`Frame`], `&Frame` | [`Message`], `&Message` |
///
/// Borrowed bytes are copied once, into libzmq's memory; owned ones (`String`, `Vec<u8>`,
/// `Box<[u8]>`, [`Frame`], [`Message`]) are moved without a copy. Numbers are not frames: whether they
/// should travel as text or as bytes, and in which order, is yours to say
/// (`7.to_string()`, `7u32.to_be_bytes()`).
///
/// A tuple, an array, a slice or a `Vec` may hold all values that can be sent themselves, messages among them:
/// all their frames follow each other. A type of your own can be sent, alone or as a part of these, once
/// it implements this.
///
/// # Examples
///
/// ```
/// use zeroless::Frames;
///
/// assert_eq!("hello".into_message()?, "hello");
/// assert_eq!(("7", b"payload", vec![1u8]).into_message()?.frame_count(), 3);
/// assert_eq!(("id", ["a", "b"]).into_message()?, ["id", "a", "b"]);
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

    /// The bytes, if this is a single frame that is copied anyhow.
    #[doc(hidden)]
    #[inline]
    fn single(&self) -> Option<&[u8]> {
        None
    }

    /// Calls this with the frames, if all are copied anyhow: they need not become a message first.
    #[doc(hidden)]
    #[inline]
    fn with_borrowed<T>(&self, call: impl FnOnce(&[&[u8]]) -> T) -> Option<T>
    where
        Self: Sized,
    {
        self.single().map(|bytes| call(&[bytes]))
    }

    /// Puts the frames at the end of a message.
    #[doc(hidden)]
    #[inline]
    fn append_to(self, message: &mut Message) -> Result<()>
    where
        Self: Sized,
    {
        message.extend(self.into_message()?);
        Ok(())
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

    /// Calls this with the frames, if all are copied anyhow; tells whether it did.
    #[doc(hidden)]
    fn with_borrowed_dyn(&self, call: &mut dyn FnMut(&[&[u8]])) -> bool;
}

#[diagnostic::do_not_recommend]
impl<T: Frames + Clone> DynFrames for T {
    fn to_message(&self) -> Result<Message> {
        self.clone().into_message()
    }

    fn with_borrowed_dyn(&self, call: &mut dyn FnMut(&[&[u8]])) -> bool {
        self.with_borrowed(call).is_some()
    }
}

/// An item of a slice of references.
impl<'a, T: ?Sized> Frames for &&'a T
where
    &'a T: Frames,
{
    fn into_message(self) -> Result<Message> {
        (*self).into_message()
    }

    #[inline]
    fn single(&self) -> Option<&[u8]> {
        Frames::single(*self)
    }

    fn with_borrowed<O>(&self, call: impl FnOnce(&[&[u8]]) -> O) -> Option<O> {
        Frames::with_borrowed(*self, call)
    }

    fn append_to(self, message: &mut Message) -> Result<()> {
        (*self).append_to(message)
    }
}

impl Frames for &(dyn DynFrames + '_) {
    fn into_message(self) -> Result<Message> {
        self.to_message()
    }

    fn with_borrowed<T>(&self, call: impl FnOnce(&[&[u8]]) -> T) -> Option<T> {
        let (mut call, mut result) = (Some(call), None);
        (**self).with_borrowed_dyn(&mut |frames| result = call.take().map(|call| call(frames)));
        result
    }
}

/// Slices of so many frames need no allocation to be looked at.
const FEW: usize = 12;

impl Frames for Message {
    fn into_message(self) -> Result<Message> {
        match self.frame_count() {
            0 => Err(Error::EmptyMessage),
            _ => Ok(self),
        }
    }

    fn append_to(self, message: &mut Message) -> Result<()> {
        message.extend(self);
        Ok(())
    }
}

impl Frames for &Message {
    fn into_message(self) -> Result<Message> {
        self.clone().into_message()
    }

    fn with_borrowed<T>(&self, call: impl FnOnce(&[&[u8]]) -> T) -> Option<T> {
        let frames: SmallVec<[&[u8]; FEW]> = self.iter().map(Frame::as_bytes).collect();
        (!frames.is_empty()).then(|| call(&frames))
    }

    fn append_to(self, message: &mut Message) -> Result<()> {
        message.extend(self);
        Ok(())
    }
}

macro_rules! one_frame {
    ($([$($generics:tt)*] $type:ty $(, $value:ident => $bytes:expr)?;)*) => {$(
        impl<$($generics)*> Frames for $type {
            #[inline]
            fn into_message(self) -> Result<Message> {
                Ok(Message::from(self))
            }

            #[inline]
            fn append_to(self, message: &mut Message) -> Result<()> {
                message.push(self);
                Ok(())
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

impl<T: Frames> Frames for Vec<T> {
    fn into_message(self) -> Result<Message> {
        collect(self)
    }

    fn with_borrowed<O>(&self, call: impl FnOnce(&[&[u8]]) -> O) -> Option<O> {
        let frames = self.iter().map(Frames::single);
        let frames = frames.collect::<Option<SmallVec<[&[u8]; FEW]>>>()?;
        (!frames.is_empty()).then(|| call(&frames))
    }

    fn append_to(self, message: &mut Message) -> Result<()> {
        self.into_iter()
            .try_for_each(|frame| frame.append_to(message))
    }
}

impl<T: Frames, const N: usize> Frames for [T; N] {
    fn into_message(self) -> Result<Message> {
        collect(self)
    }

    #[inline]
    fn with_borrowed<O>(&self, call: impl FnOnce(&[&[u8]]) -> O) -> Option<O> {
        let mut frames: [&[u8]; N] = [&[]; N];
        for (bytes, frame) in frames.iter_mut().zip(self) {
            *bytes = frame.single()?;
        }
        (N > 0).then(|| call(&frames))
    }

    fn append_to(self, message: &mut Message) -> Result<()> {
        self.into_iter()
            .try_for_each(|frame| frame.append_to(message))
    }
}

/// Borrowed lists: their elements are sent as references are.
macro_rules! borrowed_list {
    ($([$($generics:tt)*] $type:ty;)*) => {$(
        impl<'a, T, $($generics)*> Frames for $type
        where
            &'a T: Frames,
        {
            fn into_message(self) -> Result<Message> {
                collect(self)
            }

            fn with_borrowed<O>(&self, call: impl FnOnce(&[&[u8]]) -> O) -> Option<O> {
                let elements: SmallVec<[&'a T; FEW]> = self.iter().collect();
                let frames = elements.iter().map(Frames::single);
                let frames = frames.collect::<Option<SmallVec<[&[u8]; FEW]>>>()?;
                (!frames.is_empty()).then(|| call(&frames))
            }

            fn append_to(self, message: &mut Message) -> Result<()> {
                self.iter().try_for_each(|frame| frame.append_to(message))
            }
        }
    )*};
}

borrowed_list! {
    [] &'a [T];
    [] &'a Vec<T>;
    [const N: usize] &'a [T; N];
}

fn collect<T: Frames>(frames: impl IntoIterator<Item = T>) -> Result<Message> {
    let mut message = Message::new();
    for frame in frames {
        frame.append_to(&mut message)?;
    }
    message.into_message()
}

macro_rules! tuples {
    ($first:ident $($rest:ident)*) => {
        impl<$first: Frames, $($rest: Frames),*> Frames for ($first, $($rest,)*) {
            fn into_message(self) -> Result<Message> {
                let mut message = Message::new();
                self.append_to(&mut message)?;
                message.into_message()
            }

            #[allow(non_snake_case)]
            #[inline]
            fn with_borrowed<T>(&self, call: impl FnOnce(&[&[u8]]) -> T) -> Option<T> {
                let ($first, $($rest,)*) = self;
                Some(call(&[$first.single()?, $($rest.single()?),*]))
            }

            #[allow(non_snake_case)]
            fn append_to(self, message: &mut Message) -> Result<()> {
                let ($first, $($rest,)*) = self;
                $first.append_to(message)?;
                $($rest.append_to(message)?;)*
                Ok(())
            }
        }
        tuples! { $($rest)* }
    };
    () => {};
}

tuples! { A B C D E F G H I J K L }

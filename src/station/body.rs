//! Bodies of messages: what a user gives, as frames.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::array::Array;
use super::error::Error;
use super::wire::{ArrayHeader, BodyKind};
use crate::codec::BodyType;
use crate::error::Result;
use crate::message::{Frame, Message as FrameList};

/// The body of a message that is about to be sent.
#[derive(Debug, Clone, Default)]
pub struct Body {
    pub(super) kind: BodyKind,
    pub(super) frames: FrameList,
}

/// A value that can be the body of a message.
///
/// | given | on the wire |
/// |---|---|
/// | `()` | nothing |
/// | `&value`, of any type with serde | MessagePack, with structs as maps |
/// | [`Json`]`(&value)` | JSON |
/// | [`Bytes`]`(bytes)` | the bytes as they are |
/// | [`Text`]`(text)` | the text |
/// | [`Items`]`(frames)` | any number of frames of bytes |
/// | [`Array`] | its type and shape, and its bytes |
///
/// ```
/// use zeroless::station::{Bytes, IntoBody};
///
/// assert!((&("a", 1)).into_body().is_ok());
/// assert!(Bytes(vec![0; 1000]).into_body().is_ok());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the body of a message",
    note = "give a reference to a value with serde (`&value`), `()`, or one of `Bytes`, `Text`, `Json`, `Items`, `Array`"
)]
pub trait IntoBody {
    /// The body, or why the value cannot be one.
    ///
    /// # Errors
    ///
    /// [`station::Error::Body`](Error::Body).
    fn into_body(self) -> Result<Body>;
}

/// Bytes, as they are.
///
/// ```
/// let body = zeroless::station::Bytes(b"\x00\x01".to_vec());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytes<T>(pub T);

/// A text.
///
/// ```
/// let body = zeroless::station::Text("hello");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<T>(pub T);

/// A value with serde, as JSON.
///
/// ```
/// let body = zeroless::station::Json(&vec![1, 2]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Json<T>(pub T);

/// Any number of frames of bytes.
///
/// ```
/// let body = zeroless::station::Items([b"one".to_vec(), b"two".to_vec()]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Items<T>(pub T);

/// An error of a body, with its reason.
fn mistake(reason: impl ToString) -> crate::Error {
    let reason = reason.to_string();
    Error::Body { reason }.into()
}

fn encoded<T: Serialize + ?Sized>(kind: BodyKind, body_type: BodyType, value: &T) -> Result<Body> {
    let bytes = body_type.encode(value).map_err(mistake)?;
    let frames = FrameList::from(bytes);
    Ok(Body { kind, frames })
}

impl IntoBody for () {
    fn into_body(self) -> Result<Body> {
        Ok(Body::default())
    }
}

impl IntoBody for Body {
    fn into_body(self) -> Result<Body> {
        Ok(self)
    }
}

impl<T: Serialize + ?Sized> IntoBody for &T {
    fn into_body(self) -> Result<Body> {
        encoded(BodyKind::MessagePack, BodyType::MessagePack, self)
    }
}

impl<T: Serialize> IntoBody for Json<T> {
    fn into_body(self) -> Result<Body> {
        encoded(BodyKind::Json, BodyType::Json, &self.0)
    }
}

impl<T: Into<Frame>> IntoBody for Bytes<T> {
    fn into_body(self) -> Result<Body> {
        Ok(Body {
            kind: BodyKind::Bytes,
            frames: FrameList::from(self.0),
        })
    }
}

impl<T: Into<String>> IntoBody for Text<T> {
    fn into_body(self) -> Result<Body> {
        Ok(Body {
            kind: BodyKind::Utf8,
            frames: FrameList::from(self.0.into()),
        })
    }
}

impl<T: IntoIterator<Item: Into<Frame>>> IntoBody for Items<T> {
    fn into_body(self) -> Result<Body> {
        Ok(Body {
            kind: BodyKind::Items,
            frames: self.0.into_iter().map(Into::into).collect(),
        })
    }
}

impl<T: Into<Frame>> IntoBody for Array<T> {
    fn into_body(self) -> Result<Body> {
        let bytes: Frame = self.bytes.into();
        let header = ArrayHeader {
            dtype: self.dtype,
            dims: self.dims,
        };
        header.item_size(bytes.len()).map_err(mistake)?;
        let header = header.encode().map_err(mistake)?;
        let frames = [Frame::from(header), bytes].into_iter().collect();
        let kind = BodyKind::Array;
        Ok(Body { kind, frames })
    }
}

impl Body {
    /// The value that a body is: all of it.
    pub(super) fn decode<T: DeserializeOwned>(&self) -> Result<T> {
        let body_type = match self.kind {
            BodyKind::MessagePack => BodyType::MessagePack,
            BodyKind::Json => BodyType::Json,
            BodyKind::None | BodyKind::Bytes | BodyKind::Utf8 => BodyType::Bytes,
            kind @ (BodyKind::Array | BodyKind::Items) => {
                return Err(mistake(format!("it is {}, not a value", name(kind))));
            }
        };
        let bytes = self.frames.get(0).map_or(&[][..], |frame| frame);
        body_type.decode(bytes).map_err(mistake)
    }

    /// The array that a body is.
    pub(super) fn array(&self) -> Result<Array<&[u8]>> {
        let (BodyKind::Array, [header, bytes]) = (self.kind, self.frames.frames()) else {
            return Err(mistake(format!("it is {}, not an array", name(self.kind))));
        };
        let header = ArrayHeader::decode(header).map_err(mistake)?;
        header.item_size(bytes.len()).map_err(mistake)?;
        Ok(Array::new(header.dtype, header.dims, bytes.as_bytes()))
    }

    /// Whether it has as many frames as its kind has.
    pub(super) fn is_whole(&self) -> bool {
        let frames = self.frames.frame_count();
        let expected = self.kind.frames();
        expected.is_none_or(|expected| frames == usize::from(expected))
    }
}

fn name(kind: BodyKind) -> &'static str {
    match kind {
        BodyKind::None => "nothing",
        BodyKind::Bytes => "bytes",
        BodyKind::Utf8 => "a text",
        BodyKind::Json => "JSON",
        BodyKind::Array => "an array",
        BodyKind::Items => "items",
        BodyKind::MessagePack => "MessagePack",
    }
}

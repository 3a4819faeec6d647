//! The bodies of messages as values of autopilot's, and back.

mod arrays;
mod json_text;

use super::{ArrayMember, Sendable};
use crate::codec::BodyType;
use crate::codec::python_json::{PythonJson, quote};
use crate::message::{Frame, Message as FrameList};
use crate::station::array::Array;
use crate::station::body::{Body, IntoBody};
use crate::station::wire::{ArrayHeader, BodyKind};
use json_text::JsonText;

/// The value that a body is, for autopilot: bytes and arrays in the form that it can read safely.
///
/// The error says why it has none.
pub(crate) fn from_body(kind: BodyKind, frames: &[Frame]) -> Result<PythonJson, String> {
    let first = frames.first().map_or(&[][..], Frame::as_bytes);
    let value = match kind {
        BodyKind::None => PythonJson::null(),
        BodyKind::Bytes => bytes(first)?,
        BodyKind::Utf8 => {
            let text = str::from_utf8(first).map_err(|_| "it is not UTF-8".to_owned())?;
            PythonJson::scanned(&quote(text))
        }
        BodyKind::Json => {
            let text = str::from_utf8(first).map_err(|_| "it is not UTF-8".to_owned())?;
            let json = PythonJson::check(text).map_err(|mistake| mistake.to_string())?;
            arrays::made_safe(&json)?
        }
        BodyKind::MessagePack => {
            let text = BodyType::MessagePack.decode::<JsonText>(first);
            let text = text.map_err(|mistake| mistake.to_string())?;
            arrays::made_safe(&PythonJson::scanned(&text.0))?
        }
        BodyKind::Array => {
            let header = ArrayHeader::decode(first).map_err(|mistake| mistake.to_string())?;
            let items = frames.get(1).map_or(&[][..], Frame::as_bytes);
            array(&header.dtype, header.dims, items)?
        }
        BodyKind::Items => {
            let items = frames.iter().map(|frame| bytes(frame));
            let items = items.collect::<Result<Vec<_>, _>>()?;
            let items: Vec<_> = items.iter().map(PythonJson::as_str).collect();
            PythonJson::scanned(&format!("[{}]", items.join(", ")))
        }
    };
    match value.as_str().len() {
        ..=crate::codec::MAX_BODY => Ok(value),
        len => Err(format!(
            "it has {len} bytes as JSON, too many for autopilot"
        )),
    }
}

/// Bytes are an array of them: JSON has none.
fn bytes(bytes: &[u8]) -> Result<PythonJson, String> {
    let len = u32::try_from(bytes.len()).map_err(|error| error.to_string())?;
    array("|u1", vec![len], bytes)
}

fn array(dtype: &str, dims: Vec<u32>, bytes: &[u8]) -> Result<PythonJson, String> {
    let array = Array::new(dtype, dims, bytes);
    PythonJson::write(&Sendable(&array)).map_err(|mistake| mistake.to_string())
}

/// The body that a value of autopilot's is: a plain array is one, all else is JSON as it came.
pub(crate) fn to_body(value: &PythonJson) -> Body {
    if let Some(Ok(ArrayMember::Plain(array))) = arrays::read(value.as_str()) {
        // One of no items, but with more dimensions than go alone, stays JSON.
        if let Ok(body) = array.into_body() {
            return body;
        }
    }
    Body {
        kind: BodyKind::Json,
        frames: FrameList::from(value.as_str().to_owned()),
    }
}

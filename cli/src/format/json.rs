//! A message as an object of JSON: text as it is, all else as base64.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use zeroless::{Frame, Message};

/// Writes it in a line.
pub(super) fn encode(message: &Message, out: &mut Vec<u8>) {
    let parts: Vec<Value> = message.iter().map(part).collect();
    out.extend_from_slice(json!({ "parts": parts }).to_string().as_bytes());
}

fn part(frame: &Frame) -> Value {
    match frame.as_str() {
        Ok(text) => text.into(),
        Err(_) => json!({ "base64": BASE64_STANDARD.encode(frame) }),
    }
}

/// Reads what [`encode`] writes, or the list of parts alone.
pub(super) fn decode(item: &[u8]) -> Result<Message, String> {
    let value: Value = serde_json::from_slice(item).map_err(|error| error.to_string())?;
    let parts = match &value {
        Value::Object(object) => object.get("parts").and_then(Value::as_array),
        other => other.as_array(),
    };
    let parts = parts.filter(|parts| !parts.is_empty());
    let parts = parts.ok_or(r#"a message is {"parts":["text",{"base64":"AP8="}]}"#)?;
    parts.iter().map(frame).collect()
}

fn frame(part: &Value) -> Result<Frame, String> {
    if let Some(text) = part.as_str() {
        return Ok(text.into());
    }
    let encoded = part.get("base64").and_then(Value::as_str);
    let encoded =
        encoded.ok_or_else(|| format!(r#"{part} is neither "text" nor {{"base64":"AP8="}}"#))?;
    let bytes = BASE64_STANDARD.decode(encoded);
    bytes
        .map(Frame::from)
        .map_err(|error| format!("base64 `{encoded}`: {error}"))
}

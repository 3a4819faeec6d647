//! The result of a command as it goes over the wire.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::{BodyError, BodyType};
use crate::message::Frame;
use crate::rpc::CallError;
use crate::rpc::envelope::ErrorReply;

/// The body of a reply, or an error.
pub(super) type WireResult = Result<Frame, WireError>;

/// An error, with the body of the service's own.
#[derive(Debug)]
pub(super) struct WireError {
    pub(super) error: Box<ErrorReply>,
    pub(super) body: Option<Frame>,
}

impl From<ErrorReply> for WireError {
    fn from(error: ErrorReply) -> WireError {
        WireError {
            error: error.into(),
            body: None,
        }
    }
}

/// A result as it goes over the wire.
pub(super) fn to_wire<R: Serialize, E: Serialize>(
    result: Result<R, E>,
    body_type: BodyType,
) -> WireResult {
    let error = match result {
        Ok(reply) => return Ok(encode(&reply, body_type)?),
        Err(error) => error,
    };
    Err(match encode(&error, body_type) {
        Err(too_large @ CallError::TooLarge { .. }) => too_large.into(),
        // One that cannot be such a body has its words.
        body => WireError {
            error: CallError::Service(words(&error)).into(),
            body: body.ok(),
        },
    })
}

/// A value as the body of a reply.
pub(super) fn encode(value: &impl Serialize, body_type: BodyType) -> Result<Frame, ErrorReply> {
    body_type
        .encode(value)
        .map(Frame::from)
        .map_err(|error| match error {
            BodyError::TooLarge { size, max } => CallError::TooLarge {
                is_reply: true,
                size,
                max,
            },
            BodyError::Invalid { path, reason } => CallError::BadReply { path, reason },
        })
}

/// The words of an error for those who do not know its type: its text if it is one, or else its JSON.
fn words(error: &impl Serialize) -> Box<str> {
    match serde_json::to_value(error) {
        Ok(serde_json::Value::String(text)) => text.into(),
        Ok(value) => value.to_string().into(),
        Err(_) => "an error of the service".into(),
    }
}

/// A command from its body, or the error that its caller gets.
pub(super) fn decode<T: DeserializeOwned>(
    body: &[u8],
    body_type: BodyType,
) -> Result<T, ErrorReply> {
    body_type.decode(body).map_err(|error| match error {
        BodyError::TooLarge { size, max } => CallError::TooLarge {
            is_reply: false,
            size,
            max,
        },
        BodyError::Invalid { path, reason } => CallError::BadRequest { path, reason },
    })
}

//! What one message is known by, to be confirmed and not to be handled twice.

use super::Unreadable;
use crate::codec::python_json::{quote, unquote};

/// The id of a message: `n1_0` is the first of `n1`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum MessageId {
    Text(String),
    /// What other programs may send; as it was written.
    Number(String),
}

impl MessageId {
    /// As autopilot makes them.
    pub(crate) fn new(sender: &str, number: u64) -> MessageId {
        MessageId::Text(format!("{sender}_{number}"))
    }

    pub(super) fn read(member: &'static str, json: &str) -> Result<MessageId, Unreadable> {
        match json.as_bytes().first() {
            Some(b'"') => match unquote(json) {
                Ok(text) => Ok(MessageId::Text(text)),
                Err(mistake) => Err(Unreadable::member(member, mistake)),
            },
            Some(b'-' | b'0'..=b'9') => Ok(MessageId::Number(json.to_owned())),
            _ => Err(Unreadable::member(
                member,
                "it is neither a text nor a number",
            )),
        }
    }

    /// How many bytes it has.
    pub(crate) fn len(&self) -> usize {
        let (MessageId::Text(id) | MessageId::Number(id)) = self;
        id.len()
    }

    /// Its JSON.
    pub(super) fn json(&self) -> String {
        match self {
            MessageId::Text(text) => quote(text),
            MessageId::Number(number) => number.clone(),
        }
    }
}

//! Many messages of one key in one: what `get_stream` sends.

use super::read::object;
#[cfg(any(fuzzing, test))]
use super::{MessageId, flag};
use super::{PeerMessage, Unreadable, key};
use crate::codec::python_json::{Items, PythonJson, quote, unquote};

/// The items of a message whose key is STREAM. A stream of single items sends plain messages instead, with the headers as
/// [members](PeerMessage::more).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StreamBatch {
    /// The key of each item.
    pub(crate) inner_key: String,
    /// Of all items: `subject`, `pilot` and `continuous`. A Station adds them to items that are objects.
    pub(crate) of_items: Vec<(String, PythonJson)>,
    payload: PythonJson,
}

impl StreamBatch {
    /// A batch of these items.
    pub(crate) fn new(
        inner_key: &str,
        of_items: Vec<(String, PythonJson)>,
        items: &[PythonJson],
    ) -> StreamBatch {
        let items: Vec<&str> = items.iter().map(PythonJson::as_str).collect();
        StreamBatch {
            inner_key: inner_key.to_owned(),
            of_items,
            payload: PythonJson::scanned(&format!("[{}]", items.join(", "))),
        }
    }

    /// The batch in a message, if it has one.
    pub(crate) fn read(message: &PeerMessage) -> Option<Result<StreamBatch, Unreadable>> {
        (message.key == key::STREAM).then(|| StreamBatch::read_value(&message.value))
    }

    fn read_value(value: &PythonJson) -> Result<StreamBatch, Unreadable> {
        let mut members = object("value", value.as_str())?;
        let mut take = |name| {
            let at = members.iter().position(|member| member.0 == name);
            at.map(|at| members.swap_remove(at).1)
        };
        let inner_key = take("inner_key").ok_or(Unreadable::Missing("inner_key"))?;
        let inner_key = unquote(inner_key.as_str());
        let inner_key = inner_key.map_err(|mistake| Unreadable::member("inner_key", mistake))?;
        let of_items = match take("headers") {
            Some(headers) => object("headers", headers.as_str())?,
            None => Vec::new(),
        };
        let payload = take("payload").ok_or(Unreadable::Missing("payload"))?;
        if payload.items().is_none() {
            return Err(Unreadable::member("payload", "it is not a list"));
        }
        Ok(StreamBatch {
            inner_key,
            of_items,
            payload,
        })
    }

    /// The values of its items, in their order: each is copied when it is asked for.
    pub(crate) fn items(&self) -> Items<'_> {
        self.payload.items().unwrap_or_default()
    }

    /// The value of a message with it.
    pub(crate) fn value(&self) -> PythonJson {
        let headers = self.of_items.iter();
        let headers = headers.map(|(name, value)| format!("{}: {value}", quote(name)));
        let value = format!(
            "{{\"inner_key\": {}, \"headers\": {{{}}}, \"payload\": {}}}",
            quote(&self.inner_key),
            headers.collect::<Vec<_>>().join(", "),
            self.payload
        );
        PythonJson::scanned(&value)
    }

    /// The message with it, as a stream of autopilot's sends it: not to be confirmed, nor its value to be logged.
    #[cfg(any(fuzzing, test))]
    pub(crate) fn message(
        &self,
        id: MessageId,
        to: &str,
        sender: &str,
        timestamp: &str,
    ) -> PeerMessage {
        let value = self.value();
        let message = PeerMessage::new(id, to, sender, key::STREAM, value, timestamp);
        let mut message = message.unconfirmed();
        message.set_flag(flag::MINPRINT);
        message.blosc = true;
        message
    }
}

//! A door to autopilot's wire, for the tests with autopilot itself: until there is a node that talks with it.

use super::array::{Array, Dtype};
use super::autopilot::{
    ArrayMember, Link, MessageId, PeerMessage, Received, Sendable, Side, StreamBatch,
};
use crate::codec::python_json::PythonJson;

const TIME: &str = "2026-11-26T11:02:49.658508";

/// Who is at the other end: see `Link`.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub enum End<'a> {
    Node,
    Peer(&'a str),
    Station(&'a str),
    Above(&'a str),
}

/// What was received.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Read {
    pub recipient: String,
    pub path: Vec<String>,
    pub sender: String,
    pub key: String,
    /// The JSON of its value, or of the items of a stream.
    pub values: Vec<String>,
    /// The JSON of the confirmation that it is to get.
    pub confirmation: Option<Vec<u8>>,
}

/// Reads the frames of a message for the node of this name.
pub fn read(frames: &[Vec<u8>], is_from_above: bool, us: &str) -> Result<Read, String> {
    let side = match is_from_above {
        true => Side::Above,
        false => Side::Below,
    };
    let arrived = match Received::read(frames, side, us) {
        Ok(Received::Message(arrived)) => arrived,
        other => return Err(format!("{other:?}")),
    };
    let message = &arrived.message;
    let values = match StreamBatch::read(message) {
        Some(batch) => {
            let batch = batch.map_err(|error| error.to_string())?;
            batch.items().map(|item| item.to_string()).collect()
        }
        None => vec![message.value.to_string()],
    };
    let confirmation = message.confirmation(MessageId::new(us, 0), us, TIME);
    Ok(Read {
        sender: message.sender.name().to_owned(),
        key: message.key.clone(),
        values,
        confirmation: confirmation.map(|it| it.encode()),
        recipient: arrived.recipient,
        path: arrived.path,
    })
}

/// The frames of a message.
pub fn frames(end: End<'_>, path: &[&str], recipient: &str, json: Vec<u8>) -> Vec<Vec<u8>> {
    let link = match end {
        End::Node => Link::Node,
        End::Peer(name) => Link::Peer(name),
        End::Station(name) => Link::Station(name),
        End::Above(name) => Link::Above(name),
    };
    link.frames(path, recipient, json)
}

/// The JSON of a message that is to be confirmed, whose value is this JSON.
pub fn message(number: u64, to: &str, sender: &str, key: &str, value: &str) -> Vec<u8> {
    let value = PythonJson::check(value).expect("JSON");
    PeerMessage::new(MessageId::new(sender, number), to, sender, key, value, TIME).encode()
}

/// The JSON of a stream's batch with these items.
pub fn batch(number: u64, to: &str, sender: &str, key: &str, items: &[&str]) -> Vec<u8> {
    let items = items.iter().map(|item| PythonJson::check(item));
    let items: Vec<_> = items.collect::<Result<_, _>>().expect("JSON");
    let batch = StreamBatch::new(key, Vec::new(), &items);
    let id = MessageId::new(sender, number);
    batch.message(id, to, sender, TIME).encode()
}

/// The JSON of an array, for autopilot.
pub fn array(dtype: &str, shape: &[u32], bytes: Vec<u8>) -> String {
    let dtype = Dtype::new(dtype).expect("a dtype");
    let array = Array::new(dtype, shape.to_vec(), bytes).expect("an array");
    let written = PythonJson::write(&Sendable(&array)).expect("it can be sent");
    written.to_string()
}

/// The type, the shape and the bytes of an array in JSON; `None` if it is packed.
pub fn read_array(json: &str) -> Option<(String, Vec<u32>, Vec<u8>)> {
    let json = PythonJson::check(json).expect("JSON");
    match json.read().expect("an array") {
        ArrayMember::Plain(array) => {
            let (dtype, shape) = (array.dtype().name(), array.shape().to_vec());
            Some((dtype, shape, array.bytes().to_vec()))
        }
        ArrayMember::Packed(_) => None,
    }
}

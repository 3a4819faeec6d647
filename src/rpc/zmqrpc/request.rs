//! Requests: a command, packed, in one frame.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::nested::{KEY, Wrapped};
use super::reply::Reply;
use super::state::StateOf;
use super::status;
use super::zip::{unzip, zip};
use crate::codec::raw_json::{self, JsonMistake};
use crate::codec::{MAX_BODY, exact};
use crate::message::Frame;
use crate::rpc::Command;

/// The message that says that its sender is there: a frame of its own, over publish and subscribe.
///
/// ```
/// assert_eq!(zeroless::rpc::zmqrpc::HEARTBEAT, b"zmq_sub_heartbeat");
/// ```
pub const HEARTBEAT: &[u8] = b"zmq_sub_heartbeat";

/// Whether a message is a [heartbeat](HEARTBEAT).
///
/// ```
/// use zeroless::Message;
/// use zeroless::rpc::zmqrpc::{self, HEARTBEAT};
/// let message = Message::from(HEARTBEAT);
/// assert!(zmqrpc::is_heartbeat(message.frames()));
/// ```
pub fn is_heartbeat(frames: &[Frame]) -> bool {
    matches!(frames, [frame] if frame == HEARTBEAT)
}

/// Why a command cannot be sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unsendable {
    /// It cannot be written as JSON.
    Json(String),
    TooLarge(usize),
}

/// Packs a command.
pub(super) fn pack<C: Command>(command: &C) -> Result<Vec<u8>, Unsendable> {
    let json = raw_json::write(&Wrapped(command)).map_err(Unsendable::Json)?;
    let json = json.get().as_bytes();
    if json.len() > MAX_BODY {
        return Err(Unsendable::TooLarge(json.len()));
    }
    zip(json).map_err(|error| Unsendable::Json(error.to_string()))
}

/// A request, as it came.
#[derive(Debug)]
pub(super) enum Incoming {
    Command {
        name: String,
        state: Box<RawValue>,
    },
    /// JSON that is not a command, with Python's word for its type.
    NoCommand(&'static str),
}

/// A request that cannot be read, and why.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Malformed {
    /// It is not one frame, or does not unpack.
    Packing(String),
    /// It unpacks to something that is not JSON, or a command that nobody knows.
    Content(String),
}

impl Malformed {
    pub(super) fn unknown(name: &str) -> Malformed {
        Malformed::Content(format!("nobody knows a command {name:?}"))
    }

    /// The mistake in it, for the log: the reply does not tell it.
    pub(super) fn reason(&self) -> &str {
        match self {
            Malformed::Packing(reason) | Malformed::Content(reason) => reason,
        }
    }

    pub(super) fn reply(&self) -> Reply {
        let reason = match self {
            Malformed::Packing(_) => "Could not decode/unzip the contents",
            Malformed::Content(_) => "Could not interpret the unzipped contents",
        };
        let text = format!(
            "Incorrectly marshalled command. Incoming message is no proper json formatted string. \
             Exception: {reason}"
        );
        Reply::new(status::BAD_REQUEST, text)
    }
}

impl From<JsonMistake> for Malformed {
    fn from(mistake: JsonMistake) -> Malformed {
        Malformed::Content(mistake.to_string())
    }
}

impl Incoming {
    /// Reads the frame of a request.
    pub(super) fn read(frame: &[u8]) -> Result<Incoming, Malformed> {
        let unzipped = unzip(frame).map_err(Malformed::Packing)?;
        let json = raw_json::whole(&unzipped)?;
        if let Some(word) = python_type(json.get()) {
            return Ok(Incoming::NoCommand(word));
        }
        let Some(command) = raw_json::read_borrowed::<Object<'_>>(json)?.command else {
            return Ok(Incoming::NoCommand("dict"));
        };
        let (name, state) = raw_json::read_borrowed::<(String, &RawValue)>(command)?;
        let state = state.to_owned();
        Ok(Incoming::Command { name, state })
    }
}

/// The only frame of a message.
pub(super) fn one_frame(frames: &[Frame]) -> Result<&Frame, Malformed> {
    match frames {
        [frame] => Ok(frame),
        _ => {
            let count = frames.len();
            Err(Malformed::Packing(format!(
                "it has {count} frames, not one"
            )))
        }
    }
}

/// Reads a command whose name is its own.
pub(super) fn read_state<C: Command>(state: &RawValue) -> Result<C, Malformed> {
    Ok(raw_json::read_seed(StateOf(PhantomData), state)?)
}

/// Python's word for the type of a JSON value other than an object.
fn python_type(json: &str) -> Option<&'static str> {
    match json.as_bytes().first()? {
        b'{' => None,
        b'[' => Some("list"),
        b'"' => Some("str"),
        b't' | b'f' => Some("bool"),
        b'n' => Some("NoneType"),
        _ if exact::is_integer(json) => Some("int"),
        _ => Some("float"),
    }
}

/// A JSON object, and what makes it a command.
struct Object<'a> {
    command: Option<&'a RawValue>,
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Object<'de>, D::Error> {
        deserializer.deserialize_map(Keys)
    }
}

struct Keys;

impl<'de> Visitor<'de> for Keys {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
        let mut command = None;
        while let Some(key) = map.next_key::<String>()? {
            match key == KEY {
                true => command = Some(map.next_value()?), // the last wins
                false => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Object { command })
    }
}

//! JSON that is written and read without damage.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, DeserializeSeed};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use serde_path_to_error::{Deserializer, Track};

use super::error::{MAX_PATH, MAX_REASON, cut};
use super::{exact, finite};

/// A mistake in a JSON text, and where it is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct JsonMistake {
    /// The fields that lead there, such as `many[1].x`; empty for the whole.
    pub(crate) path: String,
    pub(crate) reason: String,
}

impl JsonMistake {
    /// A mistake in the whole.
    pub(crate) fn new(reason: impl fmt::Display) -> JsonMistake {
        JsonMistake::at("", reason)
    }

    /// Both may have texts of the peer's, and are cut.
    fn at(path: &str, reason: impl fmt::Display) -> JsonMistake {
        JsonMistake {
            path: cut(path, MAX_PATH),
            reason: cut(reason, MAX_REASON),
        }
    }
}

impl fmt::Display for JsonMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.is_empty() {
            true => f.write_str(&self.reason),
            false => write!(f, "{}: {}", self.path, self.reason),
        }
    }
}

/// Writes a value.
///
/// A float that JSON has no number for, and an integer beyond 64 bits, are refused.
pub(crate) fn write(value: &impl Serialize) -> Result<Box<RawValue>, String> {
    finite::check(value).map_err(|error| error.to_string())?;
    let json = to_raw_value(value).map_err(|error| error.to_string())?;
    exact::check(json.get()).map_err(|error| error.to_string())?;
    Ok(json)
}

/// Takes a JSON text that can be read without damage as it is.
pub(crate) fn whole(bytes: &[u8]) -> Result<&RawValue, JsonMistake> {
    let json: &RawValue = serde_json::from_slice(bytes).map_err(JsonMistake::new)?;
    exact::check(json.get()).map_err(JsonMistake::new)?;
    Ok(json)
}

/// Reads a value that borrows from a [`whole`] text.
pub(crate) fn read_borrowed<'a, T: Deserialize<'a>>(json: &'a RawValue) -> Result<T, JsonMistake> {
    serde_json::from_str(json.get()).map_err(JsonMistake::new)
}

/// Reads a value of a [`whole`] text. Of keys that are there twice, the last wins.
pub(crate) fn read<T: DeserializeOwned>(json: &RawValue) -> Result<T, JsonMistake> {
    read_seed(PhantomData, json)
}

/// The same, with a seed.
pub(crate) fn read_seed<S, T>(seed: S, json: &RawValue) -> Result<T, JsonMistake>
where
    S: for<'de> DeserializeSeed<'de, Value = T> + Copy,
{
    let first = with_path(seed, &mut serde_json::Deserializer::from_str(json.get()));
    first.or_else(|mistake| {
        // serde's structures refuse a key that is there twice, and a `Value` keeps the last.
        let value: Value = serde_json::from_str(json.get()).map_err(|_| mistake)?;
        with_path(seed, value)
    })
}

fn with_path<'de, S, D>(seed: S, deserializer: D) -> Result<S::Value, JsonMistake>
where
    S: DeserializeSeed<'de>,
    D: serde::Deserializer<'de>,
{
    let mut track = Track::new();
    seed.deserialize(Deserializer::new(deserializer, &mut track))
        .map_err(|error| {
            let path = track.path().to_string();
            JsonMistake::at(if path == "." { "" } else { &path }, error)
        })
}

//! JSON that is written and read without damage.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, DeserializeSeed};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use serde_path_to_error::{Deserializer, Track};

use super::exact;
use crate::codec::finite;

/// A mistake in a JSON text, and where it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    /// The fields that lead there, such as `many[1].x`; empty for the whole.
    pub(super) path: String,
    pub(super) reason: String,
}

impl Mistake {
    /// A mistake in the whole.
    pub(super) fn new(reason: impl ToString) -> Mistake {
        Mistake {
            path: String::new(),
            reason: reason.to_string(),
        }
    }
}

impl fmt::Display for Mistake {
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
pub(super) fn write(value: &impl Serialize) -> Result<Box<RawValue>, String> {
    finite::check(value).map_err(|error| error.to_string())?;
    let json = to_raw_value(value).map_err(|error| error.to_string())?;
    exact::check(json.get()).map_err(|error| error.to_string())?;
    Ok(json)
}

/// Takes a JSON text that can be read without damage as it is.
pub(super) fn whole(bytes: &[u8]) -> Result<&RawValue, Mistake> {
    let json: &RawValue = serde_json::from_slice(bytes).map_err(Mistake::new)?;
    exact::check(json.get()).map_err(Mistake::new)?;
    Ok(json)
}

/// Reads a value that borrows from a [`whole`] text.
pub(super) fn read_borrowed<'a, T: Deserialize<'a>>(json: &'a RawValue) -> Result<T, Mistake> {
    serde_json::from_str(json.get()).map_err(Mistake::new)
}

/// Reads a value of a [`whole`] text. Of keys that are there twice, the last wins.
pub(super) fn read<T: DeserializeOwned>(json: &RawValue) -> Result<T, Mistake> {
    read_seed(PhantomData, json)
}

/// The same, with a seed.
pub(super) fn read_seed<S, T>(seed: S, json: &RawValue) -> Result<T, Mistake>
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

fn with_path<'de, S, D>(seed: S, deserializer: D) -> Result<S::Value, Mistake>
where
    S: DeserializeSeed<'de>,
    D: serde::Deserializer<'de>,
{
    let mut track = Track::new();
    seed.deserialize(Deserializer::new(deserializer, &mut track))
        .map_err(|error| {
            let path = track.path().to_string();
            Mistake {
                path: if path == "." { String::new() } else { path },
                reason: error.to_string(),
            }
        })
}

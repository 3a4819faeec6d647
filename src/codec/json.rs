//! Bodies in JSON.

use serde::Deserializer as _;
use serde::Serialize;
use serde::de::{DeserializeOwned, Visitor};
use serde_json::Deserializer;

use super::bounded::Bounded;
use super::{BodyError, finite};

pub(super) fn encode<T: Serialize + ?Sized>(value: &T, max: usize) -> Result<Vec<u8>, BodyError> {
    finite::check(value).map_err(BodyError::whole)?;
    let mut bytes = Bounded::new(max);
    serde_json::to_writer(&mut bytes, value).map_err(BodyError::whole)?;
    bytes.finish()
}

/// serde_json bounds the depth by itself.
pub(super) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, BodyError> {
    serde_json::from_slice(body).map_err(|error| match error.is_data() {
        true => BodyError::locate::<T, _>(&mut Deserializer::from_slice(body)),
        false => BodyError::whole(error),
    })
}

pub(super) fn visit_list<'de, V: Visitor<'de>>(
    bytes: &'de [u8],
    visitor: V,
) -> Result<V::Value, BodyError> {
    let mut deserializer = Deserializer::from_slice(bytes);
    let value = deserializer
        .deserialize_seq(visitor)
        .map_err(BodyError::whole)?;
    deserializer.end().map_err(BodyError::whole)?;
    Ok(value)
}

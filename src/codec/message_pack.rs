//! Bodies in MessagePack: structs as maps.

use rmp_serde::decode::Error;
use serde::Deserializer as _;
use serde::Serialize;
use serde::de::{DeserializeOwned, Visitor};

use super::bounded::Bounded;
use super::{BodyError, structure};

pub(super) fn encode<T: Serialize + ?Sized>(value: &T, max: usize) -> Result<Vec<u8>, BodyError> {
    let mut bytes = Bounded::new(max);
    rmp_serde::encode::write_named(&mut bytes, value).map_err(BodyError::whole)?;
    bytes.finish()
}

pub(super) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, BodyError> {
    structure::check(body).map_err(BodyError::whole)?;
    rmp_serde::from_slice(body).map_err(|_| {
        let mut deserializer = rmp_serde::Deserializer::from_read_ref(body);
        BodyError::locate::<T, _>(&mut deserializer, words)
    })
}

pub(super) fn visit_list<'de, V: Visitor<'de>>(
    bytes: &'de [u8],
    visitor: V,
) -> Result<V::Value, BodyError> {
    structure::check(bytes).map_err(BodyError::whole)?;
    let mut deserializer = rmp_serde::Deserializer::from_read_ref(bytes);
    let value = deserializer.deserialize_seq(visitor);
    value.map_err(|error| BodyError::whole(words(&error)))
}

/// The reason in words; rmp-serde's own name its types.
fn words(error: &Error) -> String {
    error.to_string()
}

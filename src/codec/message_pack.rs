//! Bodies in MessagePack: structs as maps.
//!
//! rmp-serde writes them. It does not read them: of a number or a text in the wrong place it does not say what belongs
//! there, takes -1 for the largest `u128`, takes bytes after the value, and does not bound the depth of enums.

mod reader;
mod token;

use serde::Deserializer as _;
use serde::Serialize;
use serde::de::{DeserializeOwned, Visitor};

use super::BodyError;
use super::bounded::Bounded;
use reader::Reader;

pub(super) fn encode<T: Serialize + ?Sized>(value: &T, max: usize) -> Result<Vec<u8>, BodyError> {
    let mut bytes = Bounded::new(max);
    rmp_serde::encode::write_named(&mut bytes, value).map_err(BodyError::whole)?;
    bytes.finish()
}

pub(super) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, BodyError> {
    let mut reader = Reader::new(body);
    let value = T::deserialize(&mut reader)
        .map_err(|_| BodyError::locate::<T, _>(&mut Reader::new(body)))?;
    reader.end().map_err(BodyError::whole)?;
    Ok(value)
}

pub(super) fn visit_list<'de, V: Visitor<'de>>(
    bytes: &'de [u8],
    visitor: V,
) -> Result<V::Value, BodyError> {
    let mut reader = Reader::new(bytes);
    let value = reader.deserialize_seq(visitor).map_err(BodyError::whole)?;
    reader.end().map_err(BodyError::whole)?;
    Ok(value)
}

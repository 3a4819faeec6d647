//! A command's fields, as pyzmqrpc3 has its state: an object, which is empty where there are no fields.

use std::iter;
use std::marker::PhantomData;
use std::mem::size_of;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde::de::value::{Error as ValueError, MapDeserializer, UnitDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// The state of a command, to be written.
pub(super) struct State<'a, C>(pub(super) &'a C);

/// A command without fields, such as `struct Ping;`: serde writes nothing for it, where Python reads `{}`.
const fn is_without_fields<C>() -> bool {
    size_of::<C>() == 0
}

impl<C: Serialize> Serialize for State<'_, C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match is_without_fields::<C>() {
            true => serializer.serialize_map(Some(0))?.end(),
            false => self.0.serialize(serializer),
        }
    }
}

/// The state of a command, to be read.
pub(super) struct StateOf<C>(pub(super) PhantomData<C>);

impl<'de, C: DeserializeOwned> DeserializeSeed<'de> for StateOf<C> {
    type Value = C;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<C, D::Error> {
        if !is_without_fields::<C>() {
            return C::deserialize(deserializer);
        }
        IgnoredAny::deserialize(deserializer)?;
        only_value().map_err(D::Error::custom)
    }
}

/// The only value of a type without fields.
fn only_value<C: DeserializeOwned>() -> Result<C, ValueError> {
    let unit = C::deserialize(UnitDeserializer::<ValueError>::new());
    let no_fields = iter::empty::<(&str, &str)>();
    unit.or_else(|_| C::deserialize(MapDeserializer::new(no_fields)))
}

impl<C> Clone for StateOf<C> {
    fn clone(&self) -> StateOf<C> {
        *self
    }
}

impl<C> Copy for StateOf<C> {}

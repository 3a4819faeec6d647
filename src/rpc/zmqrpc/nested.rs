//! A command within another, or in a reply.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde::{Deserialize, de::Unexpected};

use super::state::{State, StateOf};
use crate::rpc::Command;

/// The key that makes a JSON object a command.
pub(super) const KEY: &str = "_icmd_";

/// A command that is a field of another, or a reply: on the wire, `{"_icmd_": ["Name", {…}]}`.
///
/// pyzmqrpc3 makes a command of each such object, at any depth, and replies with 400 if it knows none of the name. Here a
/// field's type says what it may be: of this type it is this command, and any other is a 400; of the type
/// `serde_json::Value` it is any JSON, and a command in it is the object that it came as, whoever knows it.
/// Other keys beside that one are passed over.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use zeroless::rpc::{self, zmqrpc::Nested};
///
/// #[derive(Serialize, Deserialize)]
/// struct Point { x: i64 }
/// rpc::command!(Point -> ());
///
/// #[derive(Serialize, Deserialize)]
/// struct Draw { points: Vec<Nested<Point>> }
/// rpc::command!(Draw -> ());
///
/// let draw = Draw { points: vec![Nested(Point { x: 1 })] };
/// let json = serde_json::to_string(&draw)?;
/// assert_eq!(json, r#"{"points":[{"_icmd_":["Point",{"x":1}]}]}"#);
/// assert_eq!(draw.points[0].x, 1);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Nested<C>(pub C);

impl<C> Deref for Nested<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.0
    }
}

impl<C> DerefMut for Nested<C> {
    fn deref_mut(&mut self) -> &mut C {
        &mut self.0
    }
}

impl<C> From<C> for Nested<C> {
    fn from(command: C) -> Nested<C> {
        Nested(command)
    }
}

impl<C: Command> Serialize for Nested<C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Wrapped(&self.0).serialize(serializer)
    }
}

/// A command with its name, as it travels.
pub(super) struct Wrapped<'a, C>(pub(super) &'a C);

impl<C: Command> Serialize for Wrapped<'_, C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(KEY, &(C::NAME, State(self.0)))?;
        map.end()
    }
}

impl<'de, C: Command> Deserialize<'de> for Nested<C> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Nested<C>, D::Error> {
        deserializer.deserialize_map(Object(PhantomData))
    }
}

/// The object with the key.
struct Object<C>(PhantomData<C>);

impl<'de, C: Command> Visitor<'de> for Object<C> {
    type Value = Nested<C>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object {{\"{KEY}\": [\"{}\", …]}}", C::NAME)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Nested<C>, A::Error> {
        let mut command = None;
        while let Some(key) = map.next_key::<String>()? {
            match key == KEY {
                true if command.is_some() => return Err(A::Error::duplicate_field(KEY)),
                true => command = Some(map.next_value_seed(Pair(PhantomData))?),
                false => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        command
            .map(Nested)
            .ok_or_else(|| A::Error::missing_field(KEY))
    }
}

/// The name and the state.
struct Pair<C>(PhantomData<C>);

impl<'de, C: Command> DeserializeSeed<'de> for Pair<C> {
    type Value = C;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<C, D::Error> {
        deserializer.deserialize_tuple(2, self)
    }
}

impl<'de, C: Command> Visitor<'de> for Pair<C> {
    type Value = C;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the array [\"{}\", …]", C::NAME)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut pair: A) -> Result<C, A::Error> {
        let name: String = pair
            .next_element()?
            .ok_or_else(|| A::Error::invalid_length(0, &self))?;
        if name != C::NAME {
            return Err(A::Error::invalid_value(Unexpected::Str(&name), &C::NAME));
        }
        let state = pair.next_element_seed(StateOf(PhantomData))?;
        state.ok_or_else(|| A::Error::invalid_length(1, &self))
    }
}

//! The table of the types of bodies, each with its number on the wire and its codec.

use std::fmt;

use serde::Serialize;
use serde::de::{DeserializeOwned, Visitor};

use super::{BodyError, MAX_BODY, bytes, json, message_pack};

/// How a body is encoded.
///
/// ```
/// use zeroless::rpc::BodyType;
/// assert_eq!(BodyType::Json.to_string(), "JSON");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BodyType {
    /// [MessagePack](https://msgpack.org): structs as maps with their fields' names, so that fields can be added. Bytes
    /// after the value are refused.
    MessagePack,
    /// JSON: UTF-8, without a byte order mark. Numbers that JSON does not have (NaN and the infinities) are refused.
    Json,
    /// The bytes themselves, for programs that have neither of the others: those of a text, of a value that serializes as
    /// bytes or as a list of them, or none of a unit. All other values are refused.
    Bytes,
}

/// Each type, its number on the wire, and its name.
const TABLE: [(BodyType, u64, &str); 3] = [
    (BodyType::MessagePack, 0, "MessagePack"),
    (BodyType::Json, 1, "JSON"),
    (BodyType::Bytes, 2, "bytes"),
];

impl BodyType {
    /// The type with this number on the wire.
    pub(crate) fn from_number(number: u64) -> Option<BodyType> {
        let mut table = TABLE.iter();
        table.find(|it| it.1 == number).map(|it| it.0)
    }

    /// Its number on the wire.
    pub(crate) fn number(self) -> u64 {
        self.entry().1
    }

    fn entry(self) -> (BodyType, u64, &'static str) {
        TABLE[self as usize]
    }

    /// A value as a body of this type: no larger than [`MAX_BODY`].
    pub(crate) fn encode<T: Serialize + ?Sized>(self, value: &T) -> Result<Vec<u8>, BodyError> {
        match self {
            BodyType::MessagePack => message_pack::encode(value, MAX_BODY),
            BodyType::Json => json::encode(value, MAX_BODY),
            BodyType::Bytes => bytes::encode(value, MAX_BODY),
        }
    }

    /// Has a visitor read the list that these bytes are.
    pub(crate) fn visit_list<'de, V: Visitor<'de>>(
        self,
        bytes: &'de [u8],
        visitor: V,
    ) -> Result<V::Value, BodyError> {
        match self {
            BodyType::MessagePack => message_pack::visit_list(bytes, visitor),
            BodyType::Json => json::visit_list(bytes, visitor),
            BodyType::Bytes => Err(BodyError::whole("bare bytes are not a list")),
        }
    }

    /// The value of a body of this type: all of its bytes, and no more of them than [`MAX_BODY`].
    pub(crate) fn decode<T: DeserializeOwned>(self, body: &[u8]) -> Result<T, BodyError> {
        if body.len() > MAX_BODY {
            return Err(BodyError::too_large(body.len(), MAX_BODY));
        }
        match self {
            BodyType::MessagePack => message_pack::decode(body),
            BodyType::Json => json::decode(body),
            BodyType::Bytes => bytes::decode(body),
        }
    }
}

/// Its name.
impl fmt::Display for BodyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.entry().2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_is_found_by_its_number() {
        for (place, (body_type, number, _)) in TABLE.into_iter().enumerate() {
            assert_eq!(
                body_type as usize, place,
                "the table is in the type's order"
            );
            assert_eq!(body_type.number(), number);
            assert_eq!(BodyType::from_number(number), Some(body_type));
        }
        assert_eq!(BodyType::from_number(TABLE.len() as u64), None);
    }
}

//! A value of any type, as JSON for Python.

use std::fmt::{self, Display};

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::codec::python_json::quote;

/// The text of a value: deserializing writes it. Bytes are an array of them, and numbers that JSON does not have are words
/// that Python reads.
pub(super) struct JsonText(pub(super) String);

struct Writer;

impl<'de> Deserialize<'de> for JsonText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<JsonText, D::Error> {
        deserializer.deserialize_any(Writer)
    }
}

fn text<E>(value: impl Display) -> Result<JsonText, E> {
    Ok(JsonText(value.to_string()))
}

impl<'de> Visitor<'de> for Writer {
    type Value = JsonText;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value that JSON has")
    }

    fn visit_bool<E>(self, value: bool) -> Result<JsonText, E> {
        text(value)
    }

    fn visit_i64<E>(self, value: i64) -> Result<JsonText, E> {
        text(value)
    }

    fn visit_u64<E>(self, value: u64) -> Result<JsonText, E> {
        text(value)
    }

    fn visit_i128<E>(self, value: i128) -> Result<JsonText, E> {
        text(value)
    }

    fn visit_u128<E>(self, value: u128) -> Result<JsonText, E> {
        text(value)
    }

    fn visit_f64<E>(self, value: f64) -> Result<JsonText, E> {
        match value {
            _ if value.is_nan() => text("NaN"),
            f64::INFINITY => text("Infinity"),
            f64::NEG_INFINITY => text("-Infinity"),
            // With a point or an exponent: Python tells floats from integers by these.
            _ => text(format_args!("{value:?}")),
        }
    }

    fn visit_str<E>(self, value: &str) -> Result<JsonText, E> {
        text(quote(value))
    }

    fn visit_bytes<E: Error>(self, value: &[u8]) -> Result<JsonText, E> {
        super::bytes(value).map_err(E::custom).and_then(text)
    }

    fn visit_none<E>(self) -> Result<JsonText, E> {
        text("null")
    }

    fn visit_unit<E>(self) -> Result<JsonText, E> {
        text("null")
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<JsonText, D::Error> {
        JsonText::deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<JsonText, D::Error> {
        JsonText::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<JsonText, A::Error> {
        let mut items = Vec::new();
        while let Some(JsonText(item)) = seq.next_element()? {
            items.push(item);
        }
        text(format_args!("[{}]", items.join(", ")))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonText, A::Error> {
        let mut members = Vec::new();
        while let Some((JsonText(name), JsonText(value))) = map.next_entry()? {
            // Python's keys are texts, too, in JSON.
            let name = match name.starts_with('"') {
                true => name,
                false => quote(&name),
            };
            members.push(format!("{name}: {value}"));
        }
        text(format_args!("{{{}}}", members.join(", ")))
    }
}

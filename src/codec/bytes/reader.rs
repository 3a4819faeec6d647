//! Values from bare bytes.

use serde::de::value::SeqDeserializer;
use serde::de::{Deserializer, Visitor};

use super::not_bytes;
use crate::codec::mistake::Mistake;

/// Reads all bytes as the one value.
#[derive(Debug)]
pub(super) struct Reader<'de>(pub(super) &'de [u8]);

/// Refuses values that bytes are not.
macro_rules! refused {
    ($($name:ident($($argument:ty),*): $what:literal,)*) => {$(
        fn $name<V: Visitor<'de>>(
            self,
            $(_: $argument,)*
            _: V,
        ) -> Result<V::Value, Mistake> {
            Err(not_bytes($what))
        }
    )*};
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Mistake;

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match str::from_utf8(self.0) {
            Ok(text) => visitor.visit_borrowed_str(text),
            Err(_) => Err(Mistake::new("the text is not UTF-8")),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_borrowed_bytes(self.0)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        let mut bytes = SeqDeserializer::new(self.0.iter().copied());
        let visited = visitor.visit_seq(&mut bytes)?;
        bytes.end()?;
        Ok(visited)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Mistake> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match self.0 {
            [] => visitor.visit_unit(),
            _ => Err(Mistake::new("a body without bytes is expected")),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_unit()
    }

    refused! {
        deserialize_any(): "a value of any type",
        deserialize_bool(): "a bool",
        deserialize_i8(): "a number",
        deserialize_i16(): "a number",
        deserialize_i32(): "a number",
        deserialize_i64(): "a number",
        deserialize_i128(): "a number",
        deserialize_u8(): "a number",
        deserialize_u16(): "a number",
        deserialize_u32(): "a number",
        deserialize_u64(): "a number",
        deserialize_u128(): "a number",
        deserialize_f32(): "a number",
        deserialize_f64(): "a number",
        deserialize_char(): "a char",
        deserialize_option(): "an option",
        deserialize_map(): "a map",
        deserialize_identifier(): "a field",
        deserialize_tuple_struct(&'static str, usize): "a struct of several fields",
        deserialize_struct(&'static str, &'static [&'static str]): "a struct with fields",
        deserialize_enum(&'static str, &'static [&'static str]): "an enum",
    }
}

//! Values from bytes in MessagePack, as they may come from anybody.

use serde::de::value::{BorrowedStrDeserializer, SeqDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::token::{NoToken, Token};
use crate::codec::MAX_DEPTH;
use crate::codec::mistake::Mistake;

/// Reads one value.
#[derive(Debug)]
pub(super) struct Reader<'de> {
    rest: &'de [u8],
    /// In how many lists and maps the next value is.
    depth: usize,
    /// How many values are still to come in all of those. Each has a byte at least, so more than there are bytes cannot
    /// come; and nobody is told to make room for them.
    owed: u64,
}

impl<'de> Reader<'de> {
    pub(super) fn new(bytes: &'de [u8]) -> Reader<'de> {
        Reader {
            rest: bytes,
            depth: 0,
            owed: 0,
        }
    }

    /// Refuses bytes after the value.
    pub(super) fn end(&self) -> Result<(), Mistake> {
        match self.rest.is_empty() {
            true => Ok(()),
            false => Err(Mistake::new("there are bytes after the value")),
        }
    }

    #[inline]
    fn token(&mut self) -> Result<Token<'de>, Mistake> {
        Token::take(&mut self.rest).map_err(|reason| match reason {
            NoToken::EndsEarly => ends_early(),
            NoToken::Unused => Mistake::new("the byte 0xc1 does not begin a value"),
        })
    }

    /// Has the values in a list or in a map visited: all of them.
    #[inline]
    fn within<T>(
        &mut self,
        values: u64,
        visit: impl FnOnce(&mut Values<'_, 'de>) -> Result<T, Mistake>,
    ) -> Result<T, Mistake> {
        if self.depth == MAX_DEPTH {
            let words = format_args!("it is nested deeper than {MAX_DEPTH} levels");
            return Err(Mistake::new(words));
        }
        self.owed += values;
        if self.owed > self.rest.len() as u64 {
            return Err(ends_early());
        }
        self.depth += 1;
        let mut left = Values {
            reader: self,
            left: values,
        };
        let visited = visit(&mut left)?;
        match left.left {
            0 => {}
            1 => return Err(Mistake::new("there is one value more than belong there")),
            left => {
                let words = format_args!("there are {left} values more than belong there");
                return Err(Mistake::new(words));
            }
        }
        self.depth -= 1;
        Ok(visited)
    }

    #[inline]
    fn visit<V: Visitor<'de>>(
        &mut self,
        token: Token<'de>,
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        match token {
            Token::Nil => visitor.visit_unit(),
            Token::Bool(value) => visitor.visit_bool(value),
            Token::Unsigned(number) => visitor.visit_u64(number),
            Token::Signed(number) => visitor.visit_i64(number),
            Token::Float(number) => visitor.visit_f64(number),
            Token::Text(bytes) => visitor.visit_borrowed_str(text(bytes)?),
            Token::Bytes(bytes) => visitor.visit_borrowed_bytes(bytes),
            Token::List(_) => self.within(token.values(), |values| visitor.visit_seq(values)),
            Token::Map(_) => self.within(token.values(), |values| visitor.visit_map(values)),
            Token::Extension(kind) => Err(Mistake::new(format_args!(
                "an extension (type {kind}) is not understood here"
            ))),
        }
    }
}

fn ends_early() -> Mistake {
    Mistake::new("it ends in the middle of a value")
}

#[inline]
fn text(bytes: &[u8]) -> Result<&str, Mistake> {
    str::from_utf8(bytes).map_err(|_| Mistake::new("a text is not UTF-8"))
}

/// The bytes of a number of 128 bits: rmp-serde writes these, the highest first.
fn sixteen(token: Token<'_>) -> Option<[u8; 16]> {
    match token {
        Token::Bytes(bytes) => bytes.try_into().ok(),
        _ => None,
    }
}

/// What a token is called in an error.
fn unexpected(token: Token<'_>) -> Unexpected<'_> {
    match token {
        Token::Nil => Unexpected::Unit,
        Token::Bool(value) => Unexpected::Bool(value),
        Token::Unsigned(number) => Unexpected::Unsigned(number),
        Token::Signed(number) => Unexpected::Signed(number),
        Token::Float(number) => Unexpected::Float(number),
        Token::Text(bytes) | Token::Bytes(bytes) => Unexpected::Bytes(bytes),
        Token::List(_) => Unexpected::Seq,
        Token::Map(_) => Unexpected::Map,
        Token::Extension(_) => Unexpected::Other("extension"),
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Mistake;

    fn is_human_readable(&self) -> bool {
        false
    }

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        let token = self.token()?;
        self.visit(token, visitor)
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        let token = self.token()?;
        match sixteen(token) {
            Some(bytes) => visitor.visit_i128(i128::from_be_bytes(bytes)),
            None => self.visit(token, visitor),
        }
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        let token = self.token()?;
        match sixteen(token) {
            Some(bytes) => visitor.visit_u128(u128::from_be_bytes(bytes)),
            None => self.visit(token, visitor),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match self.token()? {
            Token::Text(bytes) => visitor.visit_borrowed_bytes(bytes),
            token => self.visit(token, visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        let mut after = self.rest;
        match Token::take(&mut after) {
            Ok(Token::Nil) => {
                self.rest = after;
                visitor.visit_none()
            }
            _ => visitor.visit_some(self),
        }
    }

    /// rmp-serde writes a struct without fields as an empty list.
    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        match self.token()? {
            Token::List(0) | Token::Map(0) => visitor.visit_unit(),
            token => self.visit(token, visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        visitor.visit_newtype_struct(self)
    }

    /// A list of small numbers may also be bytes.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match self.token()? {
            Token::Bytes(bytes) => {
                let mut values = SeqDeserializer::new(bytes.iter().copied());
                let visited = visitor.visit_seq(&mut values)?;
                values.end()?;
                Ok(visited)
            }
            token => self.visit(token, visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Mistake> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        self.deserialize_seq(visitor)
    }

    /// A variant is its name, or a map of its name alone to what is in it.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        match self.token()? {
            Token::Text(bytes) => visitor.visit_enum(BorrowedStrDeserializer::new(text(bytes)?)),
            token @ Token::Map(1) => {
                self.within(token.values(), |values| visitor.visit_enum(values))
            }
            token => Err(Mistake::invalid_type(
                unexpected(token),
                &"a variant's name, or a map of one name",
            )),
        }
    }

    /// Passes over the value, however deep it is nested: it is not kept.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        let mut values = 1;
        while values > 0 {
            values += self.token()?.values();
            values -= 1;
        }
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string unit map struct identifier
    }
}

/// The values in a list or in a map, of which so many are left.
struct Values<'a, 'de> {
    reader: &'a mut Reader<'de>,
    left: u64,
}

impl<'de> Values<'_, 'de> {
    #[inline]
    fn next<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Mistake> {
        match self.left {
            0 => Ok(None),
            _ => seed.deserialize(self.reader()).map(Some),
        }
    }

    /// To read the next one.
    #[inline]
    fn reader(&mut self) -> &mut Reader<'de> {
        self.left = self.left.saturating_sub(1);
        self.reader.owed = self.reader.owed.saturating_sub(1);
        self.reader
    }
}

impl<'de> SeqAccess<'de> for &mut Values<'_, 'de> {
    type Error = Mistake;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Mistake> {
        self.next(seed)
    }

    fn size_hint(&self) -> Option<usize> {
        usize::try_from(self.left).ok()
    }
}

impl<'de> MapAccess<'de> for &mut Values<'_, 'de> {
    type Error = Mistake;

    #[inline]
    fn next_key_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Mistake> {
        self.next(seed)
    }

    #[inline]
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Mistake> {
        seed.deserialize(self.reader())
    }

    fn size_hint(&self) -> Option<usize> {
        usize::try_from(self.left / 2).ok()
    }
}

impl<'de> EnumAccess<'de> for &mut Values<'_, 'de> {
    type Error = Mistake;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self), Mistake> {
        let name = seed.deserialize(self.reader())?;
        Ok((name, self))
    }
}

impl<'de> VariantAccess<'de> for &mut Values<'_, 'de> {
    type Error = Mistake;

    fn unit_variant(self) -> Result<(), Mistake> {
        serde::Deserialize::deserialize(self.reader())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Mistake> {
        seed.deserialize(self.reader())
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Mistake> {
        self.reader().deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        self.reader().deserialize_any(visitor)
    }
}

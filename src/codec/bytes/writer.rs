//! Values as bare bytes.

use std::io::Write;

use serde::Serialize;
use serde::ser::{Impossible, SerializeSeq, SerializeTuple, Serializer};

use super::not_bytes;
use crate::codec::bounded::Bounded;
use crate::codec::mistake::Mistake;

/// Writes one value.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    bytes: &'a mut Bounded,
    /// Whether the value is one of a list: then it is a byte.
    is_in_list: bool,
}

impl<'a> Writer<'a> {
    pub(super) fn new(bytes: &'a mut Bounded) -> Writer<'a> {
        Writer {
            bytes,
            is_in_list: false,
        }
    }

    fn whole(self) -> Result<Self, Mistake> {
        match self.is_in_list {
            true => Err(not_bytes("a list of others than bytes")),
            false => Ok(self),
        }
    }

    fn write(self, bytes: &[u8]) -> Result<(), Mistake> {
        self.bytes.write_all(bytes).map_err(Mistake::new)
    }
}

/// Refuses values that bytes are not.
macro_rules! refused {
    ($($name:ident $(<$generic:ident>)? ($($argument:ty),*) -> $ok:ty: $what:literal,)*) => {$(
        fn $name $(<$generic: Serialize + ?Sized>)? (self, $(_: $argument),*) -> Result<$ok, Mistake> {
            Err(not_bytes($what))
        }
    )*};
}

type Refused = Impossible<(), Mistake>;
type Name = &'static str;

impl Serializer for Writer<'_> {
    type Ok = ();
    type Error = Mistake;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Refused;
    type SerializeTupleVariant = Refused;
    type SerializeMap = Refused;
    type SerializeStruct = Refused;
    type SerializeStructVariant = Refused;

    fn serialize_str(self, text: &str) -> Result<(), Mistake> {
        self.whole()?.write(text.as_bytes())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Mistake> {
        self.whole()?.write(bytes)
    }

    fn serialize_u8(self, byte: u8) -> Result<(), Mistake> {
        match self.is_in_list {
            true => self.write(&[byte]),
            false => Err(not_bytes("a number")),
        }
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Mistake> {
        self.whole()
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Mistake> {
        self.whole()
    }

    fn serialize_unit(self) -> Result<(), Mistake> {
        self.whole()?.write(&[])
    }

    fn serialize_unit_struct(self, _: Name) -> Result<(), Mistake> {
        self.serialize_unit()
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: Name,
        value: &T,
    ) -> Result<(), Mistake> {
        value.serialize(self)
    }

    refused! {
        serialize_bool(bool) -> (): "a bool",
        serialize_i8(i8) -> (): "a number",
        serialize_i16(i16) -> (): "a number",
        serialize_i32(i32) -> (): "a number",
        serialize_i64(i64) -> (): "a number",
        serialize_i128(i128) -> (): "a number",
        serialize_u16(u16) -> (): "a number",
        serialize_u32(u32) -> (): "a number",
        serialize_u64(u64) -> (): "a number",
        serialize_u128(u128) -> (): "a number",
        serialize_f32(f32) -> (): "a number",
        serialize_f64(f64) -> (): "a number",
        serialize_char(char) -> (): "a char",
        serialize_none() -> (): "an option",
        serialize_some<T>(&T) -> (): "an option",
        serialize_unit_variant(Name, u32, Name) -> (): "an enum",
        serialize_newtype_variant<T>(Name, u32, Name, &T) -> (): "an enum",
        serialize_tuple_variant(Name, u32, Name, usize) -> Refused: "an enum",
        serialize_struct_variant(Name, u32, Name, usize) -> Refused: "an enum",
        serialize_tuple_struct(Name, usize) -> Refused: "a struct of several fields",
        serialize_struct(Name, usize) -> Refused: "a struct with fields",
        serialize_map(Option<usize>) -> Refused: "a map",
    }
}

/// Both kinds of lists.
macro_rules! lists {
    ($($trait:ident),*) => {$(
        impl $trait for Writer<'_> {
            type Ok = ();
            type Error = Mistake;

            fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Mistake> {
                value.serialize(Writer {
                    bytes: self.bytes,
                    is_in_list: true,
                })
            }

            fn end(self) -> Result<(), Mistake> {
                Ok(())
            }
        }
    )*};
}

lists!(SerializeSeq, SerializeTuple);

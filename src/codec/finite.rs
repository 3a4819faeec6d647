//! Whether a value has a NaN or an infinity in it, which serde_json writes as null without a word.

use std::fmt::{self, Display};

use serde::Serialize;
use serde::ser::{self, Serializer};

/// Refuses a value with a float that JSON has no word for.
pub(crate) fn check(value: &(impl Serialize + ?Sized)) -> Result<(), NotFinite> {
    value.serialize(Check)
}

/// A value has a NaN or an infinity, or its own `Serialize` has failed.
#[derive(Debug)]
pub(crate) struct NotFinite(String);

impl Display for NotFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotFinite {}

impl ser::Error for NotFinite {
    fn custom<T: Display>(message: T) -> NotFinite {
        NotFinite(message.to_string())
    }
}

/// A serializer that writes nothing.
#[derive(Clone, Copy)]
struct Check;

macro_rules! scalars {
    ($($name:ident: $type:ty),*) => {$(
        fn $name(self, _: $type) -> Result<(), NotFinite> {
            Ok(())
        }
    )*};
}

impl Serializer for Check {
    type Ok = ();
    type Error = NotFinite;
    type SerializeSeq = Check;
    type SerializeTuple = Check;
    type SerializeTupleStruct = Check;
    type SerializeTupleVariant = Check;
    type SerializeMap = Check;
    type SerializeStruct = Check;
    type SerializeStructVariant = Check;

    scalars! {
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32,
        serialize_i64: i64, serialize_i128: i128, serialize_u8: u8, serialize_u16: u16,
        serialize_u32: u32, serialize_u64: u64, serialize_u128: u128, serialize_char: char,
        serialize_str: &str, serialize_bytes: &[u8], serialize_unit_struct: &'static str
    }

    fn serialize_f32(self, value: f32) -> Result<(), NotFinite> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<(), NotFinite> {
        match value.is_finite() {
            true => Ok(()),
            false => Err(NotFinite(format!("JSON has no number {value}"))),
        }
    }

    fn serialize_none(self) -> Result<(), NotFinite> {
        Ok(())
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<(), NotFinite> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), NotFinite> {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &str, _: u32, _: &str) -> Result<(), NotFinite> {
        Ok(())
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(
        self,
        _: &str,
        value: &T,
    ) -> Result<(), NotFinite> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &str,
        _: u32,
        _: &str,
        value: &T,
    ) -> Result<(), NotFinite> {
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Check, NotFinite> {
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Check, NotFinite> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &str, _: usize) -> Result<Check, NotFinite> {
        Ok(self)
    }

    fn serialize_tuple_variant(
        self,
        _: &str,
        _: u32,
        _: &str,
        _: usize,
    ) -> Result<Check, NotFinite> {
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Check, NotFinite> {
        Ok(self)
    }

    fn serialize_struct(self, _: &str, _: usize) -> Result<Check, NotFinite> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        _: &str,
        _: u32,
        _: &str,
        _: usize,
    ) -> Result<Check, NotFinite> {
        Ok(self)
    }
}

/// Each part of a compound is checked by itself.
macro_rules! compounds {
    ($($part:ident of $trait:ident $(, $name:ty)?;)*) => {$(
        impl ser::$trait for Check {
            type Ok = ();
            type Error = NotFinite;

            fn $part<T: ?Sized + Serialize>(&mut self, $(_: $name,)? value: &T) -> Result<(), NotFinite> {
                value.serialize(*self)
            }

            fn end(self) -> Result<(), NotFinite> {
                Ok(())
            }
        }
    )*};
}

compounds! {
    serialize_element of SerializeSeq;
    serialize_element of SerializeTuple;
    serialize_field of SerializeTupleStruct;
    serialize_field of SerializeTupleVariant;
    serialize_field of SerializeStruct, &'static str;
    serialize_field of SerializeStructVariant, &'static str;
}

/// Keys that are floats are refused by serde_json itself.
impl ser::SerializeMap for Check {
    type Ok = ();
    type Error = NotFinite;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, _: &T) -> Result<(), NotFinite> {
        Ok(())
    }

    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), NotFinite> {
        value.serialize(*self)
    }

    fn end(self) -> Result<(), NotFinite> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Serialize)]
    enum Shape {
        Point,
        Circle(f32),
        Oval(f64, f64),
        Square { side: Option<f64> },
    }

    #[test]
    fn a_nan_is_found_wherever_it_is() {
        let fits = (
            1,
            "x",
            vec![Shape::Point, Shape::Circle(1.5), Shape::Oval(1.0, 2.0)],
            BTreeMap::from([("a", Shape::Square { side: Some(0.1) })]),
            (),
        );
        check(&fits).unwrap();
        let side = Some(f64::NEG_INFINITY);
        check(&vec![Shape::Square { side }]).unwrap_err();
        check(&Shape::Circle(f32::INFINITY)).unwrap_err();
        check(&Some(Shape::Oval(0.0, f64::NAN))).unwrap_err();
        let refused = check(&BTreeMap::from([(1, f64::NAN)])).unwrap_err();
        assert_eq!(refused.to_string(), "JSON has no number NaN");
    }
}

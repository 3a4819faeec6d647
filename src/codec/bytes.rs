//! Bodies that are bytes as they are, for programs that have neither MessagePack nor JSON.
//!
//! A body is a text, bytes, a list of numbers of 8 bits, or empty for a value without anything in it; and a struct of one
//! such value without a name (`struct Echo(String)`). The bytes do not say which of them they are.

mod reader;
mod writer;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::BodyError;
use super::bounded::Bounded;
use super::mistake::Mistake;
use reader::Reader;
use writer::Writer;

pub(super) fn encode<T: Serialize + ?Sized>(value: &T, max: usize) -> Result<Vec<u8>, BodyError> {
    let mut bytes = Bounded::new(max);
    let written = value.serialize(Writer::new(&mut bytes));
    written.map_err(BodyError::whole)?;
    bytes.finish()
}

pub(super) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, BodyError> {
    T::deserialize(Reader(body)).map_err(BodyError::whole)
}

/// What a value is that is not written, or cannot be read.
fn not_bytes(what: &str) -> Mistake {
    Mistake::new(format_args!(
        "bare bytes are a text, bytes or nothing, and this is {what}: use MessagePack or JSON"
    ))
}

//! JSON as Python's `json` writes and reads it.
//!
//! Beyond JSON, it has the words NaN, Infinity and -Infinity, integers of any size, and halves of surrogate pairs. All
//! of that can be scanned and kept here; whether a value of Rust's can hold it is seen when it is read.

mod format;
mod items;
mod scanner;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Serializer;

use super::raw_json::{self, JsonMistake};
use super::{BodyError, MAX_BODY, bounded::Bounded, exact, finite};
use format::PythonFormat;
pub(crate) use items::Items;
pub(crate) use scanner::{NotJson, Scanner};

/// A JSON text whose syntax is right, for Python.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PythonJson(Box<str>);

impl PythonJson {
    /// Checks a text, which may have spaces around it.
    pub(crate) fn check(text: &str) -> Result<PythonJson, NotJson> {
        let mut scanner = Scanner::new(text);
        let value = scanner.value()?;
        scanner.end()?;
        Ok(PythonJson(value.into()))
    }

    /// A value as Python's `json.dumps` writes it: ASCII, with `, ` and `: ` between.
    ///
    /// A NaN or an infinity is refused, as is a value of more than 16 MiB.
    pub(crate) fn write(value: &(impl Serialize + ?Sized)) -> Result<PythonJson, BodyError> {
        finite::check(value).map_err(BodyError::whole)?;
        let mut bytes = Bounded::new(MAX_BODY);
        let mut serializer = Serializer::with_formatter(&mut bytes, PythonFormat);
        value.serialize(&mut serializer).map_err(BodyError::whole)?;
        let text = String::from_utf8(bytes.finish()?).map_err(BodyError::whole)?;
        // Raw JSON may be a part of the value, and is written as it is.
        PythonJson::check(&text).map_err(BodyError::whole)
    }

    /// Reads a value. Of keys that are there twice, the last wins.
    ///
    /// What a value of Rust's would damage is refused: see [`exact`].
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, JsonMistake> {
        exact::check(&self.0).map_err(JsonMistake::new)?;
        raw_json::read(raw_json::whole(self.0.as_bytes())?)
    }

    /// The same, without looking at it: a part that a [`Scanner`] has passed.
    pub(crate) fn scanned(text: &str) -> PythonJson {
        PythonJson(text.into())
    }

    /// The items of a list, if it is one.
    pub(crate) fn items(&self) -> Option<Items<'_>> {
        Items::of(&self.0)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_null(&self) -> bool {
        &*self.0 == "null"
    }

    pub(crate) fn null() -> PythonJson {
        PythonJson("null".into())
    }
}

impl Default for PythonJson {
    fn default() -> PythonJson {
        PythonJson::null()
    }
}

impl fmt::Display for PythonJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text as Python writes it, with its quotation marks.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = Vec::with_capacity(text.len() + 2);
    let mut serializer = Serializer::with_formatter(&mut quoted, PythonFormat);
    // Neither a text nor a `Vec` can fail.
    let _ = text.serialize(&mut serializer);
    String::from_utf8(quoted).unwrap_or_default()
}

/// The text that this is, with its quotation marks.
pub(crate) fn unquote(text: &str) -> Result<String, JsonMistake> {
    exact::check(text).map_err(JsonMistake::new)?;
    serde_json::from_str(text).map_err(JsonMistake::new)
}

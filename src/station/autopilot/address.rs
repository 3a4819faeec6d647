//! Whom a message is for, or who has sent it.

use super::Unreadable;
use crate::codec::python_json::{Scanner, quote, unquote};

/// A name, or the names on the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    Name(String),
    /// One name at least; the last is the recipient's.
    Path(Vec<String>),
}

/// How many names a path has, at most: as often as a message is sent on between stations.
pub(super) const MAX_PATH: usize = 16;

/// How many bytes a name has, at most: as many as ZeroMQ's routing ids.
const MAX_NAME: usize = 255;

impl Address {
    /// The name of who it is in the end.
    pub(crate) fn name(&self) -> &str {
        match self {
            Address::Name(name) => name,
            Address::Path(path) => path.last().map_or("", String::as_str),
        }
    }

    /// The names on the way.
    pub(crate) fn path(&self) -> &[String] {
        match self {
            Address::Name(_) => &[],
            Address::Path(path) => path.split_last().map_or(&[], |(_, path)| path),
        }
    }

    /// Reads the member of this name: a text, or a list of them.
    pub(super) fn read(member: &'static str, json: &str) -> Result<Address, Unreadable> {
        if json.starts_with('"') {
            return Ok(Address::Name(name(member, json)?));
        }
        let mut path = Vec::new();
        let is_list = Scanner::new(json).items(|item| {
            if path.len() == MAX_PATH {
                let reason = format!("it has more than {MAX_PATH} names");
                return Err(Unreadable::member(member, reason));
            }
            path.push(name(member, item)?);
            Ok(())
        })?;
        match is_list && !path.is_empty() {
            true => Ok(Address::Path(path)),
            false => Err(Unreadable::member(
                member,
                "it is neither a name nor a list of names",
            )),
        }
    }

    /// Its JSON.
    pub(super) fn json(&self) -> String {
        match self {
            Address::Name(name) => quote(name),
            Address::Path(path) => {
                let names: Vec<_> = path.iter().map(|name| quote(name)).collect();
                format!("[{}]", names.join(", "))
            }
        }
    }
}

impl From<&str> for Address {
    fn from(name: &str) -> Address {
        Address::Name(name.to_owned())
    }
}

fn name(member: &'static str, json: &str) -> Result<String, Unreadable> {
    if !json.starts_with('"') {
        return Err(Unreadable::member(member, "a name in it is not a text"));
    }
    let name = unquote(json).map_err(|mistake| Unreadable::member(member, mistake))?;
    if name.is_empty() {
        return Err(Unreadable::member(member, "a name in it is empty"));
    }
    check_length(member, &name)?;
    Ok(name)
}

pub(super) fn check_length(member: &'static str, name: &str) -> Result<(), Unreadable> {
    match name.len() {
        ..=MAX_NAME => Ok(()),
        len => {
            let reason = format!("a name in it has {len} bytes, more than {MAX_NAME}");
            Err(Unreadable::member(member, reason))
        }
    }
}

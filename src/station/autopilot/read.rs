//! Reading a message: of members that are there twice, the last counts, as in Python.

use super::{Address, MessageId, PeerMessage, Unreadable};
use crate::codec::MAX_BODY;
use crate::codec::python_json::{PythonJson, Scanner, unquote};

/// How many flags there are, at most, and how many members that are not known.
const MAX_MEMBERS: usize = 64;

/// A member that would take the place of a method of autopilot's, whose reader stalls for good then.
const METHOD: &str = "validate";

impl PeerMessage {
    /// Reads its JSON.
    pub(crate) fn decode(json: &[u8]) -> Result<PeerMessage, Unreadable> {
        if json.len() > MAX_BODY {
            let (len, max) = (json.len(), MAX_BODY);
            return Err(Unreadable::TooLong { len, max });
        }
        let text = str::from_utf8(json).map_err(|_| Unreadable::NotUtf8("JSON"))?;
        let mut members = Members::default();
        let mut scanner = Scanner::new(text);
        if !scanner.members(|key, value| members.take(key, value))? {
            scanner.value()?;
            scanner.end()?;
            return Err(Unreadable::NotAnObject);
        }
        scanner.end()?;
        members.message()
    }
}

/// The members of the object, as they are written.
#[derive(Default)]
struct Members<'a> {
    id: Option<&'a str>,
    to: Option<&'a str>,
    sender: Option<&'a str>,
    key: Option<&'a str>,
    value: Option<&'a str>,
    timestamp: Option<&'a str>,
    changed: Option<&'a str>,
    flags: Option<&'a str>,
    blosc: Option<&'a str>,
    ttl: Option<&'a str>,
    more: Vec<(String, &'a str)>,
}

impl<'a> Members<'a> {
    fn take(&mut self, name: &'a str, value: &'a str) -> Result<(), Unreadable> {
        let name = unquote(name).map_err(|mistake| Unreadable::member("JSON", mistake))?;
        let known = match &name[..] {
            "id" => &mut self.id,
            "to" => &mut self.to,
            "sender" => &mut self.sender,
            "key" => &mut self.key,
            "value" => &mut self.value,
            "timestamp" => &mut self.timestamp,
            "changed" => &mut self.changed,
            "flags" => &mut self.flags,
            "blosc" => &mut self.blosc,
            "ttl" => &mut self.ttl,
            METHOD => {
                let reason = format!("it has a member {METHOD}, which stalls autopilot");
                return Err(Unreadable::member("JSON", reason));
            }
            _ => return put(&mut self.more, name, value),
        };
        *known = Some(value);
        Ok(())
    }

    fn message(self) -> Result<PeerMessage, Unreadable> {
        let needed = |name, json: Option<&'a str>| match json {
            None | Some("null") => Err(Unreadable::Missing(name)),
            Some(json) => Ok(json),
        };
        let kept = |json: Option<&str>| json.map(PythonJson::scanned).unwrap_or_default();
        Ok(PeerMessage {
            id: MessageId::read("id", needed("id", self.id)?)?,
            to: Address::read("to", needed("to", self.to)?)?,
            sender: Address::read("sender", needed("sender", self.sender)?)?,
            key: key(needed("key", self.key)?)?,
            value: kept(self.value),
            timestamp: kept(self.timestamp),
            changed: self.changed == Some("true"),
            flags: self.flags.map(flags).transpose()?.unwrap_or_default(),
            blosc: self.blosc == Some("true"),
            ttl: kept(self.ttl),
            more: owned(self.more),
        })
    }
}

/// Puts a member in the place of one of the same name, or at the end.
fn put<'a>(
    members: &mut Vec<(String, &'a str)>,
    name: String,
    value: &'a str,
) -> Result<(), Unreadable> {
    if let Some(member) = members.iter_mut().find(|it| it.0 == name) {
        member.1 = value;
        return Ok(());
    }
    if members.len() == MAX_MEMBERS {
        return Err(Unreadable::ManyMembers(MAX_MEMBERS));
    }
    members.push((name, value));
    Ok(())
}

fn owned(members: Vec<(String, &str)>) -> Vec<(String, PythonJson)> {
    let members = members.into_iter();
    let members = members.map(|(name, value)| (name, PythonJson::scanned(value)));
    members.collect()
}

fn key(json: &str) -> Result<String, Unreadable> {
    if !json.starts_with('"') {
        return Err(Unreadable::member("key", "it is not a text"));
    }
    unquote(json).map_err(|mistake| Unreadable::member("key", mistake))
}

/// The members of an object that is a part of a message.
pub(super) fn object(
    member: &'static str,
    json: &str,
) -> Result<Vec<(String, PythonJson)>, Unreadable> {
    let mut members = Vec::new();
    let is_object = Scanner::new(json).members(|name, value| {
        let name = unquote(name).map_err(|mistake| Unreadable::member(member, mistake))?;
        put(&mut members, name, value)
    })?;
    match is_object {
        true => Ok(owned(members)),
        false => Err(Unreadable::member(member, "it is not an object")),
    }
}

fn flags(json: &str) -> Result<Vec<(String, PythonJson)>, Unreadable> {
    object("flags", json)
}

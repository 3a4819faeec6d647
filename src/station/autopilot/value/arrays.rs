//! Arrays that are parts of a value.

use crate::codec::python_json::{NotJson, PythonJson, Scanner, unquote};
use crate::station::autopilot::{ArrayMember, Sendable};

/// The members that an array has.
const MEMBERS: [&str; 3] = ["NUMPY_ARRAY", "DTYPE", "SHAPE"];

/// The array that this JSON is, if it is one, or what is wrong with it.
pub(super) fn read(json: &str) -> Option<Result<ArrayMember, String>> {
    let members = members(json)?;
    is_array(&members).then(|| array(json, members.len()))
}

/// The same value with its plain arrays in the form that autopilot reads safely. What is packed already stays as it is: a
/// pickle of one autopilot's for another.
pub(super) fn made_safe(json: &PythonJson) -> Result<PythonJson, String> {
    let text = json.as_str();
    if !text.contains(MEMBERS[0]) && !text.contains("\\u") {
        return Ok(json.clone());
    }
    let mut safe = String::with_capacity(text.len());
    write(text, &mut safe)?;
    Ok(PythonJson::scanned(&safe))
}

fn write(json: &str, to: &mut String) -> Result<(), String> {
    if let Some(members) = members(json) {
        if is_array(&members) {
            return write_array(array(json, members.len())?, json, to);
        }
        for (place, (name, value)) in members.iter().enumerate() {
            to.push_str(if place == 0 { "{" } else { ", " });
            to.push_str(name);
            to.push_str(": ");
            write(value, to)?;
        }
        to.push_str(if members.is_empty() { "{}" } else { "}" });
        return Ok(());
    }
    let mut items = Vec::new();
    let is_list = Scanner::new(json).items(|item| {
        items.push(item);
        Ok::<_, NotJson>(())
    });
    if !is_list.map_err(|mistake| mistake.to_string())? {
        to.push_str(json);
        return Ok(());
    }
    to.push('[');
    for (place, item) in items.into_iter().enumerate() {
        to.push_str(if place == 0 { "" } else { ", " });
        write(item, to)?;
    }
    to.push(']');
    Ok(())
}

fn write_array(array: ArrayMember, json: &str, to: &mut String) -> Result<(), String> {
    match array {
        ArrayMember::Packed(_) => to.push_str(json),
        ArrayMember::Plain(array) => {
            let safe = PythonJson::write(&Sendable(&array));
            to.push_str(safe.map_err(|mistake| mistake.to_string())?.as_str());
        }
    }
    Ok(())
}

/// The members of an object, as they are written.
fn members(json: &str) -> Option<Vec<(&str, &str)>> {
    let mut members = Vec::new();
    let is_object = Scanner::new(json).members(|name, value| {
        members.push((name, value));
        Ok::<_, NotJson>(())
    });
    is_object
        .is_ok_and(|is_object| is_object)
        .then_some(members)
}

/// Whether Python finds these members, and no others. One that is there twice it finds once.
fn is_array(members: &[(&str, &str)]) -> bool {
    let has = |wanted: &str| {
        let mut names = members.iter();
        names.any(|(name, _)| unquote(name).is_ok_and(|name| name == wanted))
    };
    let is_known = |name: &str| unquote(name).is_ok_and(|name| MEMBERS.contains(&name.as_str()));
    MEMBERS.iter().all(|name| has(name)) && members.iter().all(|(name, _)| is_known(name))
}

fn array(json: &str, members: usize) -> Result<ArrayMember, String> {
    if members != MEMBERS.len() {
        return Err("an array in it has a member twice".to_owned());
    }
    let array = PythonJson::scanned(json).read();
    array.map_err(|mistake| format!("an array in it: {mistake}"))
}

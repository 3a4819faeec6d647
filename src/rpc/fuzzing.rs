//! The body of the fuzz target: envelopes and bodies of any bytes.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Failure;
use super::envelope::{Envelope, read, to_frame, write};
use crate::codec::{BodyError, BodyType};

/// Does something, and tells how many bytes were allocated meanwhile, at the peak.
pub type Allocated = fn(&mut dyn FnMut()) -> usize;

/// Bytes as they may come from anybody, after one that says what they are: 0 to 2 for a body of the type with this number,
/// and others for an envelope.
pub fn envelope(script: &[u8], allocated: Allocated) {
    let Some((kind, bytes)) = script.split_first() else {
        return;
    };
    match BodyType::from_number((*kind).into()) {
        Some(body_type) => bodies(body_type, bytes, allocated),
        None => first_frame(bytes, allocated),
    }
}

/// What a byte may cost at most: in the type of a value, a list that grows by doubling, and a map's nodes.
const COST: usize = 160;

/// What anything may cost: an error with its texts, and a list's first room.
const BASE: usize = 8 << 10;

fn assert_bounded(what: &str, used: usize, bytes: &[u8]) {
    let most = COST * bytes.len() + BASE;
    assert!(used <= most, "{what}: {used} bytes for {}", bytes.len());
}

fn first_frame(bytes: &[u8], allocated: Allocated) {
    let mut outcome = None;
    let used = allocated(&mut || outcome = Some(read(bytes)));
    assert_bounded("an envelope", used, bytes);
    match outcome {
        Some((encoding, Ok(envelope))) => {
            let written = write(&envelope, encoding).map(|bytes| match read(&bytes) {
                (same, Ok(again)) => {
                    assert_eq!(same, encoding);
                    assert_eq!(to_frame(&envelope, encoding), *bytes);
                    assert_same(&again, &envelope);
                }
                (_, Err(refused)) => panic!("{envelope:?} is refused: {refused:?}"),
            });
            assert_eq!(written, Ok(()));
        }
        Some((encoding, Err(rejection))) => {
            let (id, error, body) = (rejection.id, rejection.error, None);
            let answer = Envelope::Error { id, error, body };
            let written = write(&answer, encoding).map(|bytes| match read(&bytes) {
                (_, Ok(again)) => assert_same(&again, &answer),
                (_, Err(refused)) => panic!("{answer:?} is refused: {refused:?}"),
            });
            assert_eq!(written, Ok(()));
        }
        None => {}
    }
}

/// What one says after it was passed on is the same; but for errors that are in errors, and for texts that are cut.
fn assert_same(again: &Envelope<'_>, envelope: &Envelope<'_>) {
    match (again, envelope) {
        (Envelope::Error { error: one, .. }, Envelope::Error { error: other, .. }) => {
            assert_eq!(one.may_have_run(), other.may_have_run());
            assert_eq!((again.id(), again.body()), (envelope.id(), envelope.body()));
        }
        _ => assert_eq!(again, envelope),
    }
}

/// A command with what commands have.
#[derive(Debug, Serialize, Deserialize)]
struct Order {
    name: String,
    #[serde(default)]
    prices: Vec<f64>,
    note: Option<String>,
    #[serde(default)]
    shapes: Vec<Shape>,
    #[serde(default)]
    raw: Vec<u8>,
    #[serde(default)]
    more: BTreeMap<String, (u8, i128)>,
}

#[derive(Debug, Serialize, Deserialize)]
enum Shape {
    Point,
    Circle(f32),
    Line(i64, u64),
    Square { side: Box<Shape> },
}

/// Of these the bytes do not say which they are. It is not in itself: serde would keep a copy for each level, up to
/// 127 times the room of the value.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Any {
    Number(i64),
    Text(String),
    List(Vec<i64>),
}

#[derive(Debug, Serialize, Deserialize)]
struct Lists(Vec<Lists>);

#[derive(Debug, Serialize, Deserialize)]
struct Now;

fn bodies(body_type: BodyType, bytes: &[u8], allocated: Allocated) {
    body::<Order>(body_type, bytes, allocated);
    body::<Shape>(body_type, bytes, allocated);
    body::<Any>(body_type, bytes, allocated);
    body::<Lists>(body_type, bytes, allocated);
    body::<Vec<u8>>(body_type, bytes, allocated);
    body::<[u8; 4]>(body_type, bytes, allocated);
    body::<(u128, i8, char)>(body_type, bytes, allocated);
    body::<BTreeMap<i64, Option<bool>>>(body_type, bytes, allocated);
    body::<Result<String, u16>>(body_type, bytes, allocated);
    body::<Failure>(body_type, bytes, allocated);
    body::<Now>(body_type, bytes, allocated);
    body::<()>(body_type, bytes, allocated);
    body::<serde_json::Value>(body_type, bytes, allocated);
}

/// A value is the same after it was written and read again, and an error is short.
fn body<T: Serialize + DeserializeOwned>(body_type: BodyType, bytes: &[u8], allocated: Allocated) {
    let mut outcome = None;
    let used = allocated(&mut || outcome = Some(body_type.decode::<T>(bytes)));
    assert_bounded(std::any::type_name::<T>(), used, bytes);
    match outcome {
        Some(Ok(value)) => {
            let written = body_type.encode(&value);
            // As f32, a number may be an infinity, which JSON has not.
            assert!(
                written.is_ok() || body_type == BodyType::Json,
                "{written:?}"
            );
            let again = written.clone().and_then(|written| {
                let value = body_type.decode::<T>(&written)?;
                body_type.encode(&value)
            });
            assert_eq!(again, written);
        }
        Some(Err(BodyError::Invalid { path, reason })) => {
            assert!(path.len() <= 200 && reason.len() <= 500);
            assert!(!reason.is_empty());
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::envelope;

    fn not_counted(work: &mut dyn FnMut()) -> usize {
        work();
        0
    }

    proptest! {
        #[test]
        fn the_facts_hold_for_any_bytes(
            kind in 0u8..4,
            script in proptest::collection::vec(any::<u8>(), 0..64),
        ) {
            envelope(&[&[kind], &script[..]].concat(), not_counted);
        }

        #[test]
        fn the_facts_hold_for_what_looks_like_json(
            kind in 1u8..4,
            json in r#"\[[0-9]{1,2},[0-9]{1,2},[0-9]{1,3}(,("a"|null|\[\]|7|\{"name":"x"\})){0,4}\]"#,
        ) {
            envelope(&[&[kind], json.as_bytes()].concat(), not_counted);
        }
    }
}

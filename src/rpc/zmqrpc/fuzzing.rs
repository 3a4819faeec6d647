//! The body of the fuzz target: requests and replies of any bytes.

use serde_json::value::RawValue;

use super::Reply;
use super::request::Incoming;
use super::zip::{unzip, zip};
use crate::codec::raw_json;

/// A frame of a request or a reply, after a byte that says which: 0 for a request as it is, 1 for the JSON of a
/// request, and others for a reply.
pub fn frame(script: &[u8]) {
    match script.split_first() {
        Some((0, frame)) => request(frame),
        Some((1, json)) => match zip(json) {
            Ok(frame) => {
                assert_eq!(unzip(&frame).as_deref(), Ok(json));
                request(&frame);
            }
            Err(error) => panic!("it is not packed: {error}"),
        },
        Some((_, frame)) => reply(frame),
        None => {}
    }
}

/// A command is the same when it is sent on.
fn request(frame: &[u8]) {
    let Ok(Incoming::Command { name, state }) = Incoming::read(frame) else {
        return;
    };
    // Its fields may be nested too deep to be read.
    let _ = raw_json::read::<serde_json::Value>(&state);
    let again = format!("{{\"_icmd_\": [{}, {state}]}}", serde_json::json!(name));
    let again = zip(again.as_bytes()).map(|frame| Incoming::read(&frame));
    match again {
        Ok(Ok(Incoming::Command {
            name: same_name,
            state: same_state,
        })) => {
            assert_eq!((same_name, same_state.get()), (name, state.get()));
        }
        // With the name around it, it may be too large.
        other => assert!(state.get().len() > 1 << 20, "{other:?}"),
    }
}

/// A reply is the same when it is sent on.
fn reply(frame: &[u8]) {
    let Ok(reply) = Reply::from_bytes(frame) else {
        return;
    };
    let again = Reply::from_bytes(&reply.to_bytes()).map_err(|error| panic!("{error}"));
    let Ok(again) = again;
    assert_eq!((again.code(), again.text()), (reply.code(), reply.text()));
    let value = |reply: &Reply| reply.value::<Box<RawValue>>().map(|it| it.get().to_owned());
    assert_eq!(value(&again), value(&reply));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::frame;

    #[test]
    fn the_facts_hold_for_what_is_sent() {
        for json in [
            r#"{"_icmd_": ["Echo", {"a": [1, -2.5e3, null], "b": "\ud83d\ude00"}]}"#,
            r#"{"x": 1, "_icmd_": ["A", 0], "_icmd_": ["\u00e4", {}]}"#,
            r#"[{"_icmd_": []}]"#,
        ] {
            frame(&[b"\x01", json.as_bytes()].concat());
        }
        for reply in [
            r#"{"status_code": 200.0, "status_message": "OK", "response_message": {"a": [1]}}"#,
            r#"{"status_code": 999}"#,
            r#"{"status_code": 463, "status_message": [1], "response_message": null}"#,
        ] {
            frame(&[b"\x02", reply.as_bytes()].concat());
        }
    }

    proptest! {
        #[test]
        fn the_facts_hold_for_any_bytes(script in proptest::collection::vec(any::<u8>(), 0..64)) {
            frame(&script);
        }

        #[test]
        fn the_facts_hold_for_what_looks_like_json(
            kind in 1u8..3,
            json in r#"\{("(_icmd_|status_code|a)": (\["A", (1|\{\}|"\\\\ud800")\]|200|"x"),? ?){0,3}\}"#,
        ) {
            frame(&[&[kind], json.as_bytes()].concat());
        }
    }
}

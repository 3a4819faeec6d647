//! A server of calls among strangers: whatever they send, the next honest call is answered.
#![cfg(feature = "rpc")]

#[path = "support/calls.rs"]
mod calls;
mod support;

use std::time::Duration;

use calls::pack;
use proptest::collection::vec;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use support::deadline_after;
use zeroless::{Client, rpc};

#[derive(Debug, Serialize, Deserialize)]
struct Add {
    a: i64,
    b: i64,
}
rpc::command!(Add -> i64);

/// How many sequences of messages are tried.
const CASES: u32 = 500;

/// A value of an envelope, of the right kind or not.
fn element() -> impl Strategy<Value = serde_json::Value> {
    prop_oneof![
        (0..20u64).prop_map(serde_json::Value::from),
        any::<u64>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<bool>().prop_map(serde_json::Value::from),
        Just(serde_json::Value::Null),
        Just(serde_json::Value::from("Add")),
        ".{0,20}".prop_map(serde_json::Value::from),
        vec((0..20u64).prop_map(serde_json::Value::from), 0..3).prop_map(serde_json::Value::from),
    ]
}

/// An envelope that may be good from its version and kind on.
fn envelope() -> impl Strategy<Value = Vec<u8>> {
    let start = prop_oneof![(Just(1), 0..10u64), (0..3u64, any::<u64>())];
    (start, vec(element(), 0..6), any::<bool>()).prop_map(|((version, kind), rest, is_json)| {
        let mut list = vec![version.into(), kind.into()];
        list.extend(rest);
        let list = serde_json::Value::from(list);
        match is_json {
            true => list.to_string().into_bytes(),
            false => pack(&list),
        }
    })
}

/// A frame: an envelope, the end of another, a command, or anything.
fn frame() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => envelope(),
        1 => (envelope(), any::<prop::sample::Index>()).prop_map(|(bytes, place)| {
            bytes[..place.index(bytes.len())].to_vec()
        }),
        1 => Just(pack(&Add { a: 1, b: 2 })),
        1 => Just(Vec::new()),
        1 => vec(any::<u8>(), 0..40),
    ]
}

#[test]
fn any_frames_of_any_peer_leave_the_next_honest_call_answered() {
    deadline_after(Duration::from_secs(240), || {
        let add = |add: Add| Ok(add.a.wrapping_add(add.b));
        let server = rpc::Server::bind_local(0).unwrap();
        let server = server.workers(1).serve(add).start().unwrap();
        let honest = rpc::Client::connect(server.endpoints()).unwrap();
        let config = ProptestConfig {
            cases: CASES,
            failure_persistence: None,
            ..ProptestConfig::default()
        };
        let stranger = Client::connect(server.port()).unwrap().dealer().unwrap();
        proptest!(config, |(messages in vec((any::<bool>(), vec(frame(), 1..4)), 1..8))| {
            for (has_empty, frames) in messages {
                let mut message: Vec<Vec<u8>> = Vec::new();
                message.extend(has_empty.then(Vec::new));
                message.extend(frames);
                stranger.send(message).unwrap();
            }
            while stranger.try_recv().is_ok() {}
            prop_assert_eq!(honest.call(&Add { a: 1, b: 2 }), Ok(3));
        });
        server.stop().unwrap();
    });
}

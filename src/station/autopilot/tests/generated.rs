//! No frames are a reason to panic, and what is written is read.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::string::string_regex;

use super::*;

fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z_]{1,4}", "\\PC{1,20}"]
}

fn sides() -> impl Strategy<Value = Side> {
    select(&[Side::Below, Side::Above][..])
}

/// JSON that looks like a message.
fn nearly() -> impl Strategy<Value = String> {
    let member =
        r#""(id|to|sender|key|value|flags|ttl|x)": ?("a"|1|null|\["a"\]|\{\}|NaN|"\\\\ud800")"#;
    let object = format!(r"\{{{member}(, ?{member}){{0,6}}\}}");
    string_regex(&object).expect("a pattern")
}

fn messages() -> impl Strategy<Value = PeerMessage> {
    let id = prop_oneof![
        name().prop_map(MessageId::Text),
        "-?[1-9][0-9]{0,30}".prop_map(MessageId::Number)
    ];
    let to = prop_oneof![
        name().prop_map(Address::Name),
        vec(name(), 1..4).prop_map(Address::Path)
    ];
    let value = prop_oneof![
        Just("null".to_owned()),
        "[1-9]{1,30}",
        Just("[NaN]".to_owned())
    ];
    let flags = vec(select(&["NOREPEAT", "MINPRINT", "\u{e9}"][..]), 0..3);
    (id, to, name(), "\\PC{0,8}", value, "\\PC{0,8}", flags).prop_map(
        |(id, to, sender, key, value, timestamp, flags)| {
            let value = PythonJson::check(&value).expect("it is JSON");
            let mut message = PeerMessage::new(id, to, &sender, &key, value, &timestamp);
            flags.into_iter().for_each(|flag| message.set_flag(flag));
            message
        },
    )
}

proptest! {
    #[test]
    fn any_frames_are_read_or_refused(
        before in vec(vec(any::<u8>(), 0..6), 0..20),
        last in prop_oneof![vec(any::<u8>(), 0..40), nearly().prop_map(String::into_bytes)],
        side in sides(),
    ) {
        let frames: Vec<_> = before.into_iter().chain([last]).collect();
        let _ = Received::read(&frames, side, "a");
    }

    #[test]
    fn what_looks_like_a_message_is_read_or_refused(json in nearly(), side in sides()) {
        if let Ok(Received::Message(arrived)) = Received::read(&[json], side, "a") {
            let again = PeerMessage::decode(&arrived.message.encode());
            prop_assert_eq!(again, Ok(arrived.message));
        }
    }

    #[test]
    fn a_message_comes_back(message in messages()) {
        let json = message.encode();
        prop_assert!(json.is_ascii());
        prop_assert_eq!(PeerMessage::decode(&json), Ok(message));
    }

    #[test]
    fn a_message_arrives_by_its_path(path in vec("[a-z]{1,3}", 0..4), recipient in "[A-Z]{1,3}", message in messages()) {
        let numbered = path.iter().enumerate().map(|(at, name)| format!("{name}{at}"));
        let path: Vec<String> = numbered.collect();
        let json = message.encode();
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        let frames = Link::Above("1").frames(&names, &recipient, json);
        let arrived = super::message(&frames, Side::Below, "1");
        prop_assert_eq!(arrived, Arrived { recipient, path, message });
    }
}

#[test]
fn a_message_passes_stations_of_autopilot_downwards() {
    let message = PeerMessage::new(
        MessageId::new("a", 0),
        "n",
        "a",
        "K",
        PythonJson::null(),
        "",
    );
    let json = message.encode();
    // What autopilot's Station does with frames from above: those after its own name are for its ROUTER.
    let mut frames = Link::Station("s1").frames(&["s2", "s3"], "n", json.clone());
    for (station, next) in [("s1", "s2"), ("s2", "s3"), ("s3", "n")] {
        assert_eq!(frames[1], station.as_bytes());
        assert_eq!(frames[2], next.as_bytes());
        frames.drain(..3);
    }
    assert_eq!(frames, [&json[..]]);
    // And a station of ours on the way.
    let frames = Link::Station("s1").frames(&["s2", "s3"], "n", json);
    let arrived = super::message(&frames[3..], Side::Above, "s2");
    assert_eq!(arrived.path, ["s3"]);
    assert_eq!(arrived.recipient, "n");
}

#[test]
fn bounds_hold() {
    let json = PeerMessage::new(
        MessageId::new("a", 0),
        "b",
        "a",
        "K",
        PythonJson::null(),
        "",
    )
    .encode();
    let frames = |count: usize| -> Vec<Vec<u8>> {
        let names = (1..count).map(|at| format!("s{at}").into_bytes());
        names.chain([json.clone()]).collect()
    };
    assert!(Received::read(&frames(18), Side::Below, "b").is_ok());
    let refusals = [
        (frames(19), "it has 19 frames, and at most 18 are read"),
        (vec![], "it has no frames"),
        (
            vec![vec![0xf5, 1], vec![]],
            "it begins as a message between our stations does",
        ),
        (
            vec![vec![b'x'; 256], json.clone()],
            "its path: a name in it has 256 bytes, more than 255",
        ),
        (
            vec![vec![b' '; (16 << 20) + 1]],
            "its JSON has 16777217 bytes, and at most 16777216 are read",
        ),
    ];
    for (frames, words) in refusals {
        let refused = Received::read(&frames, Side::Below, "b").unwrap_err();
        assert_eq!(refused.to_string(), words);
    }
    let members =
        |count: usize| -> String { (0..count).map(|at| format!(", \"{at}\": 1")).collect() };
    let with =
        |member: &str| format!(r#"{{"id": 1, "to": "b", "sender": "a", "key": "K"{member}}}"#);
    let long = format!(", \"sender\": \"{}\"", "x".repeat(256));
    let path = format!(", \"to\": [\"a\"{}]", ", \"a\"".repeat(16));
    assert!(PeerMessage::decode(with(&members(64)).as_bytes()).is_ok());
    for (member, words) in [
        (
            &members(65)[..],
            "it has more than 64 members that are not known, or flags",
        ),
        (
            &format!(", \"flags\": {{{}}}", &members(65)[2..]),
            "it has more than 64 members that are not known, or flags",
        ),
        (
            &long,
            "its sender: a name in it has 256 bytes, more than 255",
        ),
        (&path, "its to: it has more than 16 names"),
        (
            ", \"to\": []",
            "its to: it is neither a name nor a list of names",
        ),
        (", \"to\": [\"\"]", "its to: a name in it is empty"),
        (", \"to\": [1]", "its to: a name in it is not a text"),
        (", \"id\": {}", "its id: it is neither a text nor a number"),
        (
            ", \"key\": \"\\ud800\"",
            "its key: a text has half of a surrogate pair (\\ud800)",
        ),
    ] {
        let refused = PeerMessage::decode(with(member).as_bytes()).unwrap_err();
        assert_eq!(refused.to_string(), words);
    }
}

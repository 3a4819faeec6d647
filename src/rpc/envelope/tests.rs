//! Envelopes as docs/rpc.md has them; and any others.

use std::borrow::Cow;
use std::time::Duration;

use proptest::prelude::*;

use super::read::{Rejection, read_any};
use super::{Encoding, Envelope, ErrorReply, MAX_ENVELOPE, quick, read, to_frame, write};
use crate::codec::BodyType;
use crate::error::{Error, Wait};
use crate::rpc::CallError;

const DOCS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rpc.md"));

const ENCODINGS: [Encoding; 2] = [Encoding::Json, Encoding::MessagePack];

/// One of each kind, in the order of their numbers, with bodies of this type.
fn each_kind(body: BodyType) -> [Envelope<'static>; 9] {
    let (id, name) = (7, "math.add".into());
    let left = Some(Duration::from_secs(2));
    let error = CallError::Cancelled;
    [
        Envelope::Call {
            id,
            left,
            name,
            body,
        },
        Envelope::Reply { id, body },
        Envelope::Error {
            id,
            error,
            body: None,
        },
        Envelope::Accepted { id },
        Envelope::Cancel { id },
        Envelope::Ping { id },
        Envelope::Pong { id },
        Envelope::List { id },
        Envelope::Cast {
            id,
            left: None,
            name: "math.add".into(),
            body,
        },
    ]
}

/// One of each error, in the order of their codes.
fn each_error() -> [ErrorReply; 13] {
    [
        CallError::Service("it is full".into()),
        CallError::Busy {
            limit: "1024 calls".into(),
        },
        CallError::NoSuchCommand {
            name: "math.ad".into(),
            nearest: Some("math.add".into()),
        },
        CallError::BadRequest {
            path: "a".into(),
            reason: r#"invalid type: string "one", expected i64 at line 1 column 10"#.into(),
        },
        CallError::BadReply {
            path: "".into(),
            reason: "it has no body".into(),
        },
        CallError::TooLarge {
            is_reply: false,
            size: 20_000_000,
            max: 16_777_216,
        },
        CallError::Denied {
            reason: "only admins may".into(),
        },
        CallError::Cancelled,
        CallError::Panicked,
        CallError::Expired,
        CallError::Protocol {
            reason: "there is no kind 9".into(),
        },
        CallError::NotSent {
            reason: Error::system("on the way", "it is stopped"),
        },
        CallError::MayHaveRun {
            reason: Error::timeout(Wait::Reply),
        },
    ]
}

/// The columns of the rows of a table in the docs, which begin with numbers from 0 on.
fn table(heading: &str) -> Vec<Vec<&'static str>> {
    let start = DOCS.find(heading).expect("the heading");
    let rows = DOCS[start..]
        .lines()
        .filter_map(|line| line.strip_prefix("| "));
    let rows = rows.map(|row| {
        row.split('|')
            .map(|it| it.trim().trim_matches('`'))
            .collect()
    });
    let mut numbered = (0..).zip(rows.skip_while(|row: &Vec<&str>| row[0] != "0"));
    let is_next = |(number, row): &(usize, Vec<&str>)| row[0] == number.to_string();
    std::iter::from_fn(move || numbered.next().filter(is_next).map(|it| it.1)).collect()
}

fn bytes(digits: &str) -> Vec<u8> {
    let byte = |digits| u8::from_str_radix(digits, 16).expect("hexadecimal digits");
    digits.split(' ').map(byte).collect()
}

/// It is written so, and read so.
#[track_caller]
fn assert_bytes(envelope: &Envelope<'_>, encoding: Encoding, expected: &[u8]) {
    let written = write(envelope, encoding).unwrap();
    let shown = String::from_utf8_lossy(&written);
    assert!(
        written == expected,
        "{envelope:?} is {shown} {written:02x?}"
    );
    assert_eq!(to_frame(envelope, encoding), *expected);
    assert_eq!(read(expected), (encoding, Ok(envelope.clone())));
}

#[test]
fn each_kind_has_the_bytes_of_the_docs() {
    let rows = table("## Envelopes");
    let json = each_kind(BodyType::Json);
    let message_pack = each_kind(BodyType::MessagePack);
    assert_eq!(rows.len(), json.len());
    for (row, (json, message_pack)) in rows.iter().zip(json.iter().zip(&message_pack)) {
        let [_, _, in_json, in_message_pack, ..] = row[..] else {
            panic!("{row:?}")
        };
        assert_bytes(json, Encoding::Json, in_json.as_bytes());
        assert_bytes(message_pack, Encoding::MessagePack, &bytes(in_message_pack));
    }
}

#[test]
fn each_type_of_body_has_the_number_of_the_docs() {
    let rows = table("## Bodies");
    let types = [BodyType::MessagePack, BodyType::Json, BodyType::Bytes];
    assert_eq!(rows.len(), types.len());
    for (row, body_type) in rows.iter().zip(types) {
        assert_eq!(row[0], body_type.number().to_string());
        assert_eq!(row[1], body_type.to_string());
    }
}

#[test]
fn each_error_has_the_bytes_of_the_docs() {
    let rows = table("## Errors");
    let mut lines = DOCS.split("```json\n").nth(1).unwrap().lines();
    assert_eq!(rows.len(), each_error().len());
    for (error, row) in each_error().into_iter().zip(rows) {
        let expected = match row[3] {
            "if it is the reply" => "no",
            expected => expected,
        };
        assert_eq!(error.may_have_run(), expected == "yes", "{error}");
        let body = matches!(error, CallError::Service(_)).then_some(BodyType::Json);
        let is_lossy = matches!(
            error,
            CallError::MayHaveRun { .. } | CallError::NotSent { .. }
        );
        let envelope = Envelope::Error { id: 7, error, body };
        let line = lines.next().unwrap();
        match is_lossy {
            false => assert_bytes(&envelope, Encoding::Json, line.as_bytes()),
            true => {
                let written = write(&envelope, Encoding::Json).unwrap();
                assert_eq!(String::from_utf8(written).unwrap(), line);
            }
        }
    }
    assert_eq!(lines.next(), Some("```"));
}

/// The refusal of a text as an envelope: its id, and the reason.
#[track_caller]
fn refused(bytes: impl AsRef<[u8]>) -> (u64, Box<str>) {
    match read(bytes.as_ref()).1 {
        Err(Rejection {
            id,
            error: CallError::Protocol { reason },
        }) => (id, reason),
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn an_envelope_that_is_refused_is_told_why_and_by_its_id() {
    for (json, id, reason) in [
        (
            "[2,0,7]",
            7,
            "the envelope has version 2, and this end knows version 1",
        ),
        ("[1,9,7]", 7, "there is no kind 9"),
        ("[1,1,7,3]", 7, "there is no type of body with the number 3"),
        (
            "[1,2,7,0,\"\",[],9]",
            7,
            "there is no type of body with the number 9",
        ),
        (
            "[1,0,7]",
            7,
            "the first frame is not an envelope in JSON: the time left is missing",
        ),
        (
            "[1,0,7,1.5]",
            7,
            "the first frame is not an envelope in JSON: invalid type: floating point `1.5`, expected u64",
        ),
        (
            "[1,0,-7]",
            0,
            "the first frame is not an envelope in JSON: invalid value: integer `-7`, expected u64",
        ),
        (
            "[]",
            0,
            "the first frame is not an envelope in JSON: the version is missing",
        ),
        (
            "hello",
            0,
            "the first frame is not an envelope in JSON: expected value",
        ),
        (
            "{\"id\":7}",
            0,
            "the first frame is not an envelope in JSON: invalid type: map, expected a list",
        ),
    ] {
        let (told, said) = refused(json);
        let said = said.split(" at line ").next().unwrap();
        assert_eq!((told, said), (id, reason));
    }
    let begin = "the first frame is not an envelope in MessagePack: ";
    for (bytes, id, reason) in [
        (&[][..], 0, "it ends in the middle of a value"),
        (b"\x93\x01\x03", 0, "it ends in the middle of a value"),
        (
            b"\x93\x01\x03\x07\x07",
            7,
            "there are bytes after the value",
        ),
        (b"\xc1", 0, "the byte 0xc1 does not begin a value"),
        (b"\x80", 0, "invalid type: map, expected a list"),
    ] {
        assert_eq!(refused(bytes), (id, format!("{begin}{reason}").into()));
    }
    let long = format!("[1,0,7,null,\"{}\",1]", "x".repeat(256));
    assert_eq!(
        refused(long),
        (7, "a name has no more than 255 bytes".into())
    );
    let (_, reason) = refused(vec![b' '; MAX_ENVELOPE + 1]);
    assert_eq!(
        &*reason,
        "an envelope has no more than 65536 bytes, and this one has 65537"
    );
}

#[test]
fn what_later_versions_add_is_passed_over() {
    for json in [
        r#"[1,2,7,10,"x",["y",1,{"a":[1.5]}],null,"more",{"a":[null]}]"#,
        r#"[1,2,7,10,"x",["y"],null]"#,
        r#"[1,2,7,10,"y",[{"a":1}],null]"#,
        r#"[1,2,7,10,"y",[],null]"#,
    ] {
        let (reason, body) = ("y".into(), None);
        let error = CallError::Protocol { reason };
        let expected = Envelope::Error { id: 7, error, body };
        assert_eq!(read(json.as_bytes()).1, Ok(expected), "{json}");
    }
    let newer = br#"[1,2,7,99,"it rains",["cats"],null]"#;
    let Ok(Envelope::Error { error, .. }) = read(newer).1 else {
        panic!("it is not an error")
    };
    assert!(error.may_have_run());
    assert_eq!(error.to_string(), "it rains (error 99 of a newer version)");
}

#[test]
fn errors_are_the_same_after_a_relay_and_another() {
    for encoding in ENCODINGS {
        for error in each_error() {
            let told = pass_on(error.clone(), encoding);
            match (&told, &error) {
                // The reasons are errors of the other end, of which there are the words.
                (CallError::NotSent { reason }, CallError::NotSent { reason: before }) => {
                    let (words, before) = (reason.to_string(), before.to_string());
                    assert!(words.contains(&before), "{words}");
                }
                (CallError::MayHaveRun { reason }, CallError::MayHaveRun { .. }) => {
                    assert_eq!(*reason, Error::timeout(Wait::Reply));
                }
                (told, error) => assert_eq!(told, error),
            }
            assert_eq!(told.may_have_run(), error.may_have_run());
            let again = pass_on(told.clone(), encoding);
            assert_eq!(
                std::mem::discriminant(&again),
                std::mem::discriminant(&told)
            );
        }
    }
}

fn pass_on(error: ErrorReply, encoding: Encoding) -> ErrorReply {
    let body = None;
    let bytes = write(&Envelope::Error { id: 1, error, body }, encoding).unwrap();
    match read(&bytes).1 {
        Ok(Envelope::Error { error, .. }) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_longest_error_fits_into_an_envelope() {
    for encoding in ENCODINGS {
        for letter in ["\u{1}", "\"", "\u{e4}", "\u{1f600}"] {
            let text: Box<str> = letter.repeat(100_000).into();
            let (path, reason) = (text.clone(), text);
            let told = pass_on(CallError::BadRequest { path, reason }, encoding);
            let CallError::BadRequest { path, reason } = told else {
                panic!("{told}")
            };
            for text in [path, reason] {
                assert!(text.starts_with(letter) && text.ends_with('\u{2026}'));
                assert!((2040..=2048).contains(&text.len()));
            }
        }
    }
}

proptest! {
    #[test]
    fn any_call_is_read_as_it_was_written(
        id: u64,
        id_bits in 1..=64_u32,
        left in prop::option::of(any::<u32>()),
        name in ".{1,63}",
    ) {
        let id = id >> (64 - id_bits);
        let left = left.map(|it| Duration::from_millis(it.into()));
        for encoding in ENCODINGS {
            let (body, name) = (encoding.body_type(), Cow::from(&name));
            for envelope in [
                Envelope::Call { id, left, name: name.clone(), body },
                Envelope::Cast { id, left, name, body },
                Envelope::Reply { id, body },
            ] {
                let bytes = write(&envelope, encoding).unwrap();
                prop_assert_eq!(&to_frame(&envelope, encoding)[..], &bytes[..]);
                let is_quick = quick::read(&bytes).is_some();
                prop_assert_eq!(is_quick, encoding == Encoding::MessagePack);
                prop_assert_eq!(read_any(&bytes), (encoding, Ok(envelope.clone())));
                prop_assert_eq!(read(&bytes), (encoding, Ok(envelope)));
            }
        }
    }

    #[test]
    fn what_is_read_quickly_is_read_by_serde_alike(
        begin in prop::sample::select(vec![
            &b""[..],
            b"\x94\x01\x01",
            b"\x96\x01",
            b"\x96\x01\x00\x07",
            b"\x96\x01\x08\xcd\x01\x02\xc0",
            b"\x96\x01\x00\x07\xc0\xd9\x02ab",
            b"\x96\x01\x00\x07\xc0\xa2",
        ]),
        rest in prop::collection::vec(prop_oneof![0..4_u8, 0xa0..0xa4_u8, any::<u8>()], 0..12),
    ) {
        let bytes = [begin, &rest].concat();
        if let Some(envelope) = quick::read(&bytes) {
            prop_assert_eq!(read_any(&bytes), (Encoding::MessagePack, Ok(envelope)));
        }
    }

    #[test]
    fn any_bytes_are_an_envelope_or_refused(
        begin in prop::sample::select(vec![&b""[..], b"[1,", b"\x97\x01", b"\x97\x01\x02\x07"]),
        rest in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        let bytes = [begin, &rest].concat();
        let (encoding, envelope) = read(&bytes);
        if let Ok(envelope) = envelope {
            let written = write(&envelope, encoding).unwrap();
            prop_assert_eq!(read(&written).1.map(|it| it.id()), Ok(envelope.id()));
        }
    }
}

//! Bodies of each type: what comes back, what is refused, and in which words.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::net::Ipv4Addr;

use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{BodyError, BodyType, MAX_BODY, MAX_DEPTH};

const NAMED: [BodyType; 2] = [BodyType::MessagePack, BodyType::Json];

#[track_caller]
fn comes_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(body_type: BodyType, value: T) {
    let body = body_type.encode(&value).unwrap();
    assert_eq!(body_type.decode::<T>(&body), Ok(value), "{body_type}");
}

/// The words of an error, with the path before them.
#[track_caller]
fn words<T: Debug>(result: Result<T, BodyError>) -> String {
    match result {
        Err(BodyError::Invalid { path, reason }) if path.is_empty() => reason.into(),
        Err(BodyError::Invalid { path, reason }) => format!("{path}: {reason}"),
        other => panic!("not invalid: {other:?}"),
    }
}

/// The words for bytes that are not a value of this type.
#[track_caller]
fn refused<T: DeserializeOwned + Debug>(body_type: BodyType, body: impl AsRef<[u8]>) -> String {
    words(body_type.decode::<T>(body.as_ref()))
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Order {
    name: String,
    prices: Vec<f64>,
    note: Option<String>,
    shape: Shape,
    #[serde(default)]
    more: BTreeMap<String, (u8, i16)>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Shape {
    Point,
    Circle(f32),
    Line(i64, u64),
    Square { side: Box<Shape> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Text(String);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Nothing;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Raw(#[serde(with = "as_bytes")] Vec<u8>);

/// Bytes that serialize as such, as those of the crate serde_bytes do.
mod as_bytes {
    use serde::de::{Deserializer, Error, Visitor};
    use serde::ser::Serializer;

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<u8>, D::Error> {
        struct Bytes;

        impl Visitor<'_> for Bytes {
            type Value = Vec<u8>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.into())
            }
        }

        d.deserialize_byte_buf(Bytes)
    }
}

fn order() -> Order {
    Order {
        name: "x\u{1f600}".into(),
        prices: vec![1.5, -2.0, 0.0],
        note: None,
        shape: Shape::Square {
            side: Shape::Circle(0.25).into(),
        },
        more: [("a".into(), (255, -300))].into(),
    }
}

#[test]
fn values_come_back() {
    for body_type in NAMED {
        comes_back(body_type, order());
        comes_back(body_type, vec![Some(Shape::Point), None]);
        comes_back(body_type, Shape::Line(i64::MIN, u64::MAX));
        comes_back(body_type, Text("text".into()));
        comes_back(body_type, (Nothing, (), 'ä', true));
        comes_back(body_type, Ipv4Addr::LOCALHOST);
        comes_back(body_type, vec![0u8, 255]);
        comes_back(body_type, BTreeMap::from([(-1, "a".to_owned())]));
    }
    comes_back(BodyType::MessagePack, Raw(vec![0, 255]));
    comes_back(BodyType::MessagePack, [f64::INFINITY, f64::MIN_POSITIVE]);
}

#[test]
fn numbers_of_128_bits_come_back() {
    for body_type in NAMED {
        for number in [0, 1, u128::from(u64::MAX), u128::MAX] {
            comes_back(body_type, number);
            comes_back(body_type, Some(vec![number]));
        }
        for number in [i128::MIN, -1, 0, i128::MAX] {
            comes_back(body_type, number);
            comes_back(body_type, BTreeMap::from([("a".to_owned(), number)]));
        }
    }
    // Others write those that fit as numbers of 64 bits.
    assert_eq!(BodyType::MessagePack.decode::<u128>(b"\x07"), Ok(7));
    assert_eq!(BodyType::MessagePack.decode::<i128>(b"\xff"), Ok(-1));
    assert_eq!(
        refused::<u128>(BodyType::MessagePack, b"\xff"),
        "invalid value: integer `-1`, expected u128"
    );
}

#[test]
fn fields_may_be_added() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Name {
        name: String,
    }
    for body_type in NAMED {
        let body = body_type.encode(&order()).unwrap();
        let name = body_type.decode::<Name>(&body).unwrap();
        assert_eq!(name.name, order().name);
    }
    // An extension, such as a time, in a field that is not known here.
    let body = b"\x82\xa4name\xa1x\xa4time\xd6\xff\0\0\0\0";
    let name = BodyType::MessagePack.decode::<Name>(body).unwrap();
    assert_eq!(name.name, "x");
    assert_eq!(
        refused::<BTreeMap<String, String>>(BodyType::MessagePack, body),
        "time: an extension (type -1) is not understood here"
    );
}

#[test]
fn other_writers_of_message_pack_are_understood() {
    let read = |body: &[u8]| BodyType::MessagePack.decode::<Vec<u8>>(body);
    assert_eq!(read(b"\xc4\x02\x00\xff"), Ok(vec![0, 255]), "bytes");
    assert_eq!(read(b"\xdc\x00\x01\xd0\x07"), Ok(vec![7]), "longer forms");
    let nothing = |body: &[u8]| BodyType::MessagePack.decode::<Nothing>(body);
    for body in [b"\xc0", b"\x90", b"\x80"] {
        assert_eq!(nothing(body), Ok(Nothing));
    }
    let shape = |body: &[u8]| BodyType::MessagePack.decode::<Shape>(body);
    assert_eq!(shape(b"\x81\xa5Point\xc0"), Ok(Shape::Point));
    assert_eq!(
        shape(b"\x81\xa6Circle\xca\x3f\x80\0\0"),
        Ok(Shape::Circle(1.0))
    );
    let raw = BodyType::MessagePack.decode::<Raw>(b"\xa2\xff\x00");
    assert_eq!(raw, Ok(Raw(vec![255, 0])), "a text that is none");
}

#[test]
fn an_error_says_where_and_what() {
    let wrong = |prices: &str, shape: &str| {
        format!(r#"{{"name": "x", "prices": {prices}, "shape": {shape}}}"#)
    };
    for (json, expected) in [
        (
            wrong("[1, \"2\"]", "\"Point\""),
            "prices[1]: invalid type: string \"2\", expected f64",
        ),
        (
            wrong("[]", "\"Pt\""),
            "shape: unknown variant `Pt`, expected one of `Point`, `Circle`, `Line`, `Square`",
        ),
        (
            wrong("[]", r#"{"Line": [1]}"#),
            "shape.Line: invalid length 1, expected tuple variant Shape::Line with 2 elements",
        ),
        (r#"{"name": "x"}"#.into(), "missing field `prices`"),
    ] {
        let said = refused::<Order>(BodyType::Json, &json);
        let (said, place) = said.split_once(" at line 1").unwrap();
        assert_eq!(said, expected);
        assert!(place.starts_with(" column"));
        // The same in MessagePack.
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        let body = BodyType::MessagePack.encode(&value).unwrap();
        let said = refused::<Order>(BodyType::MessagePack, body);
        assert_eq!(said, expected);
    }
}

#[test]
fn bytes_that_are_not_message_pack_are_refused_in_words() {
    for (body, expected) in [
        (&b""[..], "it ends in the middle of a value"),
        (b"\x92\x01", "it ends in the middle of a value"),
        (
            b"\xdd\xff\xff\xff\xff\x01",
            "it ends in the middle of a value",
        ),
        (b"\x92\x01\xc1", "[1]: the byte 0xc1 does not begin a value"),
        (b"\x91\x01\x01", "there are bytes after the value"),
        (
            b"\x91\xa1x",
            "[0]: invalid type: string \"x\", expected u16",
        ),
        (
            b"\x91\xd0\xff",
            "[0]: invalid value: integer `-1`, expected u16",
        ),
        (
            b"\x91\xd5\x07\0\0",
            "[0]: an extension (type 7) is not understood here",
        ),
        (b"\x81\x01\x01", "invalid type: map, expected a sequence"),
    ] {
        assert_eq!(refused::<Vec<u16>>(BodyType::MessagePack, body), expected);
    }
    for (body, expected) in [
        (&b"\x91\xa1\xff"[..], "[0]: a text is not UTF-8"),
        (
            b"\x91\xdb\xff\xff\xff\xff",
            "[0]: it ends in the middle of a value",
        ),
    ] {
        assert_eq!(
            refused::<Vec<String>>(BodyType::MessagePack, body),
            expected
        );
    }
    for (body, expected) in [
        (
            &b"\x91\xa5Point"[..],
            "invalid type: sequence, expected a variant's name, or a map of one name",
        ),
        (
            b"\x82\xa5Point\xc0\xa5Point\xc0",
            "invalid type: map, expected a variant's name, or a map of one name",
        ),
        (
            b"\xa6Circle",
            "Circle: invalid type: unit variant, expected newtype variant",
        ),
        (
            b"\x81\xa4Line\x93\x01\x02\x03",
            "Line: there is one value more than belong there",
        ),
    ] {
        assert_eq!(refused::<Shape>(BodyType::MessagePack, body), expected);
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Deep {
    End,
    More(Box<Deep>),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Lists(Vec<Lists>);

#[test]
fn values_are_nested_as_deep_as_they_may_be() {
    let deep = |levels| (0..levels).fold(Deep::End, |inner, _| Deep::More(inner.into()));
    let lists = |levels| (1..levels).fold(Lists(vec![]), |inner, _| Lists(vec![inner]));
    for body_type in NAMED {
        comes_back(body_type, deep(MAX_DEPTH));
        comes_back(body_type, lists(MAX_DEPTH));
        let body = body_type.encode(&deep(MAX_DEPTH + 1)).unwrap();
        body_type.decode::<Deep>(&body).unwrap_err();
        let body = body_type.encode(&lists(MAX_DEPTH + 1)).unwrap();
        let said = refused::<Lists>(body_type, body);
        match body_type {
            BodyType::Json => assert!(said.starts_with("recursion limit exceeded"), "{said}"),
            _ => assert!(
                said.ends_with("it is nested deeper than 127 levels"),
                "{said}"
            ),
        }
    }
}

/// Lists and maps that are in each other, without an end.
#[test]
fn bytes_do_not_exhaust_the_stack() {
    let many = 1 << 16;
    let more = b"\x91\xa4More";
    let body = [&b"\xdd\x00\x01\x00\x00"[..], &more.repeat(many)].concat();
    BodyType::MessagePack
        .decode::<Vec<Deep>>(&body)
        .unwrap_err();
    for byte in [0x91, 0x81, 0x92] {
        let body = vec![byte; 1 << 20];
        BodyType::MessagePack.decode::<Lists>(&body).unwrap_err();
        BodyType::MessagePack.decode::<Deep>(&body).unwrap_err();
        let ignored = BodyType::MessagePack.decode::<serde::de::IgnoredAny>(&body);
        assert_eq!(words(ignored), "it ends in the middle of a value");
    }
}

#[test]
fn a_body_is_not_larger_than_it_may_be() {
    let text = |bytes| "x".repeat(bytes);
    for (body_type, around) in [
        (BodyType::MessagePack, 5),
        (BodyType::Json, 2),
        (BodyType::Bytes, 0),
    ] {
        comes_back(body_type, text(MAX_BODY - around));
        let (size, max) = (MAX_BODY as u64 + 1, MAX_BODY as u64);
        let too_large = BodyError::TooLarge { size, max };
        let body = body_type.encode(&text(MAX_BODY - around + 1));
        assert_eq!(body, Err(too_large.clone()));
        let body = vec![0; MAX_BODY + 1];
        assert_eq!(body_type.decode::<String>(&body), Err(too_large));
    }
}

#[test]
fn an_error_is_short_however_long_the_text_in_it() {
    let long = BTreeMap::from([("key".repeat(1000), "\u{1}".repeat(1 << 20))]);
    for body_type in NAMED {
        let body = body_type.encode(&long).unwrap();
        let said = refused::<BTreeMap<String, u8>>(body_type, body);
        assert!(
            said.len() < 750 && said.contains("…: invalid type: string"),
            "{said}"
        );
    }
}

#[test]
fn numbers_that_json_does_not_have_are_refused() {
    for (number, name) in [
        (f64::NAN, "NaN"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
    ] {
        let said = words(BodyType::Json.encode(&[Some(number)]));
        assert_eq!(said, format!("JSON has no number {name}"));
        let body = BodyType::MessagePack.encode(&number).unwrap();
        let back: f64 = BodyType::MessagePack.decode(&body).unwrap();
        assert_eq!(back.to_bits(), number.to_bits());
    }
}

#[test]
fn bare_bytes_are_a_text_bytes_or_nothing() {
    let bytes = BodyType::Bytes;
    assert_eq!(bytes.encode("\u{e4}").unwrap(), b"\xc3\xa4");
    assert_eq!(bytes.encode(&Raw(vec![0, 255])).unwrap(), [0, 255]);
    assert_eq!(bytes.encode(&vec![0u8, 255]).unwrap(), [0, 255]);
    assert_eq!(bytes.encode(&[1u8, 2, 3]).unwrap(), [1, 2, 3]);
    assert_eq!(bytes.encode(&()).unwrap(), b"");
    comes_back(bytes, String::from("a text"));
    comes_back(bytes, Text("a text".into()));
    comes_back(bytes, vec![0u8, 255]);
    comes_back(bytes, [0u8; 4]);
    comes_back(bytes, Raw(vec![0, 255]));
    comes_back(bytes, Raw(vec![]));
    comes_back(bytes, ());
    comes_back(bytes, Nothing);
}

#[test]
fn values_that_bare_bytes_are_not_are_refused_in_words() {
    let bytes = BodyType::Bytes;
    for (said, what) in [
        (words(bytes.encode(&7)), "a number"),
        (words(bytes.encode(&7u8)), "a number"),
        (words(bytes.encode(&true)), "a bool"),
        (words(bytes.encode(&Some("x"))), "an option"),
        (words(bytes.encode(&Shape::Point)), "an enum"),
        (words(bytes.encode(&order())), "a struct with fields"),
        (words(bytes.encode(&["x"])), "a list of others than bytes"),
        (words(bytes.encode(&[()])), "a list of others than bytes"),
        (words(bytes.encode(&[[1u8]])), "a list of others than bytes"),
        (words(bytes.encode(&[1u32])), "a number"),
        (refused::<i64>(bytes, "7"), "a number"),
        (refused::<Option<String>>(bytes, "x"), "an option"),
        (refused::<Order>(bytes, "x"), "a struct with fields"),
        (refused::<Shape>(bytes, "Point"), "an enum"),
        (
            refused::<serde_json::Value>(bytes, "1"),
            "a value of any type",
        ),
    ] {
        let expected = format!(
            "bare bytes are a text, bytes or nothing, and this is {what}: use MessagePack or JSON"
        );
        assert_eq!(said, expected);
    }
    assert_eq!(refused::<String>(bytes, b"\xff"), "the text is not UTF-8");
    assert_eq!(
        refused::<()>(bytes, "x"),
        "a body without bytes is expected"
    );
    assert_eq!(
        refused::<[u8; 2]>(bytes, "x"),
        "invalid length 1, expected an array of length 2"
    );
    assert_eq!(
        refused::<Vec<String>>(bytes, "x"),
        "invalid type: integer `120`, expected a string"
    );
}

/// Values of any kind, as JSON has them.
fn values() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        ".{0,40}".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 64, 20, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..20).prop_map(Into::into),
            prop::collection::btree_map(".{0,5}", inner, 0..20)
                .prop_map(|it| it.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

proptest! {
    #[test]
    fn any_value_comes_back(value in values()) {
        for body_type in NAMED {
            let body = body_type.encode(&value).unwrap();
            prop_assert_eq!(body_type.decode::<serde_json::Value>(&body), Ok(value.clone()));
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(body in prop::collection::vec(any::<u8>(), 0..60)) {
        for body_type in [BodyType::MessagePack, BodyType::Json, BodyType::Bytes] {
            let _ = body_type.decode::<Order>(&body);
            let _ = body_type.decode::<Vec<Deep>>(&body);
            let _ = body_type.decode::<Vec<u128>>(&body);
            if let Ok(text) = body_type.decode::<String>(&body) {
                let again = body_type.encode(&text).unwrap();
                prop_assert_eq!(body_type.decode::<String>(&again), Ok(text));
            }
        }
    }
}

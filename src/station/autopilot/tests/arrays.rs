//! Arrays are read where they are plain, kept where they are packed, and written so that autopilot does not crash of them.

use serde_json::json;

use super::*;
use crate::station::array::Array;

fn read(json: &str) -> Result<ArrayMember, String> {
    let json = PythonJson::check(json).expect("it is JSON");
    json.read().map_err(|mistake| mistake.to_string())
}

#[test]
fn an_array_is_read_or_refused_with_words() {
    let array = |bytes: &str, dtype: &str, shape: &str| {
        let members =
            format!(r#"{{"NUMPY_ARRAY": "{bytes}", "DTYPE": "{dtype}", "SHAPE": {shape}}}"#);
        read(&members)
    };
    let expected = Array::new("<i2", [3], b"abcdef".to_vec());
    let expected = Ok(ArrayMember::Plain(expected));
    assert_eq!(array("YWJjZGVm", "int16", "[3]"), expected);
    // Python's own decoder does not look at the last bits.
    assert!(array("YWJjZGVmZz==", "int8", "[7]").is_ok());
    assert!(array("YWJjZGVmZ1==", "int8", "[7]").is_ok());
    // [1, 2, 3, 16]: not a chunk of 16 bytes.
    assert!(matches!(
        array("AQAAAAIAAAADAAAAEAAAAA==", "int32", "[4]"),
        Ok(ArrayMember::Plain(_))
    ));
    let refusals = [
        (
            ("YWJj", "int16", "[2]"),
            "it has 2 items of 2 bytes, and 3 bytes",
        ),
        (("YWJj", "nope", "[3]"), "the dtype \"nope\" is not known"),
        (("YWJj", "object", "[3]"), "its items are Python's objects"),
        (("YWJj", "int8", "[-3]"), "SHAPE[0]: invalid value"),
        (("YWJj", "int8", "[3.0]"), "SHAPE[0]: invalid type"),
        (("YWJ", "int8", "[3]"), "Invalid padding"),
        (("?", "int8", "[3]"), "Invalid "),
    ];
    for ((bytes, dtype, shape), words) in refusals {
        let refused = array(bytes, dtype, shape).unwrap_err();
        assert!(refused.starts_with(words), "{refused}");
    }
    let refused = read(r#"{"NUMPY_ARRAY": "", "DTYPE": "int8", "SHAPE": [0], "X": 1}"#);
    assert!(refused.unwrap_err().starts_with("X: unknown field"));
}

#[test]
fn an_array_is_found_within_a_value() {
    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Reading {
        t: f64,
        arr: ArrayMember,
    }
    let arr = r#"{"NUMPY_ARRAY": "YWI=", "DTYPE": "uint8", "SHAPE": [2]}"#;
    let json = PythonJson::check(&format!(r#"[{{"t": 1.5, "arr": {arr}}}]"#)).unwrap();
    let [reading]: [Reading; 1] = json.read().unwrap();
    assert_eq!((reading.t, reading.arr), (1.5, read(arr).unwrap()));
}

#[test]
fn what_is_written_is_a_chunk_and_is_never_opened() {
    let array = Array::new("<i2", [3, 1], vec![7; 6]);
    let json = PythonJson::write(&json!({"t": 1})).unwrap();
    assert_eq!(json.as_str(), r#"{"t": 1}"#);
    let written = PythonJson::write(&[Sendable(&array)]).unwrap();
    let [again]: [ArrayMember; 1] = written.read().unwrap();
    let ArrayMember::Packed(packed) = again else {
        panic!("it was opened")
    };
    assert_eq!(
        (&packed.dtype[..], &packed.dims[..]),
        ("int16", &[3, 1][..])
    );
    assert_eq!(
        packed.bytes.len() as u32,
        u32::from_le_bytes(packed.bytes[12..16].try_into().unwrap())
    );
}

#[test]
fn what_would_stall_autopilot_is_not_written() {
    for (dtype, shape, bytes, words) in [
        (
            "[('x', '<i4'), ('y', '<f8')]",
            vec![1],
            12,
            "autopilot takes no array of [('x', '<i4'), ('y', '<f8')]",
        ),
        ("int8", vec![0, u32::MAX], 0, "a dimension is 4294967295"),
        (
            "int8",
            vec![(16 << 20) + 1],
            (16 << 20) + 1,
            "the array has 16777217 bytes, and at most 16777216 are sent",
        ),
    ] {
        let array = Array::new(dtype, shape, vec![0; bytes]);
        let refused = PythonJson::write(&Sendable(&array)).unwrap_err();
        assert!(format!("{refused:?}").contains(words), "{refused:?}");
    }
}

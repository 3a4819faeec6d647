//! The arrays and streams that were recorded are read as they are noted, and written with the same bytes.

use std::collections::BTreeMap;

use super::recorded::Vector;
use super::*;
use crate::station::array::Array;

/// What a vector's array is.
#[derive(Debug, PartialEq)]
enum Noted {
    /// Of this type and shape.
    Plain(&'static str, &'static [u32]),
    Packed(&'static str, &'static [u32]),
    /// With the beginning of our words.
    Refused(&'static str),
}

fn noted(name: &str) -> Noted {
    use Noted::{Packed, Plain, Refused};
    const GRID: &[u32] = &[4, 8];
    match name {
        "array_bool" => Plain("|b1", GRID),
        "array_uint8" => Plain("|u1", GRID),
        "array_int8" => Plain("|i1", GRID),
        "array_uint16" => Plain("<u2", GRID),
        "array_int16" => Plain("<i2", GRID),
        "array_uint32" => Plain("<u4", GRID),
        "array_int32" => Plain("<i4", GRID),
        "array_uint64" => Plain("<u8", GRID),
        "array_int64" => Plain("<i8", GRID),
        "array_float16" => Plain("<f2", GRID),
        "array_float32" => Plain("<f4", GRID),
        "array_float64" => Plain("<f8", GRID),
        "array_complex64" => Plain("<c8", GRID),
        "array_complex128" => Plain("<c16", GRID),
        "array_big_endian" => Plain(">i2", &[16]),
        "array_fortran" => Plain("<i8", &[4, 4]),
        "array_noncontig" => Plain("<i8", &[16]),
        "array_str" => Plain("<U2", &[2]),
        "array_datetime" => Plain("<M8[D]", &[2]),
        "array_structured" => Plain("[('x', '<i4'), ('y', '<f8')]", &[3]),
        // Its bytes are addresses in the sender's memory.
        "array_object" => Refused("its items are Python's objects"),
        "array_scalar0d" => Plain("<f8", &[]),
        "array_empty" => Plain("<f8", &[0, 3]),
        "array_small" => Plain("|u1", &[3]),
        "array_in_dict" => Plain("<i2", &[16]),
        "npscalar" => Plain("<i8", &[]),
        "npfloat" => Plain("<f4", &[]),
        "array_blosc" => Packed("int32", &[1000]),
        "array_blosc_zero" => Packed("uint8", &[100, 250]),
        "in_array_raw16" => Plain("|u1", &[4, 4]),
        // autopilot stalls on these two.
        "in_array_raw15" => Plain("|u1", &[15]),
        "in_array_raw0" => Plain("|u1", &[0]),
        // Not an array for autopilot, which insists on an order.
        "in_array_reordered" => Plain("|u1", &[16]),
        "in_array_4members" => Refused("X: unknown field"),
        "in_array_bad_shape" => Refused("it has 5 items of 1 bytes, and 16 bytes"),
        "in_array_bad_dtype" => Refused("the dtype \"nope\" is not known"),
        "in_array_big_endian" => Plain(">i2", &[8]),
        "safe_array_i2_3" => Packed("int16", &[3]),
        "safe_array_f8_scalar" => Packed("float64", &[]),
        "safe_array_f8_0x3" => Packed("float64", &[0, 3]),
        "safe_array_u1_4x6" => Packed("uint8", &[4, 6]),
        "safe_array_bool_16" => Packed("bool", &[16]),
        _ => panic!("nothing is noted of the array {name}"),
    }
}

/// The message that a vector has.
fn message_of(vector: &Vector) -> Option<PeerMessage> {
    let frames = match vector.is_sent() {
        true => vector.sent(),
        false => vector.frames()?,
    };
    PeerMessage::decode(frames.last()?).ok()
}

#[test]
fn each_array_is_read_as_it_is_noted() {
    let mut count = 0;
    for vector in Vector::all() {
        let name = &vector.name[..];
        let Some(message) = message_of(&vector) else {
            continue;
        };
        if !message.value.as_str().contains("NUMPY_ARRAY") || message.key == key::STREAM {
            continue;
        }
        count += 1;
        let read = match name {
            "array_in_dict" => {
                let mut members = object_of(&message.value);
                members.remove("arr").expect("it is there").read()
            }
            _ => message.value.read::<ArrayMember>(),
        };
        match (read, noted(name)) {
            (Ok(ArrayMember::Plain(array)), Noted::Plain(dtype, shape)) => {
                assert_eq!(
                    (array.dtype.as_str(), &array.dims[..]),
                    (dtype, shape),
                    "{name}"
                );
                let counted = counted(dtype, shape);
                let len = array.bytes.len().min(counted.len());
                assert_eq!(array.bytes[..len], counted[..len], "{name}");
            }
            (Ok(ArrayMember::Packed(packed)), Noted::Packed(dtype, shape)) => {
                assert_eq!(
                    (&packed.dtype[..], &packed.dims[..]),
                    (dtype, shape),
                    "{name}"
                );
            }
            (Err(mistake), Noted::Refused(words)) => {
                assert!(mistake.to_string().starts_with(words), "{name}: {mistake}");
            }
            (read, noted) => panic!("{name}: {read:?}, and not {noted:?}"),
        }
    }
    assert_eq!(count, 42);
}

fn object_of(json: &PythonJson) -> BTreeMap<String, PythonJson> {
    let members: BTreeMap<String, serde_json::Value> = json.read().expect("an object");
    let members = members.into_iter();
    members
        .map(|(name, value)| (name, PythonJson::write(&value).expect("it was JSON")))
        .collect()
}

/// The first bytes of `arange`, or what else it is; none where they are few.
fn counted(dtype: &str, shape: &[u32]) -> Vec<u8> {
    let numbers = 0..16_u8;
    match (dtype, shape) {
        ("|u1" | "|i1", [4, _] | [15 | 16]) => numbers.collect(),
        ("|b1", _) => numbers.map(|n| n.min(1)).collect(),
        ("<u2" | "<i2", _) => numbers.flat_map(|n| [n, 0]).collect(),
        (">i2", [16]) => numbers.flat_map(|n| [0, n]).collect(),
        (">i2", _) => numbers.collect(),
        ("<u4" | "<i4", _) => numbers.flat_map(|n| u32::from(n).to_le_bytes()).collect(),
        ("<i8", [16]) => numbers
            .flat_map(|n| (2 * u64::from(n)).to_le_bytes())
            .collect(),
        ("<u8" | "<i8", [_, _]) => numbers.flat_map(|n| u64::from(n).to_le_bytes()).collect(),
        ("<f2", _) => [
            0, 0, 0, 0x3c, 0, 0x40, 0, 0x42, 0, 0x44, 0, 0x45, 0, 0x46, 0, 0x47,
        ]
        .into(),
        ("<f4", [_, _]) => numbers.flat_map(|n| f32::from(n).to_le_bytes()).collect(),
        ("<f8", [4, _]) => numbers.flat_map(|n| f64::from(n).to_le_bytes()).collect(),
        ("<c8", _) => numbers
            .flat_map(|n| [f32::from(n).to_le_bytes(), [0; 4]])
            .flatten()
            .collect(),
        ("<c16", _) => numbers
            .flat_map(|n| [f64::from(n).to_le_bytes(), [0; 8]])
            .flatten()
            .collect(),
        ("<U2", _) => b"a\0\0\0b\0\0\0c\0\0\0\0\0\0\0".into(),
        ("<M8[D]", _) => [18262_u64, 18263].map(u64::to_le_bytes).concat(),
        ("[('x', '<i4'), ('y', '<f8')]", _) => vec![0; 36],
        _ => Vec::new(),
    }
}

#[test]
fn arrays_to_autopilot_are_written_as_was_found_safe() {
    let vectors = Vector::all();
    let written: [(&str, &str, &[u32], Vec<u8>); 5] = [
        ("safe_array_i2_3", "int16", &[3], vec![0, 0, 1, 0, 2, 0]),
        (
            "safe_array_f8_scalar",
            "float64",
            &[],
            2.5_f64.to_le_bytes().into(),
        ),
        ("safe_array_f8_0x3", "float64", &[0, 3], vec![]),
        ("safe_array_u1_4x6", "uint8", &[4, 6], (0..24).collect()),
        ("safe_array_bool_16", "bool", &[16], vec![1; 16]),
    ];
    for (name, dtype, shape, bytes) in written {
        let vector = vectors.iter().find(|it| it.name == name).expect(name);
        let message = message_of(vector).expect(name);
        let array = Array::new(dtype, shape, bytes);
        let written = PythonJson::write(&Sendable(&array)).unwrap();
        assert_eq!(written.as_str(), message.value.as_str(), "{name}");
    }
}

#[test]
fn each_stream_is_read_and_written_as_recorded() {
    let mut streams = Vec::new();
    for vector in Vector::all() {
        let name = &vector.name[..];
        let Some(message) = message_of(&vector) else {
            continue;
        };
        let Some(batch) = StreamBatch::read(&message) else {
            continue;
        };
        let batch = batch.expect(name);
        let headers: Vec<String> = batch
            .of_items
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let items: Vec<PythonJson> = batch.items().collect();
        match name {
            "in_stream"
            | "in_stream_no_headers"
            | "in_stream_no_minprint"
            | "in_stream_confirmed" => {
                let got = vector
                    .handler_got
                    .iter()
                    .map(|item| item.replace('\'', "\""));
                assert!(got.eq(items.iter().map(|item| item.to_string())), "{name}");
            }
            // Without a handler; and our own station does not mix the headers with the items.
            "in_stream_unknown_inner" => assert_eq!(batch.inner_key, "NOPE"),
            "station_stream_no_minprint" => assert_eq!(items.len(), 1),
            "station_stream" => assert_eq!(
                (&headers[..], items[0].as_str()),
                (&["subject=\"x\"".to_owned()][..], r#"{"a": 1}"#)
            ),
            "stream_arrays_0" => {
                for (at, item) in (0..).zip(&items) {
                    let (number, array): (i32, ArrayMember) = item.read().expect("an array");
                    assert_eq!(number, at);
                    assert!(matches!(array, ArrayMember::Packed(packed) if packed.dims == [4, 6]));
                }
            }
            _ => assert!(
                name.starts_with("stream_"),
                "nothing is noted of the stream {name}"
            ),
        }
        if name.starts_with("stream_") {
            assert_eq!(headers.len(), 3);
            let timestamp: String = message.timestamp.read().expect("a text");
            let again = StreamBatch::new(&batch.inner_key, batch.of_items.clone(), &items);
            let again = again.message(message.id.clone(), "a", message.sender.name(), &timestamp);
            assert_eq!(again, message, "{name}");
        }
        streams.push(vector.name);
    }
    assert_eq!(streams.len(), 10, "{streams:?}");
}

#[test]
fn what_a_station_pushed_twice_more_is_a_repeat() {
    let mut repeats = Repeats::default();
    let vectors = Vector::all();
    let pushed = vectors
        .iter()
        .filter(|it| it.name.starts_with("station_originates_"));
    let pushed: Vec<bool> = pushed
        .map(|it| repeats.is_repeat(&message_of(it).expect("it was sent")))
        .collect();
    assert_eq!(pushed, [false, false, true, true]);
}

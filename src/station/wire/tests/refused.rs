//! Bytes that are not a frame, and what is said of them.

use super::*;

/// The places of fields in a routed frame.
const KIND: usize = 2;
const FLAGS: usize = 4;
const BODY: usize = 6;
const SEQ: usize = 16;
const BACK: usize = 24;
const TO: usize = 40;

fn data() -> Vec<u8> {
    encoded(Content::Data(Data::default()))
}

fn end() -> Vec<u8> {
    encoded(Content::End { token: 1, next: 2 })
}

fn with(mut frame: Vec<u8>, at: usize, bytes: &[u8]) -> Vec<u8> {
    frame[at..at + bytes.len()].copy_from_slice(bytes);
    frame
}

#[track_caller]
fn assert_refused(frame: &[u8], words: &str) {
    let error = Header::decode(frame).expect_err("it is refused");
    assert_eq!(error.to_string(), words);
}

#[test]
fn a_frame_of_others_is_refused() {
    for foreign in [&b""[..], b"{}", b"\xf4\x01\x14\x00"] {
        assert_refused(foreign, "it does not begin as a station's frame does");
    }
    assert_refused(
        &with(data(), 1, &[2]),
        "it is of version 2 of the protocol, and only 1 is known",
    );
    for kind in [0, 11, 15, 23, 255] {
        let frame = with(data(), KIND, &[kind, 0]);
        assert_refused(
            &frame,
            &format!("it is of the kind {kind}, which is not known"),
        );
    }
    let long = vec![0xf5; MAX_HEADER + 1];
    assert_refused(&long, "it has 1048577 bytes, and at most 1048576 are read");
}

#[test]
fn a_frame_that_ends_early_or_late_is_refused() {
    let data = data();
    for len in 1..data.len() {
        let error = Header::decode(&data[..len]).expect_err("it ends early");
        assert!(matches!(error, Malformed::Short(_)), "{len}: {error}");
    }
    assert_refused(&data[..TO - 1], "it ends within its time");
    assert_refused(&[&data[..], b"!"].concat(), "1 bytes follow its end");
}

#[test]
fn values_that_are_not_known_are_refused() {
    assert_refused(
        &with(data(), FLAGS, &[0x01, 0x00]),
        "its flags 0x0100 are not all known",
    );
    assert_refused(
        &with(data(), BODY, &[7]),
        "its kind of body has the value 7, which is not known",
    );
    assert_refused(
        &with(data(), BACK, &[0, 0, 0, 1]),
        "its base is below the first message",
    );
    assert_refused(&with(data(), TO + 1, &[0xff]), "its to is not UTF-8");
    let refuse = encoded(Content::Refuse {
        token: 1,
        seq: 1,
        why: Refusal::Loop,
    });
    let reason = refuse.len() - 1;
    assert_refused(
        &with(refuse, reason, &[6]),
        "its reason has the value 6, which is not known",
    );
    let failed = Failed {
        seq: 1,
        fault: Fault::Panic,
        text: String::new(),
    };
    let ack = Ack {
        token: 1,
        life: life(1),
        handled: 2,
        accepted: 2,
        credit: Credit {
            messages: 1,
            bytes: 1,
        },
        failed: vec![failed],
    };
    let ack = encoded(Content::Ack(ack));
    let distance = ack.len() - 7;
    for (back, value) in [([0, 0, 0, 0], 0), ([0, 0, 0, 3], 3)] {
        assert_refused(
            &with(ack.clone(), distance, &back),
            &format!("its distance to a failure has the value {value}, which is not known"),
        );
    }
}

#[test]
fn fields_that_a_kind_does_not_have_are_refused() {
    assert_eq!(
        Header::decode(&end()).map(|_| ()),
        Ok(()),
        "it is one before"
    );
    for (at, bytes, field) in [
        (FLAGS, &[0, 1][..], "flag"),
        (BODY, &[1], "body"),
        (BACK, &[0, 0, 0, 1], "base"),
        (28, &[0, 0, 0, 1], "time to live"),
        (32, &[1], "time"),
    ] {
        assert_refused(
            &with(end(), at, bytes),
            &format!("it has a {field}, which this kind does not have"),
        );
    }
    let probe = encoded(Content::Probe { life: life(1) });
    for (at, field) in [(8, "token"), (SEQ, "seq")] {
        assert_refused(
            &with(probe.clone(), at, &[1]),
            &format!("it has a {field}, which this kind does not have"),
        );
    }
    assert_refused(
        &[0xf5, 1, 20, 1],
        "it has a ttl, which this kind does not have",
    );
}

#[test]
fn what_is_too_large_is_not_written() {
    let far = Routed {
        to: "x".repeat(256),
        ..routed(Content::Data(Data::default()))
    };
    let words = |header: Header| header.encode().expect_err("too large").to_string();
    assert_eq!(
        words(Header::Routed(far)),
        "its to is too large: 256, and at most 255 can be told"
    );
    let data = Data {
        seq: 1 << 32,
        ..Data::default()
    };
    let far = routed(Content::Data(data));
    assert_eq!(
        words(Header::Routed(far)),
        "its distance to the base is too large: 4294967296, and at most 4294967295 can be told"
    );
    let headers = vec![("k".to_owned(), "v".repeat(65535)); 17];
    let data = Data {
        headers,
        ..Data::default()
    };
    let long = words(Header::Routed(routed(Content::Data(data))));
    assert!(long.starts_with("its frame is too large: "), "{long}");
}

#[test]
fn an_array_has_as_many_items_as_its_bytes() {
    let array = |dims: &[u32]| ArrayHeader {
        dtype: "<f4".to_owned(),
        dims: dims.to_vec(),
    };
    assert_eq!(array(&[2, 3]).item_size(24), Ok(Some(4)));
    assert_eq!(array(&[]).item_size(8), Ok(Some(8)), "one item");
    assert_eq!(array(&[2, 0]).item_size(0), Ok(None));
    assert_eq!(
        array(&[u32::MAX, u32::MAX, u32::MAX, 0]).item_size(0),
        Ok(None)
    );
    for (dims, bytes) in [
        (&[2, 3][..], 25),
        (&[2, 3], 0),
        (&[2, 0], 1),
        (&[u32::MAX, u32::MAX, u32::MAX], 1),
        (&[], 0),
    ] {
        assert!(array(dims).item_size(bytes).is_err(), "{dims:?} {bytes}");
    }
    assert_eq!(
        array(&[u32::MAX; 3]).item_size(1).unwrap_err().to_string(),
        "it has 18446744073709551615 items, more than can be counted or are in 1 bytes"
    );
    assert_eq!(
        ArrayHeader::decode(b"\x03<f4\x02\0\0\0\x01"),
        Err(Malformed::Short("dimensions"))
    );
}

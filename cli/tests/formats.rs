//! What is written in a format is read again without loss.

mod support;

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use proptest::collection::vec;
use proptest::prelude::*;
use support::Zeroless;

/// One that reads in a format and prints in another: an echo, asked by a client.
struct Converter {
    port: String,
    _server: Zeroless,
}

fn echo() -> MutexGuard<'static, Converter> {
    static ECHO: OnceLock<Mutex<Converter>> = OnceLock::new();
    let echo = ECHO.get_or_init(|| {
        let (_server, port) = Zeroless::server(["rep", "--echo"]);
        Mutex::new(Converter { port, _server })
    });
    echo.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Messages that are read in one format, and printed in another.
fn convert(from: &str, to: &str, input: &[u8]) -> Vec<u8> {
    let port = echo().port.clone();
    let mut client = Zeroless::start(["client", &port, "req", "--in", from, "--out", to]);
    client.give(input);
    let ended = client.end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.stdout
}

/// Messages as frames of ZMTP.
fn frames(messages: &[Vec<Vec<u8>>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for message in messages {
        for (place, frame) in message.iter().enumerate() {
            let more = u8::from(place + 1 < message.len());
            match u8::try_from(frame.len()) {
                Ok(length) => bytes.extend([more, length]),
                Err(_) => {
                    bytes.push(more | 2);
                    bytes.extend((frame.len() as u64).to_be_bytes());
                }
            }
            bytes.extend(frame);
        }
    }
    bytes
}

/// Frames of any bytes, and texts with all that is escaped.
fn frame() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..20),
        vec(any::<u8>(), 250..260),
        "[a-z\"\\\\\n\t\r\u{0}\u{85}é ]{0,12}".prop_map(String::into_bytes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn any_messages_come_back_in_each_lossless_format(
        messages in vec(vec(frame(), 1..4), 1..30)
    ) {
        let frames = frames(&messages);
        for format in ["json", "frames", "quoted", "hex"] {
            let written = convert("frames", format, &frames);
            prop_assert_eq!(&convert(format, "frames", &written), &frames, "{}", format);
        }
    }
}

#[test]
fn json_is_one_object_a_line() {
    let message = vec![b"text \"x\"\n".to_vec(), vec![0, 255]];
    let written = convert("frames", "json", &frames(&[message]));
    let text = String::from_utf8(written).expect("a text");
    assert_eq!(
        text,
        "{\"parts\":[\"text \\\"x\\\"\\n\",{\"base64\":\"AP8=\"}]}\n"
    );
}

#[test]
fn bytes_that_are_not_of_a_format_are_told() {
    let wrong: [(&str, &[u8]); 9] = [
        ("json", b"{}\n"),
        ("json", b"[]\n"),
        ("json", b"[{\"base64\":\"?\"}]\n"),
        ("hex", b"0\n"),
        ("hex", b"\n"),
        ("quoted", b"\"a\n"),
        ("quoted", b"\"\\q\"\n"),
        ("frames", b"hello\n"),
        ("frames", &[0, 9, 1]),
    ];
    for (format, input) in wrong {
        let port = echo().port.clone();
        let mut client = Zeroless::start(["client", &port, "req", "--in", format]);
        client.give(input);
        client.end().fails(1);
    }
}

#[test]
fn raw_passes_bytes_on_as_they_are() {
    let bytes: Vec<u8> = (0..300_000_u32)
        .map(|number| (number % 251) as u8)
        .collect();
    let (mut server, port) = Zeroless::server(["pull", "--out", "raw"]);
    let mut client = Zeroless::start(["client", &port, "push", "--in", "raw"]);
    client.give(&bytes);
    assert_eq!(client.end().code, Some(0));
    assert!(server.printed(bytes.len()) == bytes);
}

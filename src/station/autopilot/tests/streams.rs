//! Streams are taken apart and put together.

use super::*;

fn batch(value: &str) -> Result<StreamBatch, String> {
    let value = PythonJson::check(value).expect("it is JSON");
    let id = MessageId::new("a_st", 0);
    let message = PeerMessage::new(id, "b", "a_st", key::STREAM, value, "");
    let batch = StreamBatch::read(&message).expect("it is one");
    batch.map_err(|error| error.to_string())
}

fn items(batch: &StreamBatch) -> Vec<String> {
    batch.items().map(|item| item.to_string()).collect()
}

#[test]
fn a_batch_is_read_or_refused_with_words() {
    let read = batch(r#"{"payload": [ 1 ,[2],{"a": NaN}], "inner_key": "K"}"#).unwrap();
    assert_eq!(read.inner_key, "K");
    assert_eq!(read.of_items, []);
    assert_eq!(items(&read), ["1", "[2]", r#"{"a": NaN}"#]);
    assert_eq!(
        items(&batch(r#"{"payload": [], "inner_key": "K"}"#).unwrap()),
        [""; 0]
    );
    for (value, words) in [
        ("[]", "its value: it is not an object"),
        (r#"{"payload": []}"#, "it has no inner_key, or null"),
        (r#"{"inner_key": "K"}"#, "it has no payload, or null"),
        (
            r#"{"inner_key": "K", "payload": {}}"#,
            "its payload: it is not a list",
        ),
        (
            r#"{"inner_key": "K", "headers": 1, "payload": []}"#,
            "its headers: it is not an object",
        ),
    ] {
        assert_eq!(batch(value).unwrap_err(), words);
    }
    let refused = batch(r#"{"inner_key": 1, "payload": []}"#).unwrap_err();
    assert!(
        refused.starts_with("its inner_key: invalid type"),
        "{refused}"
    );
    let plain = PeerMessage::new(
        MessageId::new("a", 0),
        "b",
        "a",
        "K",
        PythonJson::null(),
        "",
    );
    assert_eq!(StreamBatch::read(&plain), None);
}

#[test]
fn a_batch_comes_back_and_is_neither_confirmed_nor_logged() {
    let values = [1, 2].map(|value| PythonJson::write(&[value]).unwrap());
    let headers = vec![("subject".to_owned(), PythonJson::write("m\u{e9}").unwrap())];
    let batch = StreamBatch::new("K", headers, &values);
    let message = batch.message(MessageId::new("a_st", 0), "b", "a_st", "t");
    assert_eq!(StreamBatch::read(&message), Some(Ok(batch.clone())));
    assert!(batch.items().eq(values));
    assert!(!message.is_to_be_confirmed());
    assert!(message.has_flag(flag::MINPRINT));
}

//! What docs/station.md says of autopilot is what is written and read.

use super::*;

const DOCUMENT: &str = include_str!("../../../../docs/station.md");

/// The part below a heading.
fn part(heading: &str) -> &'static str {
    let (_, part) = DOCUMENT.split_once(heading).expect(heading);
    part.split_once("\n## ").map_or(part, |(part, _)| part)
}

/// The JSON in a part.
fn blocks(part: &str) -> impl Iterator<Item = &str> {
    let blocks = part.split("```json\n").skip(1);
    blocks.map(|block| block.split_once("\n```").expect("its end").0)
}

#[test]
fn messages_are_written_and_read_as_documented() {
    let mut blocks = blocks(part("## The message"));
    let value = PythonJson::write(&serde_json::json!({"x": 1})).unwrap();
    let (id, time) = (MessageId::new("n1", 0), "2026-11-26T11:02:49.658508");
    let hello = PeerMessage::new(id, "s1", "n1", "HELLO", value, time);
    let (id, time) = (MessageId::new("s1", 0), "2026-11-26T11:02:49.658509");
    let confirmation = hello.confirmation(id, "s1", time).unwrap();
    for message in [hello, confirmation] {
        let block = blocks.next().expect("it is documented");
        assert_eq!(message.encode(), block.as_bytes());
        assert_eq!(PeerMessage::decode(block.as_bytes()), Ok(message));
    }
    assert_eq!(blocks.next(), None);
}

#[test]
fn frames_are_written_as_documented() {
    let written = [
        Link::Node.frames(&[], "n1", b"json".into()),
        Link::Peer("d").frames(&[], "d", b"json".into()),
        Link::Station("s1").frames(&[], "s1", b"json".into()),
        Link::Station("s1").frames(&[], "n1", b"json".into()),
        Link::Station("s1").frames(&["s2"], "n1", b"json".into()),
        Link::Above("up").frames(&[], "up", b"json".into()),
        Link::Above("up").frames(&[], "n1", b"json".into()),
        Link::Above("up").frames(&["s2"], "n1", b"json".into()),
        ping("up"),
    ];
    let shown = |frames: &Vec<Vec<u8>>| {
        let frames = frames.iter().map(|frame| match &frame[..] {
            b"json" => "json".to_owned(),
            name => format!("{:?}", str::from_utf8(name).unwrap()),
        });
        format!("[{}]", frames.collect::<Vec<_>>().join(", "))
    };
    let documented = part("## The frames").lines();
    let documented = documented.filter_map(|line| line.strip_suffix("` |")?.rsplit_once("| `"));
    let documented: Vec<&str> = documented.map(|(_, frames)| frames).collect();
    assert_eq!(written.iter().map(shown).collect::<Vec<_>>(), documented);
}

#[test]
fn arrays_are_read_and_written_as_documented() {
    let mut blocks = blocks(part("## Arrays"));
    let json = PythonJson::check(blocks.next().expect("as autopilot writes it"));
    let Ok(ArrayMember::Plain(array)) = json.unwrap().read() else {
        panic!("it is not packed");
    };
    assert_eq!(array.bytes, [0, 0, 1, 0, 2, 0]);
    let written = PythonJson::write(&Sendable(&array)).unwrap();
    assert_eq!(Some(written.as_str()), blocks.next());
    assert_eq!(blocks.next(), None);
}

#[test]
fn streams_are_written_as_documented() {
    let header = |name: &str, json: &str| (name.to_owned(), PythonJson::check(json).unwrap());
    let headers = vec![
        header("subject", "\"\""),
        header("pilot", "null"),
        header("continuous", "true"),
    ];
    let items = [1, 2].map(|item| PythonJson::write(&item).unwrap());
    let batch = StreamBatch::new("DATA", headers, &items);
    let time = "2026-11-26T11:07:15.525592";
    let message = batch.message(MessageId::new("st", 0), "a", "b_st", time);
    let block = blocks(part("## Streams")).next().expect("a message");
    assert_eq!(message.encode(), block.as_bytes());
}

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

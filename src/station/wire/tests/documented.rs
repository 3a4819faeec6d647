//! The bytes in docs/station.md are those that are written and read.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use super::*;

const DOCUMENT: &str = include_str!("../../../../docs/station.md");

/// The frame below each heading: the digits at the beginning of indented lines, up to two spaces.
fn documented() -> BTreeMap<String, Vec<u8>> {
    let mut frames: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut heading = "";
    for line in DOCUMENT.lines() {
        if let Some(text) = line.strip_prefix("### ") {
            heading = text;
        } else if let Some(line) = line.strip_prefix("    ") {
            let digits = line.split("  ").next().unwrap_or_default();
            let digits: String = digits.split_whitespace().collect();
            let bytes = (0..digits.len()).step_by(2).map(|at| {
                let digits = digits.get(at..at + 2).expect("an even number");
                u8::from_str_radix(digits, 16).expect("digits")
            });
            frames.entry(heading.to_owned()).or_default().extend(bytes);
        }
    }
    frames
}

fn claim() -> Claim {
    Claim {
        name: "rig1".to_owned(),
        life: life(0x0b),
        moves: vec![1, 2],
    }
}

/// What the frames say, by their headings.
fn meant() -> Vec<(&'static str, Header)> {
    let credit = Credit {
        messages: 8,
        bytes: 65536,
    };
    let token = 0x0102_0304_0506_0708;
    let data = Data {
        token,
        seq: 7,
        base: 5,
        is_redelivered: true,
        body: BodyKind::Utf8,
        left: NonZeroU32::new(60000),
        time: 1,
        ..Data::default()
    };
    let ack = Ack {
        token,
        life: life(0x0b),
        handled: 7,
        accepted: 9,
        credit,
        failed: vec![Failed {
            seq: 5,
            fault: Fault::Error,
            text: "full".to_owned(),
        }],
    };
    let open = Open {
        life: life(0x0a),
        opening: 3,
        base: 5,
        keep_for: 65000,
    };
    let opened = Opened {
        opening: 3,
        token,
        life: life(0x0b),
        handled: 5,
        accepted: 6,
        credit,
    };
    let reply = Data {
        token,
        at_most_once: true,
        reply_to: Some(ReplyTo {
            life: life(0x0a),
            seq: 9,
        }),
        body: BodyKind::Array,
        key: "k".to_owned(),
        headers: vec![("a".to_owned(), "bc".to_owned())],
        compression: Some(Compression::Lz4),
        ..Data::default()
    };
    let reset = Content::Reset {
        token,
        life: life(0x0b),
    };
    let busy = Content::Busy {
        opening: 3,
        retry_after: 1000,
    };
    let refuse = Content::Refuse {
        token,
        seq: 7,
        why: Refusal::Congested,
    };
    let contents = [
        ("OPEN", Content::Open(open)),
        ("OPENED", Content::Opened(opened)),
        ("DATA", Content::Data(data)),
        ("ACK", Content::Ack(ack)),
        ("RESET", reset),
        ("BUSY", busy),
        ("END", Content::End { token, next: 9 }),
        ("REFUSE", refuse),
        ("PROBE", Content::Probe { life: life(0x0b) }),
        ("ALIVE", Content::Alive { life: life(0x0b) }),
    ];
    let mut all: Vec<(&str, Header)> = contents
        .map(|(heading, content)| (heading, Header::Routed(routed(content))))
        .into();
    let everything = Routed {
        lane: 1,
        hops: vec!["rig1".to_owned()],
        ..routed(Content::Data(reply))
    };
    all.push(("DATA with all fields", Header::Routed(everything)));

    let registration = Registration {
        claim: claim(),
        is_held: true,
    };
    let admitted = Admitted {
        name: "rig1".to_owned(),
        life: life(0x0b),
        outcome: Outcome::Duplicate,
        station: life(0x0c),
        ancestors: vec![life(0x0d)],
    };
    let rows = [RowState::Confirmed, RowState::Gone].map(|state| Row {
        claim: claim(),
        state,
    });
    let pong = LinkMessage::Pong {
        life: life(0x0c),
        is_registered: true,
        ancestors: vec![life(0x0d)],
    };
    let watch = LinkMessage::Watch {
        prefix: "rig".to_owned(),
        is_on: true,
    };
    let links = [
        ("REGISTER", LinkMessage::Register(registration)),
        ("REGISTERED", LinkMessage::Registered(admitted)),
        ("ADVERT", LinkMessage::Advert(rows.into())),
        ("WITHDRAW", LinkMessage::Withdraw(claim())),
        ("PING", LinkMessage::Ping),
        ("PONG", pong),
        ("WATCH", watch),
    ];
    all.extend(links.map(|(heading, link)| (heading, Header::Link(link))));
    all
}

#[test]
fn frames_are_written_and_read_as_documented() {
    let mut documented = documented();
    for (heading, header) in meant() {
        let bytes = documented.remove(heading);
        let bytes = bytes.unwrap_or_else(|| panic!("{heading} is not documented"));
        assert_eq!(
            hex(&header.encode().expect("it is small")),
            hex(&bytes),
            "{heading}"
        );
        assert_eq!(Header::decode(&bytes), Ok(header), "{heading}");
    }
    let array = documented.remove("An array").expect("it is documented");
    let (described, dims) = ("<f4".to_owned(), vec![2, 3]);
    let described = ArrayHeader {
        dtype: described,
        dims,
    };
    assert_eq!(hex(&described.encode().unwrap()), hex(&array));
    assert_eq!(ArrayHeader::decode(&array), Ok(described));
    let batch = documented.remove("A batch").expect("it is documented");
    let mut written = Vec::new();
    for (kind, body) in batch_bodies() {
        append_item(&mut written, kind, &body);
    }
    assert_eq!(hex(&written), hex(&batch));
    assert_eq!(items(&batch, false), batch_bodies());
    let compressed = documented.remove("A compressed batch");
    let long = [(BodyKind::Bytes, vec![0x61; 32].into())];
    assert_eq!(items(&compressed.expect("it is documented"), true), long);
    assert!(documented.is_empty(), "not tested: {documented:?}");
}

/// The items of the batch in the document.
fn batch_bodies() -> Vec<(BodyKind, FrameList)> {
    let array = b"\x03|u1\x01\x00\x00\x00\x02".as_slice();
    vec![
        (BodyKind::Utf8, "abc".into()),
        (BodyKind::None, FrameList::new()),
        (BodyKind::Items, ["x", ""].into()),
        (BodyKind::Array, [array, &[1, 2]].into()),
    ]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn numbers_are_as_documented() {
    let numbers = |heading: &str| {
        let line = DOCUMENT.lines().find(|line| line.starts_with(heading));
        line.unwrap_or_else(|| panic!("no line {heading}"))
            .to_owned()
    };
    let listed = |choices: &[String]| {
        let listed = choices.iter().enumerate();
        let listed: Vec<_> = listed.map(|(n, it)| format!("{n} {it}")).collect();
        listed.join(", ")
    };
    let refusals = Refusal::ALL.map(|it| format!("{it:?}"));
    assert!(numbers("Reasons: ").contains(&listed(&refusals)));
    let bodies = [
        "none",
        "bytes",
        "UTF-8",
        "JSON",
        "array",
        "items",
        "MessagePack",
    ];
    assert_eq!(bodies.len(), BodyKind::ALL.len());
    assert!(numbers("Kinds of bodies: ").contains(&listed(&bodies.map(str::to_owned))));
    for (number, kind) in (0..).zip(BodyKind::ALL) {
        assert_eq!(kind.number(), number);
    }
}

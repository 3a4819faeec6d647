//! Each message that was recorded is understood, and answered as autopilot answers it; the exceptions are in this file,
//! with their reasons.

use super::recorded::{Frames, Vector};
use super::*;

#[test]
fn each_is_understood_and_answered_as_recorded() {
    let vectors = Vector::all();
    for vector in &vectors {
        let name = &vector.name;
        match expectation(name) {
            Some(check) => check(vector),
            None => panic!("nothing is expected of {name}"),
        }
    }
    assert_eq!(vectors.len(), 174);
}

type Check = fn(&Vector);

/// What is to be so, by the beginning of a vector's name.
fn expectation(name: &str) -> Option<Check> {
    const ALL: [(&str, Check); 16] = [
        ("send_", is_from_a_node),
        ("value_", is_from_a_node),
        ("key_", is_from_a_node),
        ("array_", is_from_a_node),
        ("np", is_from_a_node),
        ("blosc_", is_from_a_node),
        ("msg_", is_from_a_node),
        ("no_key", is_from_a_node),
        ("stream_", is_from_a_node),
        ("in_", is_to_a_node),
        ("station_from_up_", is_to_a_station_from_above),
        ("station_originates_", is_from_a_station),
        ("station_", is_to_a_station),
        ("router_node_", is_with_a_direct_peer),
        ("ours_down_", is_ours_through_a_station),
        ("safe_array_", is_ours),
    ];
    let found = ALL.iter().find(|(prefix, _)| name.starts_with(prefix));
    found.map(|(_, check)| *check)
}

/// Our words for what we refuse.
fn refusal(name: &str) -> Option<&'static str> {
    const NOT_AN_OBJECT: &str = "its JSON is not an object";
    const FLAGS: &str = "its flags: it is not an object";
    let words = match name {
        "in_flags_null" | "in_flags_list" | "station_flags_null" => FLAGS,
        "in_sender_number" => "its sender: it is neither a name nor a list of names",
        "in_sender_null" | "station_no_sender" => "it has no sender, or null",
        // A Station would confirm null.
        "in_id_null" | "in_json_empty_object" | "station_id_null" => "it has no id, or null",
        "in_key_missing" => "it has no key, or null",
        "in_key_list" => "its key: it is not a text",
        "in_garbage" | "station_garbage" => "its JSON is not UTF-8",
        "station_garbage_recipient" => "its path is not UTF-8",
        "in_json_array" | "in_json_number" => NOT_AN_OBJECT,
        "in_deep" => "it is not JSON: at its byte 189 it is in more than 127 lists and objects",
        "in_attr_overwrite" => "its JSON: it has a member validate, which stalls autopilot",
        "station_closing" => "it asks a station to end, which no peer may",
        // Python finds out the encoding. It never sends another one itself.
        "in_utf8_bom" => "it is not JSON: its byte 0 is not a value",
        "in_utf16" => "its JSON is not UTF-8",
        _ => return None,
    };
    Some(words)
}

/// Reads what was sent; `None` if it is refused, as it should be.
fn read(vector: &Vector, side: Side, us: &str) -> Option<Received> {
    let name = &vector.name;
    match (Received::read(&vector.sent(), side, us), refusal(name)) {
        (Err(error), Some(words)) => {
            assert_eq!(error.to_string(), words, "{name}");
            None
        }
        (Ok(received), None) => Some(received),
        (received, words) => panic!("{name}: {received:?}, and not {words:?}"),
    }
}

fn json(frames: &Frames) -> &[u8] {
    frames.last().expect("a frame")
}

/// We are the upstream `a` of a Net_Node, and could have written the same.
fn is_from_a_node(vector: &Vector) {
    let name = &vector.name[..];
    // What JSON does not have is not sent; nor is the rest of a stream.
    const NOTHING: [&str; 5] = [
        "value_bytes",
        "value_datetime",
        "value_set",
        "no_key",
        "stream_end",
    ];
    match vector.frames() {
        None => assert!(NOTHING.contains(&name), "{name}"),
        Some(frames) => is_from_a_node_to(name, &frames, "a"),
    }
}

fn is_from_a_node_to(name: &str, frames: &Frames, us: &str) {
    let [id, frames @ ..] = &frames[..] else {
        panic!("{name}: no routing id")
    };
    let arrived = message(frames, Side::Below, us);
    let written = arrived.message.encode();
    assert_eq!(text(&written), text(json(&frames.to_vec())), "{name}");
    let id = str::from_utf8(id).expect("a name");
    assert_eq!(arrived.behind(id), None, "{name}");

    let (recipient, path): (_, &[&str]) = match name {
        "send_to_other" | "send_force_to" | "send_list_2" => ("c", &[]),
        "send_list_4" => ("n3", &["s1", "s2", "s3"]),
        "key_unicode_id" => ("\u{e9}", &[]),
        // The frames say that it is for us. autopilot drops it.
        "msg_prepared" => ("z", &[]),
        "router_node_send_before_known" => ("d", &[]),
        "router_node_sender_not_identity" => ("dd", &[]),
        _ => ("a", &[]),
    };
    assert_eq!(arrived.recipient, recipient, "{name}");
    assert_eq!(arrived.path, path, "{name}");

    let above = str::from_utf8(&frames[0]).expect("a name");
    let path = path.strip_prefix(&[above]).unwrap_or(path);
    let recipient = match name {
        "msg_prepared" => "a",
        _ => recipient,
    };
    let written = Link::Above(above).frames(path, recipient, written);
    match name {
        // Twice the same name, the last station's and the node's.
        "send_list_2" => assert_eq!(written, [&frames[..2], &frames[3..]].concat()),
        _ => assert_eq!(written, frames, "{name}"),
    }
}

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).expect("a text")
}

/// The same confirmation as was recorded, with its id and its time.
fn confirmation(of: &PeerMessage, recorded: &PeerMessage, us: &str) -> Option<PeerMessage> {
    let timestamp: String = recorded.timestamp.read().expect("a text");
    of.confirmation(recorded.id.clone(), us, &timestamp)
}

/// We are the Net_Node `b`, which is connected to `a`.
fn is_to_a_node(vector: &Vector) {
    let name = &vector.name[..];
    let arrived = match read(vector, Side::Above, "b") {
        None => return,
        Some(Received::Message(arrived)) => arrived,
        Some(received) => {
            assert_eq!((name, received), ("in_empty_frame", Received::Pong));
            return;
        }
    };
    let message = &arrived.message;
    if let [value] = &vector.handler_got[..]
        && (name.starts_with("in_") && !name.contains("array") && !name.contains("stream"))
    {
        let value = if value == "None" { "null" } else { value };
        assert_eq!(message.value.as_str(), value, "{name}");
    }
    // It is for whoever receives it; where a station would send it on is another matter.
    let to = match name {
        "in_to_wrong" => "somebody",
        "in_8frames" => "x",
        _ => "b",
    };
    assert_eq!(arrived.recipient, to, "{name}");

    let Some(recorded) = vector.frames() else {
        // It stalls before it can confirm.
        const STALLS: [&str; 4] = [
            "in_array_raw15",
            "in_array_raw0",
            "in_array_bad_shape",
            "in_array_bad_dtype",
        ];
        assert_eq!(
            message.is_to_be_confirmed(),
            STALLS.contains(&name),
            "{name}"
        );
        return;
    };
    let recorded = &recorded[1..];
    let theirs = super::message(recorded, Side::Below, "a").message;
    let ours = confirmation(message, &theirs, "b").expect("it is to be confirmed");
    assert_eq!(theirs.confirms(), Some(Ok(message.id.clone())), "{name}");
    let frames = match name {
        "in_sender_list" => Link::Above("x").frames(&["y"], "y", ours.encode()),
        _ => Link::Above("a").frames(&[], ours.to.name(), ours.encode()),
    };
    match name {
        // Three times the same name: harmless, and nobody needs it.
        "in_sender_list" => {
            assert_eq!(message.sender.path(), ["x"]);
            assert_eq!(json(&frames), json(&recorded.to_vec()));
        }
        _ => assert_eq!(frames, recorded, "{name}"),
    }
}

/// We are the Station `s1` between `up` and the nodes `n1` and `n2`, and have this from `n1`.
fn is_to_a_station(vector: &Vector) {
    let name = &vector.name[..];
    let sent = vector.sent();
    let arrived = match read(vector, Side::Below, "s1") {
        None => {
            // It confirms an id that is null.
            assert_eq!(vector.to_n1().is_some(), name == "station_id_null");
            return;
        }
        Some(Received::Ping) => return assert_eq!(vector.to_n1(), Some(sent), "{name}"),
        Some(Received::Pong) => panic!("{name} came from below"),
        Some(Received::Message(arrived)) => arrived,
    };
    let message = &arrived.message;
    let path: Vec<&str> = arrived.path.iter().map(String::as_str).collect();
    let nothing = [vector.to_upstream(), vector.to_n1(), vector.to_n2()]
        .iter()
        .all(Option::is_none);
    match (&arrived.recipient[..], &path[..]) {
        ("s1", []) if message.is_to_be_confirmed() && nothing => {
            // autopilot takes the routing id for the recipient; and ends.
            assert!(
                ["station_to_self_1frame", "station_kill"].contains(&name),
                "{name}"
            );
        }
        ("s1", []) => {
            let confirms = vector.to_n1().map(|frames| {
                let confirmation = super::message(&frames, Side::Above, "n1").message;
                assert_eq!(frames.len(), 1, "{name}");
                confirmation
                    .confirms()
                    .expect("it confirms")
                    .expect("an id")
            });
            let is_wanted = message.is_to_be_confirmed();
            assert_eq!(confirms, is_wanted.then(|| message.id.clone()), "{name}");
        }
        ("n2", []) => {
            let frames = vector.to_n2().expect("it is sent on");
            let ours = Link::Node.frames(&path, "n2", json(&sent).to_vec());
            // At the end of a path, autopilot leaves a name before it, which nobody reads.
            let names = usize::from(name == "station_to_sibling_list");
            assert_eq!(ours, frames[names..], "{name}");
        }
        // Without anybody above, nothing is sent; autopilot says nothing, either.
        _ if name == "station_to_unknown_nopusher" => assert!(nothing),
        // The frames say that it is for us, and the JSON does not: autopilot drops it.
        ("other", []) => assert_eq!((name, nothing), ("station_recipient_frame_vs_json", true)),
        (recipient, path) => {
            let up = vector.to_upstream().expect("it is sent up");
            let rest = path.strip_prefix(&["up"]).unwrap_or(path);
            let mut ours = Link::Above("up").frames(rest, recipient, json(&sent).to_vec());
            if name == "station_multihop_2frames_after" {
                // autopilot leaves out its upstream, which takes the next station for itself.
                ours.remove(0);
            }
            assert_eq!(ours, up[1..], "{name}");
        }
    }
}

/// The same, from `up`.
fn is_to_a_station_from_above(vector: &Vector) {
    let name = &vector.name[..];
    let received = read(vector, Side::Above, "s1").expect("none of these is refused");
    let Received::Message(arrived) = received else {
        return assert_eq!((name, received), ("station_from_up_ping", Received::Pong));
    };
    let sent = vector.sent();
    assert_eq!(arrived.path, [""; 0], "{name}");
    if !name.contains("_for_n1_") {
        assert_eq!(arrived.recipient, "s1", "{name}");
        assert!(arrived.message.is_to_be_confirmed());
        // So it is with one frame, and the confirmation comes back only then.
        let ours = Link::Station("s1").frames(&[], "s1", json(&sent).to_vec());
        assert_eq!(ours == sent, vector.to_upstream().is_some(), "{name}");
        if let Some(up) = vector.to_upstream() {
            let confirms = message(&up[1..], Side::Below, "up").message.confirms();
            assert_eq!(confirms, Some(Ok(arrived.message.id)));
        }
        return;
    }
    assert_eq!(arrived.recipient, "n1", "{name}");
    // What is sent to n1 as if it came through a ROUTER is sent on, and else nothing is.
    let ours = Link::Station("s1").frames(&[], "n1", json(&sent).to_vec());
    match name {
        "station_from_up_for_n1_as_router" => assert_eq!(ours[1..], sent[1..]),
        "station_from_up_for_n1_as_router_path" => {
            assert_eq!(ours[1..], [&sent[1..3], &sent[4..]].concat());
        }
        _ => assert_eq!(vector.to_n1(), None, "{name}"),
    }
    if let Some(frames) = vector.to_n1() {
        assert_eq!(
            message(&frames, Side::Above, "n1").recipient,
            "n1",
            "{name}"
        );
        assert_eq!(json(&frames), json(&sent), "{name}");
    }
}

/// We are the upstream of the Station `s1`, or its node `n1`.
fn is_from_a_station(vector: &Vector) {
    let frames = vector.frames().expect("it sent something");
    let (us, arrived) = match vector.name.contains("upstream") {
        true => ("up", message(&frames[1..], Side::Below, "up")),
        false => ("n1", message(&frames, Side::Above, "n1")),
    };
    assert_eq!(arrived.recipient, us);
    assert_eq!(arrived.behind("s1"), None);
    assert!(arrived.message.is_to_be_confirmed());
    assert_eq!(arrived.message.encode(), json(&frames));
}

/// We are the Net_Node `na`, which has a router, and whose upstream is `a`; or `d`, which is connected to it.
fn is_with_a_direct_peer(vector: &Vector) {
    let name = &vector.name[..];
    if vector.is_sent() {
        return is_from_a_direct_peer(vector);
    }
    let Some(frames) = vector.to_dealer() else {
        let frames = vector.to_upstream().expect("it sent something");
        return is_from_a_node_to(name, &frames, "a");
    };
    let arrived = message(&frames, Side::Above, "d");
    let to = if name == "router_node_send_list2" {
        "e"
    } else {
        "d"
    };
    assert_eq!(arrived.recipient, to, "{name}");
    let written = arrived.message.encode();
    match name {
        // It sends the path alone, which has lost its beginning.
        "router_node_send_list2" => assert_eq!(written, json(&frames)),
        _ => assert_eq!(Link::Peer("d").frames(&[], to, written), frames, "{name}"),
    }
}

fn is_from_a_direct_peer(vector: &Vector) {
    let name = &vector.name[..];
    let received = read(vector, Side::Below, "na").expect("none of these is refused");
    let Received::Message(arrived) = received else {
        // A Net_Node does not answer. Who is connected to one has no use of an answer, and no harm.
        return assert_eq!((name, received), ("router_node_ping_empty", Received::Ping));
    };
    assert_eq!(arrived.recipient, "na", "{name}");
    match vector.to_dealer() {
        Some(frames) => {
            let theirs = message(&frames, Side::Above, "d").message;
            let ours = confirmation(&arrived.message, &theirs, "na").expect("it is wanted");
            let ours = Link::Peer("d").frames(&[], "d", ours.encode());
            assert_eq!(ours, frames, "{name}");
            assert_eq!(arrived.behind("d"), None);
        }
        None => {
            assert_eq!(name, "router_node_sender_not_identity");
            assert_eq!(arrived.behind("d"), Some("dd"));
            is_from_a_node_to(name, &vector.to_upstream().expect("a confirmation"), "a");
        }
    }
}

/// We send this to a Net_Node.
fn is_ours(vector: &Vector) {
    let frames = vector.frames().expect("it is sent");
    let arrived = message(&frames, Side::Above, "b");
    assert!(!arrived.message.is_to_be_confirmed());
    assert_eq!(Link::Node.frames(&[], "b", json(&frames).to_vec()), frames);
}

/// We send this to `n1`, by way of the Station `s1`.
fn is_ours_through_a_station(vector: &Vector) {
    let frames = vector.frames().expect("it is sent");
    let ours = Link::Station("s1").frames(&[], "n1", json(&frames).to_vec());
    assert_eq!(ours, frames[1..]);
}

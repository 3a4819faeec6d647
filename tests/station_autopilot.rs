//! Programs that talk as autopilot's do, below a station of ours: plain sockets, and their frames by hand. With autopilot
//! itself: tests/interop_station.

#![cfg(feature = "station")]

use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};
use zeroless::station::{End, Message, Node, Presence};
use zeroless::{Client, Dealer};

/// No wait of these tests is longer.
const LIMIT: Duration = Duration::from_secs(60);

/// A Net_Node of autopilot's, as far as its upstream sees it.
struct NetNode {
    name: String,
    dealer: Dealer,
    sent: u32,
}

impl NetNode {
    fn connect(name: &str, station: &Node) -> NetNode {
        let client = Client::connect(station.port()).expect("a client");
        let dealer = client.identity(name).dealer().expect("a dealer");
        NetNode {
            name: name.to_owned(),
            dealer,
            sent: 0,
        }
    }

    fn message(&mut self, to: &str, key: &str, value: &Value, flags: &Value) -> Value {
        self.sent += 1;
        json!({
            "id": format!("{}_{}", self.name, self.sent), "to": to, "sender": self.name, "key": key, "value": value,
            "timestamp": "2026-11-26T11:02:49.658508", "changed": false, "flags": flags, "blosc": false, "ttl": 2,
        })
    }

    fn send(&mut self, to: &str, key: &str, value: &Value) -> Value {
        let message = self.message(to, key, value, &json!({}));
        self.send_json(to, &message);
        message["id"].clone()
    }

    fn send_json(&self, to: &str, message: &Value) {
        let frames = ["a".to_owned(), to.to_owned(), message.to_string()];
        self.dealer.send(frames).expect("it is there");
    }

    /// The next message, of one frame.
    fn recv(&self) -> Value {
        let message = self.dealer.recv_timeout(LIMIT).expect("a message");
        assert_eq!(message.frame_count(), 1);
        serde_json::from_slice(&message.frames()[0]).expect("JSON")
    }

    /// The next message, which it confirms.
    fn recv_and_confirm(&mut self) -> Value {
        let message = self.recv();
        self.send(
            message["sender"].as_str().expect("a sender"),
            "CONFIRM",
            &message["id"],
        );
        message
    }

    fn is_confirmed(&self, id: &Value) {
        let confirmation = self.recv();
        assert_eq!(
            (&confirmation["key"], &confirmation["value"]),
            (&json!("CONFIRM"), id)
        );
    }
}

/// A station, and the values that come to it with the key K.
fn station(id: &str) -> (Node, Receiver<Value>) {
    let (sender, got) = channel();
    let node = Node::builder(id)
        .bind("tcp://127.0.0.1:0")
        .timeout(LIMIT)
        .listen("K", move |value: Value, _: &Message| {
            let _ = sender.send(value);
        })
        .start()
        .expect("a station");
    (node, got)
}

fn next(got: &Receiver<Value>) -> Value {
    got.recv_timeout(LIMIT).expect("a message")
}

/// One that our node knows and has confirmed a message of.
fn known(name: &str, us: &Node, got: &Receiver<Value>) -> NetNode {
    let mut node = NetNode::connect(name, us);
    node.send("a", "K", &json!(0));
    next(got);
    node.is_confirmed(&json!(format!("{name}_1")));
    node
}

#[test]
fn a_message_that_is_repeated_is_handled_once_and_confirmed_again() {
    let (us, got) = station("a");
    let mut node = NetNode::connect("b", &us);
    let message = node.message("a", "K", &json!(1), &json!({}));
    for _ in 0..3 {
        node.send_json("a", &message);
        node.is_confirmed(&message["id"]);
    }
    node.send("a", "K", &json!(2));
    assert_eq!((next(&got), next(&got)), (json!(1), json!(2)));
}

#[test]
fn what_is_no_message_harms_nobody() {
    let (us, got) = station("a");
    let mut node = NetNode::connect("b", &us);
    let stalls = [
        &b"\xff\xfe"[..],
        b"[1]",
        b"5",
        b"{}",
        b"CLOSING",
        b"KILL",
        b"\xf5\x01",
        &[b'['; 100_000],
    ];
    let flags = [
        json!({"flags": null}),
        json!({"flags": [1]}),
        json!({"sender": 5}),
        json!({"key": []}),
        json!({"validate": 1}),
        json!({"sender": "a"}),
        json!({"id": "x".repeat(2000)}),
    ];
    for (round, stall) in (0..).zip(stalls) {
        let frames = [b"a", b"a", stall].map(<[u8]>::to_vec);
        node.dealer.send(frames).expect("it is there");
        node.dealer.send([stall.to_vec()]).expect("it is there");
        node.send("a", "K", &json!(round));
        assert_eq!(next(&got), json!(round));
    }
    for member in &flags {
        let mut message = node.message("a", "K", &json!("bad"), &json!({}));
        let members = message.as_object_mut().expect("an object");
        members.extend(member.as_object().expect("an object").clone());
        node.send_json("a", &message);
        node.send("a", "K", member);
        assert_eq!(&next(&got), member);
    }
}

#[test]
fn a_ping_comes_back_as_it_is() {
    let (us, _) = station("a");
    let node = NetNode::connect("b", &us);
    node.dealer.send(["a", ""]).expect("it is there");
    let echo = node.dealer.recv_timeout(LIMIT).expect("an echo");
    assert_eq!(echo.frames(), ["a", ""]);
}

#[test]
fn what_would_harm_a_program_is_not_sent_to_it() {
    let (us, got) = station("a");
    let mut node = NetNode::connect("b", &us);
    node.send("a", "K", &json!(0));
    next(&got);
    for (key, words) in [
        ("KILL", "KILL would end"),
        ("CONFIRM", "a word of autopilot's own"),
    ] {
        let end = us
            .send("b", key, ())
            .expect("it is taken")
            .end_timeout(LIMIT);
        assert!(matches!(end, Ok(End::Failed(reason)) if reason.contains(words)));
    }
    // An array whose bytes are not as many as its shape says.
    let array = json!({"NUMPY_ARRAY": "YWJj", "DTYPE": "int16", "SHAPE": [2]});
    let end = us
        .send("b", "GOT", &json!([{"x": array}]))
        .expect("it is taken")
        .end_timeout(LIMIT);
    assert!(matches!(end, Ok(End::Failed(reason)) if reason.contains("2 items of 2 bytes")));
    let asked = us
        .request("b", "GOT", ())
        .expect_err("it does not reply")
        .to_string();
    assert!(asked.contains("does not reply to requests"), "{asked}");
    us.send("b", "STREAM", &json!({"inner_key": "K", "payload": []}))
        .expect("it is taken");
    node.is_confirmed(&json!("b_1"));
    let stream = node.recv_and_confirm();
    assert_eq!(
        (&stream["key"], &stream["flags"]["MINPRINT"]),
        (&json!("STREAM"), &json!(true))
    );
}

#[test]
fn a_message_ends_as_its_program_lets_it() {
    let (us, got) = station("a");
    let mut node = known("b", &us, &got);
    let ticket = us.send("b", "GOT", &1).expect("it is taken");
    let message = node.recv();
    // Another's confirmation, and one of another message, count for nothing.
    let mut other = NetNode::connect("c", &us);
    other.send("a", "CONFIRM", &message["id"]);
    other.send("a", "K", &json!(1));
    assert_eq!(next(&got), json!(1));
    node.send("a", "CONFIRM", &json!("a_1"));
    node.send("a", "K", &json!(2));
    assert_eq!(next(&got), json!(2));
    assert_eq!(ticket.end(), None);
    let mut back = other.message("a", "K", &json!(3), &json!({}));
    back["id"] = message["id"].clone();
    other.send_json("a", &back);
    other.send("a", "K", &json!(4));
    assert_eq!(next(&got), json!(4));
    assert_eq!(ticket.end(), None);
    node.send("a", "CONFIRM", &message["id"]);
    assert_eq!(ticket.end_timeout(LIMIT).expect("an end"), End::Received);
    // One that is not confirmed, and the one behind it.
    let late = Message::builder("b", "GOT")
        .value(&2)
        .timeout(Duration::from_millis(300));
    let late = us.send_message(late).expect("it is taken");
    let after = us.send("b", "GOT", &3).expect("it is taken");
    assert_eq!(late.end_timeout(LIMIT).expect("an end"), End::Unknown);
    let flags = us.send_message(
        Message::builder("b", "GOT")
            .header("NOLOG", "true")
            .header("run", "17")
            .unconfirmed(),
    );
    flags.expect("it is taken");
    let mut got = Vec::new();
    while got.len() < 3 {
        let message = node.recv();
        if message["key"] == json!("GOT") {
            got.push(message["value"].clone());
            if message["value"] == json!(null) {
                assert_eq!(
                    message["flags"],
                    json!({"NOLOG": true, "run": "17", "NOREPEAT": true})
                );
            } else if message["value"] == json!(3) {
                node.send("a", "CONFIRM", &message["id"]);
            }
        }
    }
    assert_eq!(got, [json!(2), json!(3), json!(null)]);
    assert_eq!(after.end_timeout(LIMIT).expect("an end"), End::Received);
}

#[test]
fn a_message_that_comes_back_was_not_sent() {
    let (us, got) = station("a");
    let node = known("s1", &us, &got);
    let ticket = us.send("s1", "GOT", &1).expect("it is taken");
    node.send_json("x", &node.recv());
    assert_eq!(ticket.end_timeout(LIMIT).expect("an end"), End::NotSent);
}

#[test]
fn a_message_is_unknown_once_its_program_is_gone() {
    let (us, got) = station("a");
    let node = known("b", &us, &got);
    let ticket = us.send("b", "GOT", &1).expect("it is taken");
    node.recv();
    drop(node);
    assert_eq!(ticket.end_timeout(LIMIT / 2).expect("an end"), End::Unknown);
}

#[test]
fn a_message_waits_for_a_program_that_comes_back() {
    let (us, got) = station("a");
    let mut node = NetNode::connect("b", &us);
    node.send("a", "K", &json!(0));
    next(&got);
    let presence = us.watch("b").expect("a watch");
    assert_eq!(
        presence.recv_timeout(LIMIT).expect("it is there"),
        Presence::Appeared("b".to_owned())
    );
    drop(node);
    assert_eq!(
        presence.recv_timeout(LIMIT).expect("it is gone"),
        Presence::Gone("b".to_owned())
    );
    let ticket = us.send("b", "GOT", &1).expect("it is taken");
    let mut again = NetNode::connect("b", &us);
    again.send("a", "K", &json!(1));
    while again.recv_and_confirm()["key"] != json!("GOT") {}
    assert!(matches!(ticket.end_timeout(LIMIT), Ok(End::Received)));
}

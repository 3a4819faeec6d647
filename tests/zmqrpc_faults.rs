//! Each input that ends or wedges pyzmqrpc3's server leaves ours as it was: the next honest call is answered. So does any
//! sequence of frames.

#![cfg(feature = "zmqrpc")]

#[path = "support/zmqrpc.rs"]
mod recorded;
mod support;

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use recorded::{Bad, Boom, Echo, RetCmd, serve, vectors};
use serde_json::{Value, json};
use support::{SOON, blocked, deadline, deadline_after, until};
use zeroless::rpc::zmqrpc::{self, Client, HEARTBEAT, Receiver, Reply, Running, Server};
use zeroless::rpc::{CallError, Failure};
use zeroless::{Message, Requester};

fn requester(port: u16) -> Requester {
    zeroless::Client::connect(port).unwrap().request().unwrap()
}

/// A large reply, and a panic with its backtrace, take a while on a busy machine, without optimization.
const LONG: Duration = Duration::from_secs(60);

/// The status code that the server replies with.
fn code(requester: &Requester, message: impl zeroless::Frames) -> u16 {
    let reply = requester.request_timeout(message, LONG).unwrap();
    Reply::from_bytes(reply.as_bytes()).unwrap().code()
}

#[track_caller]
fn answers(client: &Client) {
    assert_eq!(
        client.call(&Echo(json!({"a": 1}))).unwrap(),
        json!({"a": 1})
    );
}

fn both() -> (Running, Client, Requester) {
    let server = serve();
    let client = Client::connect(server.port()).unwrap();
    let requester = requester(server.port());
    (server, client, requester)
}

#[test]
fn a_call_whose_time_is_over_before_it_begins_is_not_sent() {
    deadline(|| {
        let (_server, client, _) = both();
        answers(&client);
        let outcome = client.call_timeout(&Echo(json!(1)), Duration::ZERO);
        assert!(matches!(outcome, Err(CallError::NotSent { .. })));
    });
}

#[test]
fn a_heartbeat_as_a_request_does_not_wedge_the_server() {
    deadline(|| {
        let (_server, client, requester) = both();
        assert_eq!(code(&requester, HEARTBEAT), 200);
        answers(&client);
    });
}

#[test]
fn a_value_that_json_has_not_does_not_wedge_the_server() {
    deadline(|| {
        let (_server, client, _) = both();
        let failed = client.call(&Bad).unwrap_err();
        let text = "Exception raised when calling service Bad. Exception: JSON has no number NaN ";
        assert_eq!(failed, CallError::Service(Failure::new(text)));
        answers(&client);
    });
}

#[test]
fn a_value_that_is_a_command_does_not_wedge_the_server() {
    deadline(|| {
        let (_server, client, _) = both();
        assert_eq!(client.call(&RetCmd).unwrap().x, 1);
        answers(&client);
    });
}

#[test]
fn a_frame_that_is_not_text_does_not_end_the_server() {
    deadline(|| {
        let (_server, client, requester) = both();
        assert_eq!(code(&requester, [0xffu8, 0xfe]), 400);
        answers(&client);
    });
}

#[test]
fn a_service_that_panics_does_not_end_the_server() {
    deadline_after(2 * LONG, || {
        let (_server, client, _) = both();
        for _ in 0..20 {
            let failed = client.call(&Boom).unwrap_err();
            assert!(failed.to_string().contains("panicked"), "{failed}");
        }
        answers(&client);
    });
}

#[test]
fn of_a_message_of_several_frames_none_is_run() {
    deadline(|| {
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = runs.clone();
        let server = Server::bind(0).unwrap().serve(move |echo: Echo| {
            counted.fetch_add(1, Ordering::Relaxed);
            Ok(echo.0)
        });
        let server = server.start().unwrap();
        let requester = requester(server.port());
        let two = recorded::vector("two_frames_both_commands").request();
        assert_eq!(two.frame_count(), 2);
        assert_eq!(code(&requester, two), 400);
        answers(&Client::connect(server.port()).unwrap());
        assert_eq!(runs.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn json_that_is_nested_deep_is_refused() {
    deadline(|| {
        let (_server, client, _) = both();
        let mut deep = Value::Null;
        for _ in 0..100 {
            deep = json!([deep]);
        }
        assert_eq!(client.call(&Echo(deep.clone())).unwrap(), deep);
        for _ in 0..100 {
            deep = json!([deep]);
        }
        let refused = client.call(&Echo(deep)).unwrap_err();
        assert!(matches!(refused, CallError::BadRequest { .. }), "{refused}");
        answers(&client);
    });
}

/// The reply to a request of this JSON.
fn reply_to(requester: &Requester, json: &str) -> Reply {
    let mut zipped = flate2::write::ZlibEncoder::new(Vec::new(), Default::default());
    zipped.write_all(json.as_bytes()).unwrap();
    let frame = STANDARD.encode(zipped.finish().unwrap());
    let reply = requester.request_timeout(frame, SOON).unwrap();
    Reply::from_bytes(reply.as_bytes()).unwrap()
}

#[test]
fn a_nested_command_is_refused_if_its_field_is_of_another_or_not_of_two_parts() {
    deadline(|| {
        let (_server, client, requester) = both();
        let outer = |inner: &str| {
            let many = r#""many": []"#;
            format!(r#"{{"_icmd_": ["Outer", {{"inner": {inner}, {many}}}]}}"#)
        };
        for (inner, code) in [
            (r#"{"_icmd_": ["Inner", {"x": 1}]}"#, 200),
            (r#"{"_icmd_": ["Unheard", {"x": 1}]}"#, 400),
            (r#"{"_icmd_": ["Inner"]}"#, 400),
            (r#"{"_icmd_": ["Inner", {"x": 1}, 2]}"#, 400),
            (r#"{"x": 1}"#, 400),
        ] {
            assert_eq!(reply_to(&requester, &outer(inner)).code(), code, "{inner}");
        }
        answers(&client);
    });
}

#[test]
fn in_a_field_of_any_json_a_command_is_that_json_whoever_knows_it() {
    deadline(|| {
        let (_server, _, requester) = both();
        let field = json!({"a": [{"_icmd_": ["Unheard", {"x": 1}]}]});
        let command = json!({"_icmd_": ["Echo", field]});
        let reply = reply_to(&requester, &command.to_string());
        assert_eq!(reply.value::<Value>(), Ok(field));
    });
}

#[test]
fn a_silent_server_costs_the_others_nothing() {
    deadline(|| {
        let servers = [serve(), serve()];
        let silent = zeroless::Server::bind(0).unwrap();
        let never_replies = silent.reply().unwrap();
        let ports = [servers[0].port(), silent.port(), servers[1].port()];
        let client = Client::connect(ports).unwrap();
        let calling = blocked(move || client.all(&Echo(json!({"a": 1}))).unwrap());
        let request = never_replies.recv_timeout(SOON).unwrap();
        // Its call ends with it, so nobody has to wait until the time is over.
        let _ = never_replies.close(Duration::ZERO);
        let replies = calling.join().unwrap();
        drop(request);
        let done: Vec<_> = replies.iter().map(|(_, reply)| reply.is_ok()).collect();
        assert_eq!(done, [true, false, true], "{replies:?}");
    });
}

#[test]
fn a_receiver_that_panics_and_one_of_large_replies_go_on() {
    deadline_after(2 * LONG, || {
        let receiver = Receiver::bind(0)
            .unwrap()
            .start(|message| match &message[0] {
                frame if frame == "panic" => panic!("on purpose"),
                frame if frame == "large" => Reply::new(200, "x".repeat(17 << 20)),
                _ => Reply::ok(),
            });
        let receiver = receiver.unwrap();
        let requester = requester(receiver.port());
        for message in ["panic", "large"] {
            assert_eq!(code(&requester, message), 463);
            assert_eq!(code(&requester, "hello"), 200);
        }
    });
}

/// Frames that a peer may send: those of pyzmqrpc3, changed, and any bytes.
fn frame() -> impl Strategy<Value = Vec<u8>> {
    let recorded: Vec<Vec<u8>> = vectors()
        .iter()
        .flat_map(|vector| Vec::<Vec<u8>>::from(vector.request()))
        .filter(|frame| frame.len() < 1000)
        .collect();
    let changed = (
        proptest::sample::select(recorded.clone()),
        any::<(usize, u8)>(),
    );
    let changed = changed.prop_map(|(mut frame, (place, byte))| {
        if !frame.is_empty() {
            let place = place % frame.len();
            frame[place] = byte;
        }
        frame
    });
    prop_oneof![
        proptest::sample::select(recorded),
        changed,
        Just(HEARTBEAT.to_vec()),
        vec(any::<u8>(), 0..40),
    ]
}

#[test]
fn any_sequence_of_frames_leaves_the_next_call_answered() {
    deadline_after(2 * LONG, || {
        let (server, client, _) = both();
        let publishing = Client::new().publish_at(0).unwrap();
        let (tell, told) = mpsc::channel();
        let subscribed = Server::new().subscribe(publishing.port()).unwrap();
        let subscribed =
            subscribed.serve(move |echo: Echo| Ok(tell.send(echo.0).map(|()| json!(null))?));
        let _subscribed = subscribed.start().unwrap();
        let publisher = publishing.publisher().unwrap();
        publisher.wait_for_subscribers(1, SOON).unwrap();
        let messages = vec(vec(frame(), 1..4), 1..20);
        let mut runner = TestRunner::new(Config::with_cases(100));
        let outcome = runner.run(&messages, |messages| {
            // A peer with an envelope of its own, and none at all; and one that has a request under way.
            let peer = zeroless::Client::connect(server.port()).unwrap();
            let (dealer, requester) = (peer.dealer().unwrap(), peer.request().unwrap());
            let mut pending = Vec::new();
            for frames in messages {
                let frames: Message = frames.into_iter().map(zeroless::Frame::from).collect();
                dealer.send(frames.clone()).unwrap();
                let mut enveloped = Message::from("");
                enveloped.extend(&frames);
                dealer.send(enveloped).unwrap();
                pending.push(requester.start(frames.clone()).unwrap());
                publisher.send(frames).unwrap();
            }
            answers(&client);
            // Each request has a reply, whatever it is.
            for pending in pending {
                let reply = pending.wait_timeout(SOON).unwrap();
                assert!(
                    [200, 400, 451, 463]
                        .contains(&Reply::from_bytes(reply.as_bytes()).unwrap().code())
                );
            }
            let number = told.try_iter().count();
            let last = json!({"the last of": number});
            publishing.publish(&Echo(last.clone())).unwrap();
            while told.recv_timeout(SOON).unwrap() != last {}
            Ok(())
        });
        outcome.unwrap();
    });
}

#[test]
fn what_is_published_and_cannot_be_run_leaves_the_next_command_run() {
    deadline(|| {
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = runs.clone();
        let publishing = Client::new().publish_at(0).unwrap();
        let server = Server::new().subscribe(publishing.port()).unwrap();
        let server = server.serve(move |echo: Echo| {
            counted.fetch_add(1, Ordering::Relaxed);
            match echo.0 {
                Value::Null => panic!("on purpose"),
                value => Ok(value),
            }
        });
        let _server = server.start().unwrap();
        let publisher = publishing.publisher().unwrap();
        publisher.wait_for_subscribers(1, SOON).unwrap();
        publisher.send("hello").unwrap();
        publisher.send(["two", "frames"]).unwrap();
        publishing.heartbeat().unwrap();
        publishing.publish(&Echo(Value::Null)).unwrap();
        publishing.publish(&Echo(json!({}))).unwrap();
        until(|| runs.load(Ordering::Relaxed) == 2);
    });
}

#[test]
fn a_command_with_two_services_is_refused() {
    let twice = zmqrpc::Server::bind(0).unwrap();
    let twice = twice
        .serve(|echo: Echo| Ok(echo.0))
        .serve(|echo: Echo| Ok(echo.0));
    let refused = twice.start().unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("two services for the command Echo")
    );
}

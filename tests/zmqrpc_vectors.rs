//! Each request, reply and heartbeat of pyzmqrpc3 3.2.2 that was recorded is understood, and answered as there; the
//! exceptions are in this file, with their reasons.

#![cfg(feature = "zmqrpc")]

#[path = "support/zmqrpc.rs"]
mod recorded;
mod support;

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use recorded::{
    Echo, Inner, NoService, Outer, Picky, Raise, Ret, Vector, serve, unpack, vector, vectors,
};
use serde_json::{Value, json};
use support::{SOON, deadline};
use zeroless::relay::{self, Relay, RunningRelay};
use zeroless::rpc::zmqrpc::{self, HEARTBEAT, Nested, Receiver, Reply, status};
use zeroless::rpc::{CallError, Command};
use zeroless::{Client, Message, Requester, Server};

/// How the reply is another one than pyzmqrpc3's, and why.
fn exception(name: &str) -> Option<u16> {
    match name {
        // Not JSON, not text, or damaged by reading it.
        "nan_inf" | "lone_surrogate" | "big_int" | "utf8_bom" | "utf16_json" => Some(400),
        // Not base64.
        "base64_newlines" | "base64_junk" => Some(400),
        // Anybody could end the server.
        "shutdown_server" => Some(451),
        // Each frame would be executed.
        "two_frames_both_commands" => Some(400),
        // It is wedged by these.
        "heartbeat_over_req" => Some(200),
        "reply_not_json" => Some(463),
        "reply_is_command" => Some(200),
        "not_utf8" => Some(400),
        _ => None,
    }
}

fn requester(port: u16) -> Requester {
    Client::connect(port).unwrap().request().unwrap()
}

fn json(message: &Message) -> Value {
    let [frame] = message.frames() else {
        panic!("a reply is one frame: {message}");
    };
    serde_json::from_slice(frame).unwrap()
}

/// The server answers as recorded, or as the exception says.
fn is_answered(vector: &Vector, requester: &Requester) {
    let name = &vector.name;
    let reply = requester.request_timeout(vector.request(), SOON).unwrap();
    let reply = json(&reply);
    match exception(name) {
        Some(code) => {
            assert_eq!(reply["status_code"], code, "{name}: {reply}");
            assert_ne!(Some(code), vector.status, "{name} needs no exception");
        }
        None => {
            // Not assert_eq: it would print megabytes.
            assert!(reply == json(&vector.reply()), "{name}: {reply:.200}");
            assert_eq!(
                Some(u16::try_from(reply["status_code"].as_u64().unwrap()).unwrap()),
                vector.status
            );
        }
    }
}

fn each(kind: &str) -> Vec<Vector> {
    let of_kind: Vec<_> = vectors().into_iter().filter(|it| it.kind == kind).collect();
    assert!(!of_kind.is_empty());
    of_kind
}

#[test]
fn all_are_of_a_kind_that_is_tested() {
    let kinds = [
        "req_rep",
        "req_rep_fault",
        "req_rep_multiframe",
        "pub_sub",
        "reply_to_python_client",
        "client_refuses",
        "proxy",
    ];
    let all = vectors();
    assert_eq!(all.len(), 85);
    assert!(all.iter().all(|it| kinds.contains(&&*it.kind)));
}

#[test]
fn requests_are_answered_as_recorded() {
    deadline(|| {
        let server = serve();
        let requester = requester(server.port());
        for vector in each("req_rep") {
            is_answered(&vector, &requester);
        }
    });
}

#[test]
fn requests_that_end_or_wedge_its_server_are_answered() {
    deadline(|| {
        let server = serve();
        let requester = requester(server.port());
        let faults = each("req_rep_fault");
        for vector in faults.into_iter().chain(each("req_rep_multiframe")) {
            is_answered(&vector, &requester);
            is_answered(&recorded::vector("simple"), &requester);
        }
    });
}

#[test]
fn of_a_reply_that_is_a_command_the_command_is_sent() {
    deadline(|| {
        let server = serve();
        let reply = requester(server.port()).request(vector("reply_is_command").request());
        assert_eq!(
            json(&reply.unwrap())["response_message"],
            json!({"_icmd_": ["Inner", {"x": 1}]})
        );
    });
}

/// Our client sends the JSON that was recorded.
fn is_sent<C: Command>(name: &str, command: &C) {
    let (tell, told) = mpsc::channel();
    let receiver = Receiver::bind(0).unwrap().start(move |message| {
        tell.send(unpack(message.as_bytes())).unwrap();
        Reply::ok()
    });
    let receiver = receiver.unwrap();
    let client = zmqrpc::Client::connect(receiver.port()).unwrap();
    // The reply is none that the command has.
    let _ = client.call(command);
    let sent = told.recv_timeout(SOON).unwrap();
    let recorded: Value = serde_json::from_str(&vector(name).json.unwrap()).unwrap();
    assert_eq!(sent, recorded);
}

#[test]
fn our_client_sends_what_was_recorded() {
    deadline(|| {
        is_sent("response_none", &Ret);
        is_sent("no_service", &NoService);
        is_sent(
            "exception",
            &Raise {
                text: "Something went wrong".to_owned(),
            },
        );
        is_sent(
            "exception_unicode",
            &Raise {
                text: "ä\n\"".to_owned(),
            },
        );
        let inner = |x| Nested(Inner { x });
        is_sent(
            "nested_command",
            &Outer {
                inner: inner(1),
                many: vec![inner(2), inner(3)],
            },
        );
        for name in [
            "unicode",
            "control_and_slash",
            "none_bool_int",
            "empty_values",
            "floats",
        ] {
            let recorded: Value = serde_json::from_str(&vector(name).json.unwrap()).unwrap();
            is_sent(name, &Echo(recorded["_icmd_"][1].clone()));
        }
    });
}

#[test]
fn what_its_client_publishes_is_understood_and_ours_publishes_the_same() {
    deadline(|| {
        let (tell, told) = mpsc::channel();
        let publisher = Server::bind(0).unwrap();
        let publish = publisher.publish().unwrap();
        let server = zmqrpc::Server::new().subscribe(publisher.port()).unwrap();
        let server = server.serve(move |echo: Echo| {
            tell.send(echo.0).unwrap();
            Ok(Value::Null)
        });
        let _server = server.start().unwrap();
        publish.wait_for_subscribers(1, SOON).unwrap();
        publish.send(vector("pub_heartbeat").request()).unwrap();
        publish.send(vector("pub_command").request()).unwrap();
        assert_eq!(told.recv_timeout(SOON).unwrap(), json!({"a": 1}));

        let client = zmqrpc::Client::new().publish_at(0).unwrap();
        let subscriber = Client::connect(client.port())
            .unwrap()
            .subscribe("")
            .unwrap();
        client
            .publisher()
            .unwrap()
            .wait_for_subscribers(1, SOON)
            .unwrap();
        client.heartbeat().unwrap();
        client.publish(&Echo(json!({"a": 1}))).unwrap();
        assert_eq!(
            subscriber.recv_timeout(SOON).unwrap(),
            vector("pub_heartbeat").request()
        );
        let published = subscriber.recv_timeout(SOON).unwrap();
        let recorded = vector("pub_command").request();
        assert_eq!(published.frame_count(), 1);
        assert_eq!(unpack(published.as_bytes()), unpack(recorded.as_bytes()));
        assert_eq!(recorded_heartbeat(), HEARTBEAT);
    });
}

fn recorded_heartbeat() -> Vec<u8> {
    vector("pub_heartbeat").request().as_bytes().to_vec()
}

/// What our client makes of a reply.
fn outcome(vector: &Vector) -> Result<Value, CallError> {
    let server = Server::bind(0).unwrap();
    let replier = server.reply().unwrap();
    let reply = vector.reply();
    let serving = thread::spawn(move || {
        let request = replier.recv_timeout(SOON).unwrap();
        let sent = unpack(request.message().as_bytes());
        request.reply(reply).unwrap();
        (sent, replier)
    });
    let client = zmqrpc::Client::connect(server.port()).unwrap();
    let outcome = client.call(&Echo(json!({"a": 1})));
    let (asked, _replier) = serving.join().unwrap();
    assert_eq!(
        asked,
        unpack(vector.request().as_bytes()),
        "{}",
        vector.name
    );
    outcome
}

#[test]
fn replies_to_its_client_are_understood_by_ours() {
    deadline(|| {
        for vector in each("reply_to_python_client") {
            let outcome = outcome(&vector);
            let is_right = match (&*vector.name, &outcome) {
                ("client_ok_value", Ok(value)) => *value == json!(5),
                ("client_ok_minimal", Ok(value)) => value.is_null(),
                ("client_ok_command_in_reply", Ok(value)) => {
                    *value == json!({"_icmd_": ["Echo", {"a": 1}]})
                }
                ("client_error_463", Err(CallError::Service(failure))) => {
                    failure.to_string() == "boom"
                }
                ("client_error_without_text", Err(CallError::Other { code, text, .. })) => {
                    (*code, &**text) == (999, "Error occurred with code 999")
                }
                // Its client gets the value of the last; NaN is not JSON, and two frames are no reply.
                (
                    "client_no_status"
                    | "client_not_json"
                    | "client_list"
                    | "client_string"
                    | "client_status_as_text"
                    | "client_not_utf8"
                    | "client_two_frames"
                    | "client_status_as_float_nan",
                    Err(CallError::BadReply { .. }),
                ) => true,
                _ => false,
            };
            assert!(is_right, "{}: {outcome:?}", vector.name);
        }
    });
}

#[test]
fn a_status_code_may_be_a_float() {
    let reply = Reply::from_bytes(br#"{"status_code": 200.0, "response_message": [1]}"#).unwrap();
    assert_eq!(reply.value::<Vec<i64>>().unwrap(), [1]);
}

/// Its client raises for a date, bytes, a set and a decimal; of these, Rust's types are text and lists in serde, and
/// what has no JSON is refused here, too.
#[test]
fn what_cannot_be_sent_is_refused_before_it_is_sent() {
    assert_eq!(each("client_refuses").len(), 4);
    let client = zmqrpc::Client::connect(30000).unwrap();
    let refused = client.call(&Numbers { a: f64::NAN, b: 0 }).unwrap_err();
    assert!(matches!(refused, CallError::BadRequest { .. }), "{refused}");
    let refused = client.call(&Numbers { a: 0.0, b: 1 << 64 }).unwrap_err();
    assert!(matches!(refused, CallError::BadRequest { .. }), "{refused}");
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Numbers {
    a: f64,
    b: i128,
}
zeroless::rpc::command!(Numbers -> ());

/// A proxy from requests to requests, and a client of it.
fn proxy(backend: u16, deadline: Duration) -> (RunningRelay, Requester) {
    let clients = Server::bind(0).unwrap();
    let backend = relay::request(Client::connect(backend).unwrap());
    let relay = Relay::new(relay::reply(&clients), backend)
        .deadline(deadline, |_| Reply::proxy_failed().to_bytes())
        .start();
    (relay.unwrap(), requester(clients.port()))
}

#[test]
fn proxies_answer_and_pass_on_the_results_that_its_own_throw_away() {
    deadline(|| {
        let server = serve();
        // Its own throws the value away, and is wedged by an error.
        let (_relay, requester) = proxy(server.port(), SOON);
        let ask = |requester: &Requester, name| {
            json(
                &requester
                    .request_timeout(vector(name).request(), SOON)
                    .unwrap(),
            )
        };
        let ok = ask(&requester, "proxy_rep_req_ok");
        assert_eq!(ok["status_code"], status::OK);
        assert_eq!(ok["response_message"], json!({"a": 1}));
        let failed = ask(&requester, "proxy_rep_req_backend_463");
        assert_eq!(failed["status_code"], status::SERVICE_FAILED);
        // It is wedged by this, too.
        let nobody = Server::bind(0).unwrap().port();
        let (_relay, requester) = proxy(nobody, Duration::from_millis(10));
        for _ in 0..2 {
            let dead = ask(&requester, "proxy_rep_req_backend_dead");
            assert_eq!(dead["status_code"], status::PROXY_FAILED);
        }

        let (asked, output) = (Server::bind(0).unwrap(), Server::bind(0).unwrap());
        let input = relay::reply(&asked).acknowledge(Reply::ok().to_bytes());
        let _relay = Relay::new(input, relay::publish(&output)).start().unwrap();
        let subscriber = Client::connect(output.port())
            .unwrap()
            .subscribe("")
            .unwrap();
        subscriber.wait_connected(1, SOON).unwrap();
        let requester = crate::requester(asked.port());
        for name in ["proxy_rep_pub_any", "receiver_any_text"] {
            let reply = requester
                .request_timeout(vector(name).request(), SOON)
                .unwrap();
            assert_eq!(json(&reply), json(&vector(name).reply()));
        }

        let receiver = Receiver::bind(0).unwrap().start(|_| Reply::ok()).unwrap();
        let reply =
            crate::requester(receiver.port()).request(vector("receiver_any_text").request());
        assert_eq!(
            json(&reply.unwrap()),
            json(&vector("receiver_any_text").reply())
        );
    });
}

#[test]
fn a_key_that_is_there_twice_counts_as_its_last() {
    let reply =
        br#"{"status_code": 463, "status_code": 200, "response_message": {"a": 1, "a": 2}}"#;
    let reply = Reply::from_bytes(reply).unwrap();
    assert!(reply.is_ok());
    let picky: Picky = reply.value().unwrap();
    assert_eq!(picky.a, 2);
}

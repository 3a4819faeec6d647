//! The server of calls: what it answers to whom, whatever its handlers and its callers do.
#![cfg(feature = "rpc")]

#[path = "support/calls.rs"]
mod calls;
#[path = "support/served.rs"]
mod served;
mod support;

use std::sync::mpsc;
use std::time::Duration;

use calls::{CAST, PING, pack};
use serde::{Deserialize, Serialize};
use served::{Hold, LONG, ask, client, server, stranger};
use support::{Folder, SOON, deadline, inproc};
use zeroless::rpc::{self, Call, CallError, CommandStatistics, Failure, Running};
use zeroless::security::{Access, Password, Plain};
use zeroless::{Error, Message};

#[derive(Debug, Serialize, Deserialize)]
struct Add {
    a: i64,
    b: i64,
}
rpc::command!(Add = "math.add" -> i64);

#[derive(Debug, Serialize, Deserialize)]
struct Divide {
    a: i64,
    by: i64,
}
rpc::command!(Divide -> i64, MathError);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum MathError {
    DividedByZero { a: i64 },
}

const ADD: Add = Add { a: 1, b: 2 };

fn adder() -> Running {
    server()
        .serve(|add: Add| Ok(add.a + add.b))
        .start()
        .unwrap()
}

/// What became of the calls of a command.
fn statistics(server: &Running, name: &str) -> CommandStatistics {
    let all = server.commands();
    all.into_iter()
        .find(|it| it.name == name)
        .expect("its name")
}

fn text(message: &Message) -> String {
    message.frames()[0].to_string()
}

#[test]
fn commands_are_run_over_every_transport() {
    deadline(|| {
        let folder = Folder::new();
        for endpoint in [
            "tcp://127.0.0.1:0".to_owned(),
            folder.ipc("calls"),
            inproc(),
        ] {
            let server = rpc::Server::bind(&*endpoint).unwrap();
            let server = server.serve(|add: Add| Ok(add.a + add.b)).start().unwrap();
            assert_eq!(client(&server).call(&ADD), Ok(3), "{endpoint}");
        }
    });
}

#[test]
fn a_service_s_own_error_comes_as_it_is() {
    deadline(|| {
        let divide = |it: Divide| {
            it.a.checked_div(it.by)
                .ok_or(MathError::DividedByZero { a: it.a })
        };
        let server = server()
            .serve(divide)
            .function("parse", |text: String| Ok(text.parse::<u8>()?))
            .start()
            .unwrap();
        let client = client(&server);
        assert_eq!(client.call(&Divide { a: 7, by: 2 }), Ok(3));
        let error = client.call(&Divide { a: 7, by: 0 });
        assert_eq!(
            error,
            Err(CallError::Service(MathError::DividedByZero { a: 7 }))
        );
        let error = client.call_by_name::<u8>("parse", "x").unwrap_err();
        let words = Failure::new("invalid digit found in string");
        assert_eq!(error, CallError::Service(words));
        assert_eq!(statistics(&server, "Divide").failed, 1);
    });
}

#[test]
fn a_mistake_is_answered_with_what_is_wrong() {
    deadline(|| {
        let server = adder();
        let client = client(&server);
        let error = client.call_by_name::<i64>("math.ad", &1).unwrap_err();
        match error {
            CallError::NoSuchCommand { name, nearest, .. } => {
                assert_eq!((&*name, nearest.as_deref()), ("math.ad", Some("math.add")));
            }
            error => panic!("{error}"),
        }
        #[derive(Serialize)]
        struct WrongType {
            a: i64,
            b: &'static str,
        }
        let error = client.call_by_name::<i64>("math.add", &WrongType { a: 1, b: "two" });
        match error.unwrap_err() {
            CallError::BadRequest { path, .. } => assert_eq!(&*path, "b"),
            error => panic!("{error}"),
        }
        let statistics = statistics(&server, "math.add");
        assert_eq!((statistics.bad_requests, statistics.calls), (1, 0));
    });
}

#[test]
fn a_handler_that_panics_ends_nothing() {
    deadline(|| {
        let server = server()
            .workers(1)
            .function("panic", |_: ()| -> Result<(), Failure> {
                panic!("on purpose")
            })
            .serve(|add: Add| Ok(add.a + add.b))
            .start()
            .unwrap();
        let client = client(&server);
        for _ in 0..5 {
            let error = client.call_by_name::<()>("panic", &()).unwrap_err();
            assert_eq!(error, CallError::Panicked);
            assert_eq!(client.call(&ADD), Ok(3));
        }
        assert_eq!(statistics(&server, "panic").panicked, 5);
    });
}

#[test]
fn a_reply_that_is_too_large_is_an_error_with_its_size() {
    deadline(|| {
        let server = server()
            .function("zeros", |size: usize| Ok("0".repeat(size)))
            .start()
            .unwrap();
        let client = client(&server);
        let half = client.call_by_name::<String>("zeros", &(8 << 20)).unwrap();
        assert_eq!(half.len(), 8 << 20);
        match client
            .call_by_name::<String>("zeros", &(16 << 20))
            .unwrap_err()
        {
            CallError::TooLarge {
                is_reply,
                size,
                max,
                ..
            } => assert!(is_reply && size > max && max == 16 << 20),
            error => panic!("{error}"),
        }
    });
}

#[test]
fn a_reply_that_the_socket_does_not_take_is_an_error_too() {
    deadline(|| {
        let mut options = zeroless::Options::default();
        options.max_frame = 1000;
        let server = server()
            .options(options)
            .function("zeros", |size: usize| Ok("0".repeat(size)))
            .start()
            .unwrap();
        let client = client(&server);
        assert_eq!(client.call_by_name("zeros", &10), Ok("0".repeat(10)));
        match client.call_by_name::<String>("zeros", &2000).unwrap_err() {
            CallError::TooLarge { is_reply, max, .. } => assert!(is_reply && max == 1000),
            error => panic!("{error}"),
        }
    });
}

#[test]
fn a_cast_is_run_and_gets_no_answer() {
    deadline(|| {
        let (ran, running) = mpsc::channel();
        let add = move |add: Add| {
            ran.send(add.a).unwrap();
            Ok(add.a + add.b)
        };
        let server = server().serve(add).start().unwrap();
        client(&server).cast(&ADD).unwrap();
        assert_eq!(running.recv_timeout(SOON), Ok(1));
        let stranger = stranger(&server);
        for (name, body) in [
            ("math.add", pack(&ADD)),
            ("none", vec![]),
            ("math.add", vec![0xc1]),
        ] {
            let envelope = pack(&(1_u64, CAST, 1_u64, None::<u64>, name, 0_u64));
            stranger.send(("", envelope, body)).unwrap();
        }
        let pong = ask(&stranger, &[&pack(&(1_u64, PING, 2_u64))]);
        assert_eq!(pong.frames()[0], pack(&(1_u64, 6_u64, 2_u64)));
        assert_eq!(running.recv_timeout(SOON), Ok(1));
    });
}

#[test]
fn an_envelope_in_json_is_answered_in_json() {
    deadline(|| {
        let server = adder();
        let stranger = stranger(&server);
        let call = br#"[1,0,7,2000,"math.add",1]"#;
        let reply = ask(&stranger, &[call, br#"{"a": 40, "b": 2}"#]);
        assert_eq!(reply, Message::from(("[1,1,7,1]", "42")));
        let reply = ask(&stranger, &[br#"[1,0,8,null,"nothing",1]"#, b"1"]);
        assert!(text(&reply).starts_with("[1,2,8,2,"), "{reply}");
        let reply = ask(&stranger, &[b"[1,7,9]"]);
        assert_eq!(text(&reply), "[1,1,9,1]");
        let list: Vec<CommandStatistics> = serde_json::from_slice(&reply.frames()[1]).unwrap();
        assert_eq!((&list[0].name[..], list[0].calls), ("math.add", 1));
    });
}

#[test]
fn strange_messages_are_answered_or_passed_over_and_the_next_call_is_run() {
    deadline(|| {
        let server = adder();
        let client = client(&server);
        let stranger = stranger(&server);
        let answered: [&[&[u8]]; 8] = [
            &[b""],
            &[b"GET / HTTP/1.1"],
            &[b"[1,0,7,2000,\"math.add\",1]"],
            &[b"[1,0,7,2000,\"math.add\",1]", b"1", b"2"],
            &[b"[1,5,7]", b"a body"],
            &[b"[2,5,7]"],
            &[b"[1,99,7]"],
            &[b"\xc1\xc1\xc1"],
        ];
        for frames in answered {
            let answer = ask(&stranger, frames);
            assert_eq!(answer.frame_count(), 1, "{frames:?}: {answer}");
            assert_eq!(client.call(&ADD), Ok(3));
        }
        for reply in ["[1,1,7,1]", "[1,3,7]", "[1,6,7]", "[1,4,7]"] {
            stranger.send(("", reply)).unwrap();
            assert_eq!(client.call(&ADD), Ok(3));
        }
        assert!(stranger.try_recv().is_err());
    });
}

#[test]
fn a_secured_server_tells_who_calls_and_lets_in_whom_it_knows() {
    deadline(|| {
        let access = Access::new()
            .user("ann", Password::new("secret").unwrap())
            .unwrap();
        let who = |_: Hold, call: &Call| match call.user() {
            Some("ann") => Ok(1),
            other => Err(Failure::new(format!("{other:?}"))),
        };
        let server = server()
            .security(Plain::server(access))
            .serve(who)
            .start()
            .unwrap();
        let ann = Plain::user("ann", Password::new("secret").unwrap());
        assert_eq!(client(&server).security(ann).call(&Hold(1)), Ok(1));
        let bob = Plain::user("bob", Password::new("secret").unwrap());
        let bob = client(&server).security(bob);
        let refused = bob.call_timeout(&Hold(1), Duration::from_millis(200));
        assert!(
            matches!(refused, Err(CallError::NotSent { .. })),
            "{refused:?}"
        );
        assert_eq!(statistics(&server, "Hold").calls, 1);
    });
}

#[test]
fn a_function_of_allow_denies_and_is_counted_also_when_it_panics() {
    deadline(|| {
        let server = server()
            .serve(|add: Add| Ok(add.a + add.b))
            .function("double", |x: i64| Ok(2 * x))
            .allow(|call| match call.name() {
                "math.add" => Ok(()),
                "double" => Err("not today".to_owned()),
                _ => panic!("on purpose"),
            })
            .function("panic", |x: i64| Ok(x))
            .start()
            .unwrap();
        let client = client(&server);
        assert_eq!(client.call(&ADD), Ok(3));
        for (name, says) in [("double", "not today"), ("panic", "checked")] {
            match client.call_by_name::<i64>(name, &1).unwrap_err() {
                CallError::Denied { reason, .. } => assert!(reason.contains(says), "{reason}"),
                error => panic!("{error}"),
            }
            assert_eq!(statistics(&server, name).denied, 1);
        }
    });
}

#[test]
fn mistakes_in_a_server_are_told_when_it_is_started() {
    let add = |add: Add| Ok(add.a + add.b);
    let servers = [
        (server().serve(add).serve(add), "two handlers of math.add"),
        (server().function("", |x: i64| Ok(x)), "1 to 255 bytes"),
        (server().function("x".repeat(256), |x: i64| Ok(x)), "256"),
        (server().workers(0), "1 to 10000"),
        (server().workers(usize::MAX), "1 to 10000"),
    ];
    for (server, says) in servers {
        match server.start().unwrap_err() {
            Error::InvalidOption { reason, .. } => assert!(reason.contains(says), "{reason}"),
            error => panic!("{error}"),
        }
    }
}

#[test]
fn each_server_lists_its_commands() {
    deadline(|| {
        let servers = [
            adder(),
            server()
                .function("double", |x: i64| Ok(2 * x))
                .start()
                .unwrap(),
        ];
        let endpoints: Vec<_> = servers.iter().flat_map(Running::endpoints).collect();
        let client = rpc::Client::connect(endpoints).unwrap().timeout(LONG);
        let names: Vec<_> = client
            .list()
            .into_iter()
            .map(|(_, commands)| commands.unwrap()[0].name.clone())
            .collect();
        assert_eq!(names, ["math.add", "double"]);
    });
}

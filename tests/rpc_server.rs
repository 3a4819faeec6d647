//! The server of calls: what it answers to whom, whatever its handlers and its callers do.
#![cfg(feature = "rpc")]

#[path = "support/calls.rs"]
mod calls;
mod support;

use std::sync::mpsc;
use std::time::Duration;

use calls::{CALL, CANCEL, CAST, PING, pack};
use serde::{Deserialize, Serialize};
use support::{Folder, SOON, deadline, inproc, until};
use zeroless::relay::{self, Relay};
use zeroless::rpc::{self, Answer, Call, CallError, CommandStatistics, Failure, Later, Running};
use zeroless::security::{Access, Password, Plain};
use zeroless::{Client, Dealer, Error, Message, Server};

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

/// A call that its test ends.
#[derive(Debug, Serialize, Deserialize)]
struct Hold(u64);
rpc::command!(Hold -> u64);

const ADD: Add = Add { a: 1, b: 2 };

/// Far longer than any test may take: a call that ends before has another reason.
const LONG: Duration = Duration::from_secs(3600);

fn client(server: &Running) -> rpc::Client {
    let endpoints = server.endpoints();
    rpc::Client::connect(endpoints).unwrap().timeout(LONG)
}

fn server() -> rpc::Server {
    rpc::Server::bind_local(0).unwrap()
}

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

/// A server whose `Hold` answers when the test says so, and the calls that it holds.
fn holder(server: rpc::Server) -> (Running, mpsc::Receiver<Answer<Hold>>) {
    let (held, holding) = mpsc::channel();
    let hold = move |_: Hold, call: &Call| {
        held.send(call.later()).unwrap();
        Later
    };
    (server.serve(hold).start().unwrap(), holding)
}

fn next(holding: &mpsc::Receiver<Answer<Hold>>) -> Answer<Hold> {
    holding.recv_timeout(SOON).expect("a call")
}

/// A client that writes frames by hand.
fn stranger(server: &Running) -> Dealer {
    Client::connect(server.port()).unwrap().dealer().unwrap()
}

/// The answer to these frames, without the envelope's empty frame.
fn ask(dealer: &Dealer, frames: &[Vec<u8>]) -> Message {
    let mut message = Message::from(b"");
    message.extend(frames.iter().cloned());
    dealer.send(message).unwrap();
    dealer
        .recv_timeout(SOON)
        .unwrap()
        .into_iter()
        .skip(1)
        .collect()
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
fn an_answer_may_come_later_from_another_thread_in_any_order() {
    deadline(|| {
        let (server, holding) = holder(server());
        let client = client(&server);
        let calls: Vec<_> = (0..10).map(|it| client.start(&Hold(it)).unwrap()).collect();
        let held: Vec<_> = calls.iter().map(|_| next(&holding)).collect();
        for answer in held.into_iter().rev() {
            std::thread::spawn(move || answer.send(Ok(42)));
        }
        for call in calls {
            assert_eq!(call.wait(), Ok(42));
        }
    });
}

#[test]
fn an_answer_that_is_dropped_tells_its_caller() {
    deadline(|| {
        let (held, holding) = holder(server());
        let call = client(&held).start(&Hold(1)).unwrap();
        drop(next(&holding));
        assert_eq!(call.wait(), Err(CallError::Panicked));

        // So does a handler that forgets to make one.
        let server = server().serve(|_: Hold| Later).start().unwrap();
        assert_eq!(client(&server).call(&Hold(1)), Err(CallError::Panicked));
    });
}

#[test]
fn a_call_that_is_cancelled_knows_it_and_others_do_not() {
    deadline(|| {
        let (server, holding) = holder(server());
        let (one, other) = (client(&server), client(&server));
        let (call, kept) = (one.start(&Hold(1)).unwrap(), other.start(&Hold(2)).unwrap());
        let answers = [next(&holding), next(&holding)];
        drop(call);
        until(|| answers.iter().any(|it| it.call().is_cancelled()));
        let cancelled = answers.iter().filter(|it| it.call().is_cancelled());
        assert_eq!(cancelled.count(), 1);
        for answer in answers {
            answer.send(Ok(3));
        }
        assert_eq!(kept.wait(), Ok(3));
    });
}

#[test]
fn nobody_cancels_the_calls_of_another() {
    deadline(|| {
        let (server, holding) = holder(server());
        let [asker, stranger] = [stranger(&server), stranger(&server)];
        let call = (CALL, 7_u64, Some(60_000_u64), "Hold", 0_u64);
        let (version, body) = (1_u64, pack(&Hold(1)));
        let (kind, id, left, name, body_type) = call;
        let envelope = pack(&(version, kind, id, left, name, body_type));
        asker.send(("", envelope, body)).unwrap();
        let answer = next(&holding);
        let cancel = pack(&(version, CANCEL, id));
        stranger.send(("", &cancel[..])).unwrap();
        // It has come by the time that this is answered.
        let pong = ask(&stranger, &[pack(&(version, PING, 1_u64))]);
        assert_eq!(pong.frames()[0], pack(&(version, 6_u64, 1_u64)));
        assert!(!answer.call().is_cancelled());
        asker.send(("", &cancel[..])).unwrap();
        until(|| answer.call().is_cancelled());
        answer.send(Ok(1));
    });
}

#[test]
fn a_cancel_finds_its_call_through_a_relay() {
    deadline(|| {
        let (server, holding) = holder(server());
        let front = Server::bind_local(0).unwrap();
        let port = front.port();
        let back = Client::connect(server.port()).unwrap();
        let _relay = Relay::new(relay::reply(front), relay::request(back))
            .start()
            .unwrap();
        let client = rpc::Client::connect(port).unwrap().timeout(LONG);
        let call = client.start(&Hold(1)).unwrap();
        let answer = next(&holding);
        drop(call);
        until(|| answer.call().is_cancelled());
        answer.send(Ok(0));
        let call = client.start(&Hold(1)).unwrap();
        next(&holding).send(Ok(5));
        assert_eq!(call.wait(), Ok(5));
    });
}

#[test]
fn nobody_cancels_the_calls_of_another_behind_the_same_relay() {
    deadline(|| {
        let (server, holding) = holder(server());
        let front = Server::bind_local(0).unwrap();
        let port = front.port();
        let back = Client::connect(server.port()).unwrap();
        let _relay = Relay::new(relay::reply(front), relay::request(back))
            .start()
            .unwrap();
        let dealer = || Client::connect(port).unwrap().dealer().unwrap();
        let (asker, stranger) = (dealer(), dealer());
        let envelope = pack(&(1_u64, CALL, 7_u64, Some(60_000_u64), "Hold", 0_u64));
        asker.send(("", envelope, pack(&Hold(1)))).unwrap();
        let answer = next(&holding);
        let cancel = pack(&(1_u64, CANCEL, 7_u64));
        stranger.send(("", &cancel[..])).unwrap();
        ask(&stranger, &[pack(&(1_u64, PING, 1_u64))]);
        assert!(!answer.call().is_cancelled());
        asker.send(("", &cancel[..])).unwrap();
        until(|| answer.call().is_cancelled());
        answer.send(Ok(1));
    });
}

#[test]
fn a_handler_knows_how_long_its_caller_waits() {
    deadline(|| {
        let (server, holding) = holder(server());
        let client = client(&server);
        let call = client.start(&Hold(1)).unwrap();
        let answer = next(&holding);
        let left = answer.call().left().expect("a deadline");
        assert!(left <= LONG && left > LONG / 2, "{left:?}");
        answer.send(Ok(1));
        assert_eq!(call.wait(), Ok(1));
        // One whose time is over counts as cancelled.
        let error = client.call_timeout(&Hold(2), Duration::from_millis(50));
        assert!(
            matches!(error, Err(CallError::MayHaveRun { .. })),
            "{error:?}"
        );
        let answer = next(&holding);
        until(|| answer.call().is_cancelled());
        answer.send(Ok(1));
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
        let pong = ask(&stranger, &[pack(&(1_u64, PING, 2_u64))]);
        assert_eq!(pong.frames()[0], pack(&(1_u64, 6_u64, 2_u64)));
        assert_eq!(running.recv_timeout(SOON), Ok(1));
    });
}

#[test]
fn an_envelope_in_json_is_answered_in_json() {
    deadline(|| {
        let server = adder();
        let stranger = stranger(&server);
        let call = br#"[1,0,7,2000,"math.add",1]"#.to_vec();
        let reply = ask(&stranger, &[call, br#"{"a": 40, "b": 2}"#.to_vec()]);
        assert_eq!(reply, Message::from(("[1,1,7,1]", "42")));
        let reply = ask(
            &stranger,
            &[br#"[1,0,8,null,"nothing",1]"#.to_vec(), b"1".to_vec()],
        );
        assert!(text(&reply).starts_with("[1,2,8,2,"), "{reply}");
        let reply = ask(&stranger, &[b"[1,7,9]".to_vec()]);
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
            let frames: Vec<_> = frames.iter().map(|it| it.to_vec()).collect();
            let answer = ask(&stranger, &frames);
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
fn a_server_that_is_stopped_finishes_what_it_has_and_takes_nothing_new() {
    deadline(|| {
        let (server, holding) = holder(server().drain_timeout(LONG));
        let client = client(&server);
        let call = client.start(&Hold(1)).unwrap();
        let answer = next(&holding);
        let server = std::sync::Arc::new(server);
        let stopping = server.clone();
        let stopping = support::blocked(move || stopping.stop());
        until(|| !server.is_running());
        answer.send(Ok(1));
        assert_eq!(call.wait(), Ok(1));
        assert_eq!(stopping.join().unwrap(), Ok(()));
        assert_eq!(server.wait(), Ok(()));
    });
}

#[test]
fn a_call_that_somebody_keeps_does_not_hold_up_the_end() {
    deadline(|| {
        let kept = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let own = kept.clone();
        let keep = move |add: Add, call: &Call| {
            own.lock().unwrap().push(call.clone());
            Ok(add.a + add.b)
        };
        let server = server()
            .serve(keep)
            .drain_timeout(Duration::MAX)
            .start()
            .unwrap();
        assert_eq!(client(&server).call(&ADD), Ok(3));
        assert_eq!(server.stop(), Ok(()));
        assert_eq!(kept.lock().unwrap()[0].name(), "math.add");
    });
}

#[test]
fn a_stop_waits_no_longer_than_it_may() {
    deadline(|| {
        let (server, holding) = holder(server().drain_timeout(Duration::from_millis(20)));
        let call = client(&server).start(&Hold(1)).unwrap();
        let answer = next(&holding);
        support::assert_timeout(server.stop());
        // What runs is replied to all the same.
        answer.send(Ok(1));
        assert_eq!(call.wait(), Ok(1));
    });
}

#[test]
fn a_handler_may_stop_its_server() {
    deadline(|| {
        let (give, take) = mpsc::channel::<std::sync::Arc<Running>>();
        let take = std::sync::Mutex::new(take);
        let stop = move |_: ()| {
            let server = take.lock().unwrap().recv()?;
            server.stop()?;
            Ok(1)
        };
        let server = std::sync::Arc::new(server().function("stop", stop).start().unwrap());
        give.send(server.clone()).unwrap();
        assert_eq!(client(&server).call_by_name::<i64>("stop", &()), Ok(1));
        assert_eq!(server.wait(), Ok(()));
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

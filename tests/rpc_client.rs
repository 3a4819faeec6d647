//! The client of calls: which server is called, when a call ends, and how, against a server that does as the test
//! says.
#![cfg(feature = "rpc")]

#[path = "support/calls.rs"]
mod calls;
mod support;

use std::thread;
use std::time::{Duration, Instant};

use calls::{
    ADD, Add, BUSY, CALL, CANCEL, CAST, Get, LONG, MOMENT, NoSuchKey, PING, Scripted,
    assert_not_sent, pack, pair,
};
use serde_json::json;
use support::{Folder, SOON, blocked, deadline, inproc, until};
use zeroless::rpc::{self, CallError, Failure};
use zeroless::security::{Access, Password, Plain};
use zeroless::{Error, Libzmq, Options, Refusal, Server, capabilities};

#[track_caller]
fn assert_lost<T: std::fmt::Debug, E: std::fmt::Debug>(outcome: Result<T, CallError<E>>) {
    match outcome {
        Err(CallError::MayHaveRun {
            reason: Error::ConnectionLost,
            ..
        }) => {}
        other => panic!("not lost: {other:?}"),
    }
}

#[test]
fn a_call_has_the_reply_of_the_server() {
    deadline(|| {
        let (server, client) = pair();
        let calling = blocked(move || client.call(&ADD));
        let asked = server.next();
        assert_eq!((asked.kind, &asked.name[..]), (CALL, "math.add"));
        let add: Add = asked.value();
        asked.reply(add.a + add.b);
        assert_eq!(calling.join().unwrap(), Ok(3));
    });
}

#[test]
fn the_time_that_is_left_is_sent() {
    deadline(|| {
        let (server, client) = pair();
        let pending = client.timeout(SOON).start(&ADD).unwrap();
        let left = server.next().left.unwrap();
        assert!((1..=SOON.as_millis() as u64).contains(&left), "{left}");
        drop(pending);
    });
}

#[test]
fn errors_of_the_service_come_with_their_type() {
    deadline(|| {
        let (server, client) = pair();
        let get = client.start(&Get(7)).unwrap();
        server.next().fail("no such key", NoSuchKey { key: 7 });
        assert_eq!(get.wait(), Err(CallError::Service(NoSuchKey { key: 7 })));

        let add = client.start(&ADD).unwrap();
        server.next().fail("overflow", "overflow");
        let failure = Failure::new("overflow");
        assert_eq!(add.wait(), Err(CallError::Service(failure.clone())));

        // Without a value the words are it, for a service's untyped error.
        let add = client.start(&ADD).unwrap();
        server.next().error(calls::SERVICE, "overflow", [0; 0]);
        assert_eq!(add.wait(), Err(CallError::Service(failure)));
        let get = client.start(&Get(7)).unwrap();
        server.next().error(calls::SERVICE, "no such key", [0; 0]);
        assert!(matches!(get.wait(), Err(CallError::BadReply { .. })));
    });
}

#[test]
fn errors_of_the_server_are_told_apart() {
    deadline(|| {
        let (server, client) = pair();
        let fails = |code: u64, words: &str, details: &[&str]| {
            let add = client.start(&ADD).unwrap();
            server.next().error(code, words, details);
            add.wait().unwrap_err()
        };
        let error = fails(BUSY, "busy", &["queue of 100"]);
        assert!(matches!(&error, CallError::Busy { limit, .. } if **limit == *"queue of 100"));
        let error = fails(2, "no such command", &["math.add", "math.sub"]);
        let CallError::NoSuchCommand { name, nearest, .. } = error else {
            panic!("{error}")
        };
        assert_eq!((&*name, nearest.as_deref()), ("math.add", Some("math.sub")));
        let error = fails(3, "bad", &["a.b", "it is a text"]);
        assert!(matches!(error, CallError::BadRequest { path, .. } if *path == *"a.b"));
        assert!(matches!(
            fails(6, "denied", &["not you"]),
            CallError::Denied { .. }
        ));
        assert_eq!(fails(7, "cancelled", &[]), CallError::Cancelled);
        assert_eq!(fails(8, "panicked", &[]), CallError::Panicked);
        assert_eq!(fails(9, "expired", &[]), CallError::Expired);
        assert!(matches!(
            fails(77, "new", &[]),
            CallError::Other { code: 77, .. }
        ));
    });
}

#[test]
fn words_of_a_server_disturb_no_terminal() {
    deadline(|| {
        let (server, client) = pair();
        let harmful = "\u{1b}[31mred\u{7}";
        for code in 0..15_u64 {
            let call = client.clone().timeout(SOON);
            let call = thread::spawn(move || call.call(&ADD));
            server.next().error(code, harmful, [harmful, harmful]);
            let error = call.join().unwrap().unwrap_err();
            for shown in [error.to_string(), format!("{error:?}")] {
                assert!(!shown.contains(char::is_control), "{code}: {shown:?}");
            }
        }
    });
}

#[test]
fn a_body_that_is_too_large_by_no_number_may_have_run() {
    deadline(|| {
        let (server, client) = pair();
        let fails = |details: serde_json::Value| {
            let add = client.start(&ADD).unwrap();
            server.next().error(5, "it is too large", details);
            add.wait().unwrap_err()
        };
        let error = fails(json!([true, 9, 8]));
        assert!(matches!(
            error,
            CallError::TooLarge {
                size: 9,
                max: 8,
                ..
            }
        ));
        for details in [json!([]), json!(["x"]), json!([0, 9, 8]), json!([true, -9])] {
            let error = fails(details);
            assert!(matches!(error, CallError::Other { code: 5, .. }));
            assert!(error.may_have_run());
            assert!(error.to_string().starts_with("it is too large"), "{error}");
        }
    });
}

#[test]
fn a_call_whose_time_is_over_before_it_begins_is_not_sent() {
    deadline(|| {
        let (server, client) = pair();
        client.wait_connected(1, SOON).unwrap();
        let zero = client.clone().timeout(Duration::ZERO);
        let past = Instant::now() - MOMENT;
        for reason in [
            assert_not_sent(client.call_timeout(&ADD, Duration::ZERO)),
            assert_not_sent(client.call_deadline(&ADD, past)),
            assert_not_sent(zero.call(&ADD)),
            assert_not_sent(zero.start(&ADD).map(drop)),
            assert_not_sent(zero.call_by_name::<i64>("math.add", &ADD)),
            assert_not_sent(zero.cast(&ADD)),
            assert_not_sent(zero.first(&ADD)),
            assert_not_sent(zero.all(&ADD).remove(0).1),
            assert_not_sent(zero.ping().remove(0).1),
        ] {
            assert!(reason.is_timeout(), "{reason}");
            assert!(reason.to_string().contains("before the call"), "{reason}");
        }
        let call = client.start(&Add { a: 5, b: 6 }).unwrap();
        let asked = server.next();
        assert_eq!(asked.value::<Add>().a, 5);
        asked.reply(11);
        assert_eq!(call.wait(), Ok(11));
    });
}

#[test]
fn replies_that_are_not_understood_are_errors_and_end_nothing() {
    deadline(|| {
        let (server, client) = pair();
        let one = |reply: &dyn Fn(calls::Asked)| {
            let add = client.start(&ADD).unwrap();
            reply(server.next());
            let error = add.wait().unwrap_err();
            assert!(error.may_have_run(), "{error}");
            assert!(matches!(error, CallError::BadReply { .. }), "{error}");
        };
        one(&|asked| asked.reply("a text"));
        one(&|asked| asked.reply_raw("garbage"));
        one(&|asked| asked.reply_raw(""));
        // The reply to another call.
        one(&|asked| {
            let head = pack(&(1, 1, asked.id + 1, 0));
            asked.reply_raw((head, pack(&3)));
        });
        // No body, and one frame too many.
        one(&|asked| {
            let head = pack(&(1, 1, asked.id, 0));
            asked.reply_raw((head,));
        });
        one(&|asked| {
            let head = pack(&(1, 1, asked.id, 0));
            asked.reply_raw((head, pack(&3), "more"));
        });
        // A pong.
        one(&|asked| asked.bare(6));
        let add = client.start(&ADD).unwrap();
        server.next().reply(3);
        assert_eq!(add.wait(), Ok(3));
    });
}

#[test]
fn a_call_waits_for_its_server() {
    deadline(|| {
        let folder = Folder::new();
        let endpoint = folder.ipc("server");
        let client = rpc::Client::connect(&endpoint[..]).unwrap().timeout(LONG);
        let calling = blocked(move || client.call(&ADD));
        let server = Scripted::bind(&endpoint);
        server.next().reply(3);
        assert_eq!(calling.join().unwrap(), Ok(3));
    });
}

#[test]
fn without_a_server_a_call_is_not_sent() {
    deadline(|| {
        let folder = Folder::new();
        let endpoint = folder.ipc("server");
        let client = rpc::Client::connect(&endpoint[..]).unwrap();
        let began = Instant::now();
        let reason = assert_not_sent(client.call_timeout(&ADD, MOMENT));
        assert!(began.elapsed() >= MOMENT);
        assert!(reason.is_timeout(), "{reason}");
        assert!(reason.to_string().contains(&endpoint), "{reason}");
        let soon = Instant::now() + MOMENT;
        assert_not_sent(client.call_deadline(&ADD, soon));
        assert_not_sent(client.clone().timeout(MOMENT).cast(&ADD));
        assert_not_sent(client.clone().timeout(MOMENT).first(&ADD));
        // A server that comes now gets none of them.
        let server = Scripted::bind(&endpoint);
        let pending = client.start(&Add { a: 5, b: 6 }).unwrap();
        let asked = server.next();
        assert_eq!(asked.value::<Add>().a, 5);
        asked.reply(11);
        assert_eq!(pending.wait(), Ok(11));
        assert!(server.try_next().is_none());
    });
}

#[test]
fn a_call_without_a_reply_runs_out_of_time_and_is_cancelled() {
    deadline(|| {
        let (server, client) = pair();
        client.wait_connected(1, SOON).unwrap();
        let outcome = client.call_timeout(&ADD, MOMENT);
        let error = outcome.unwrap_err();
        assert!(matches!(&error, CallError::MayHaveRun { reason, .. } if reason.is_timeout()));
        assert!(error.may_have_run());
        let (call, cancel) = (server.next(), server.next());
        assert_eq!((call.kind, cancel.kind), (CALL, CANCEL));
        assert_eq!(call.id, cancel.id);
        // What comes now is nobody's.
        call.reply(3);
        let add = client.start(&Add { a: 5, b: 6 }).unwrap();
        server.next().reply(11);
        assert_eq!(add.wait(), Ok(11));
    });
}

#[test]
fn a_pending_call_that_is_dropped_is_cancelled() {
    deadline(|| {
        let (server, client) = pair();
        let dropped = client.start(&ADD).unwrap();
        let first = server.next();
        drop(dropped);
        let cancel = server.next();
        assert_eq!((cancel.kind, cancel.id), (CANCEL, first.id));
        client.start(&ADD).unwrap().cancel();
        let second = server.next();
        assert_eq!(server.next().id, second.id);
        assert_ne!(first.id, second.id);
        // One that has ended is not.
        let mut pending = client.start(&ADD).unwrap();
        assert_eq!(pending.try_wait(), None);
        assert_eq!(pending.wait_timeout(Duration::from_millis(1)), None);
        server.next().reply(3);
        assert_eq!(pending.wait_timeout(SOON), Some(Ok(3)));
        let again = pending.try_wait().expect("an error");
        assert!(
            matches!(again, Err(CallError::MayHaveRun { .. })),
            "{again:?}"
        );
        drop(pending);
        client.cast(&ADD).unwrap();
        assert_eq!(server.next().kind, CAST);
    });
}

#[test]
fn a_server_that_dies_fails_its_calls_at_once() {
    deadline(|| {
        let (server, client) = pair();
        let calls: Vec<_> = (0..100).map(|_| client.start(&ADD).unwrap()).collect();
        let calling = blocked(move || client.call(&ADD));
        (0..101).for_each(|_| drop(server.next()));
        server.kill();
        // Their own time is an hour.
        for call in calls {
            assert_lost(call.wait());
        }
        assert_lost(calling.join().unwrap());
    });
}

#[test]
fn replies_that_came_before_the_end_of_the_connection_are_given() {
    if capabilities().unwrap().libzmq != Libzmq::Zeroless {
        return; // any other drops those of immediate connections
    }
    deadline(|| {
        for _ in 0..20 {
            let (server, client) = pair();
            let calls: Vec<_> = (0..50).map(|_| client.start(&ADD).unwrap()).collect();
            (0..50).for_each(|_| server.next().reply(3));
            // Ends when all is delivered.
            server.replier.close(SOON).unwrap();
            for call in calls {
                assert_eq!(call.wait(), Ok(3));
            }
        }
    });
}

#[test]
fn a_server_that_comes_back_gets_no_old_calls_and_the_first_new_one_succeeds() {
    deadline(|| {
        let folder = Folder::new();
        let endpoint = folder.ipc("server");
        let client = rpc::Client::connect(&endpoint[..]).unwrap().timeout(LONG);
        for round in 0..10 {
            let server = Scripted::bind(&endpoint);
            let new = client.start(&Add { a: round, b: 1 }).unwrap();
            let asked = server.next();
            assert_eq!(asked.value::<Add>().a, round, "no old call");
            asked.reply(round + 1);
            assert_eq!(new.wait(), Ok(round + 1));
            // The server does not read them.
            let lost: Vec<_> = (0..500).map(|_| client.start(&ADD).unwrap()).collect();
            server.kill();
            lost.into_iter().for_each(|call| assert_lost(call.wait()));
        }
    });
}

#[test]
fn idempotent_commands_are_repeated_and_no_others() {
    deadline(|| {
        let folder = Folder::new();
        let endpoint = folder.ipc("server");
        let client = rpc::Client::connect(&endpoint[..]).unwrap().timeout(LONG);
        let server = Scripted::bind(&endpoint);
        let mut get = client.start(&Get(7)).unwrap();
        let add = client.start(&ADD).unwrap();
        drop((server.next(), server.next()));
        server.kill();
        assert_lost(add.wait());
        assert_eq!(get.wait_timeout(MOMENT), None, "it is called again");
        let server = Scripted::bind(&endpoint);
        let getting = blocked(move || get.wait());
        let asked = server.next();
        assert_eq!(asked.value::<Get>().0, 7);
        asked.reply("seven");
        assert_eq!(getting.join().unwrap(), Ok("seven".to_owned()));
        assert!(server.try_next().is_none());
    });
}

#[test]
fn an_idempotent_call_that_was_lost_and_finds_no_server_may_have_run() {
    deadline(|| {
        let (server, client) = pair();
        client.wait_connected(1, SOON).unwrap();
        let get = client.timeout(Duration::from_millis(300)).start(&Get(7));
        let get = get.unwrap();
        drop(server.next());
        server.kill();
        assert_lost(get.wait());
    });
}

#[test]
fn a_cast_has_no_reply_and_a_ping_has_nothing_else() {
    deadline(|| {
        let (server, client) = pair();
        client.cast(&ADD).unwrap();
        let cast = server.next();
        assert_eq!((cast.kind, &cast.name[..]), (CAST, "math.add"));
        assert_eq!(cast.value::<Add>().b, 2);
        drop(cast);
        let endpoint = server.endpoint();
        let pinging = blocked(move || client.ping());
        let ping = server.next();
        assert_eq!(ping.kind, PING);
        ping.bare(6);
        let pings = pinging.join().unwrap();
        assert_eq!(pings[0].0, endpoint);
        assert!(pings[0].1.as_ref().is_ok_and(|time| *time < SOON));
    });
}

#[test]
fn a_command_is_called_by_its_name() {
    deadline(|| {
        let (server, client) = pair();
        let other = client.clone();
        let calling = blocked(move || other.call_by_name::<i64>("double", &21));
        let asked = server.next();
        assert_eq!((&asked.name[..], asked.value::<i64>()), ("double", 21));
        asked.reply(42);
        assert_eq!(calling.join().unwrap(), Ok(42));
        for name in ["", &"x".repeat(256)] {
            let none = client.call_by_name::<i64>(name, &21).unwrap_err();
            assert!(matches!(none, CallError::NoSuchCommand { .. }), "{none}");
        }
    });
}

#[test]
fn a_command_that_is_too_large_is_not_sent() {
    deadline(|| {
        let server = Scripted::local();
        let small = Options::default().max_frame(1000);
        let client = rpc::Client::connect(server.endpoint()).unwrap();
        let client = client.options(small).timeout(SOON);
        let error = client
            .call_by_name::<()>("put", &"x".repeat(2000))
            .unwrap_err();
        assert!(
            matches!(
                error,
                CallError::TooLarge {
                    is_reply: false,
                    size: 2003,
                    max: 1000,
                    ..
                }
            ),
            "{error}"
        );
        assert!(!error.may_have_run());
        let add = client.start(&ADD).unwrap();
        server.next().reply(3);
        assert_eq!(add.wait(), Ok(3));
    });
}

#[test]
fn options_that_calls_cannot_use_are_refused() {
    let options = [
        Options::default().plain_envelope(true),
        Options::default().request_retries(1),
        Options::default().immediate(false),
    ];
    for options in options {
        let client = rpc::Client::connect(30000).unwrap().options(options);
        let reason = assert_not_sent(client.call_timeout(&ADD, MOMENT));
        assert!(matches!(reason, Error::InvalidOption { .. }), "{reason}");
    }
    assert!(rpc::Client::connect(99999).is_err());
    let twice = rpc::Client::connect([30000, 30000]).map(drop);
    assert!(matches!(twice, Err(Error::AlreadyConnected { .. })));
}

#[test]
fn threads_share_a_client_and_each_has_its_own_replies() {
    deadline(|| {
        let (server, client) = pair();
        let replier = server.replier.clone();
        let serving = thread::spawn(move || {
            while let Some(asked) = replier.recv().ok().map(calls::Asked::read) {
                let add: Add = asked.value();
                asked.reply(add.a + add.b);
            }
        });
        thread::scope(|scope| {
            for a in 0..16 {
                let client = client.clone();
                scope.spawn(move || {
                    for b in 0..200 {
                        assert_eq!(client.call(&Add { a: a * 1000, b }), Ok(a * 1000 + b));
                    }
                });
            }
        });
        server.replier.stop();
        serving.join().unwrap();
    });
}

#[test]
fn calls_go_over_inproc() {
    deadline(|| {
        let endpoint = inproc();
        let server = Scripted::bind(&endpoint);
        let client = rpc::Client::connect(&endpoint[..]).unwrap().timeout(LONG);
        let calling = blocked(move || client.call(&ADD));
        server.next().reply(3);
        assert_eq!(calling.join().unwrap(), Ok(3));
    });
}

#[test]
fn a_client_that_is_denied_is_told_so() {
    deadline(|| {
        let access = Access::new();
        access
            .user("ann", Password::new("secret").unwrap())
            .unwrap();
        let server = Server::bind_local(0)
            .unwrap()
            .security(Plain::server(access));
        let server = Scripted::of(server);
        let client = rpc::Client::connect(server.endpoint()).unwrap();
        let ann = |password: &str| Plain::user("ann", Password::new(password).unwrap());
        let wrong = client.clone().security(ann("guess"));
        let reason = assert_not_sent(wrong.call_timeout(&ADD, Duration::from_millis(500)));
        assert_eq!(reason.refusal(), Some(&Refusal::Denied), "{reason}");
        let right = client.security(ann("secret")).timeout(SOON);
        let calling = blocked(move || right.call(&ADD));
        server.next().reply(3);
        assert_eq!(calling.join().unwrap(), Ok(3));
    });
}

#[test]
fn a_client_that_is_dropped_delivers_its_casts() {
    deadline(|| {
        let (server, client) = pair();
        (0..100).for_each(|_| client.cast(&ADD).unwrap());
        drop(client);
        (0..100).for_each(|_| assert_eq!(server.next().kind, CAST));
        until(|| server.try_next().is_none());
    });
}
